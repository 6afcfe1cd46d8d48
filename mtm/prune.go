package mtm

import (
	"context"
	"errors"
	"fmt"

	"pop3mtm/mtm/mail"
	"pop3mtm/mtm/store"
)

// Prune removes the stored bodies of messages in a mailbox and keeps their entries and headers,
// as the original does when all parts of a message are deleted (behaviour section 1). It
// returns the messages that had more than a header. A later Populate fetches them again; the
// server is not contacted. When an entry is not a message of a mailbox, Prune returns
// ErrArgument and changes nothing.
func Prune(ctx context.Context, st *store.Store, ids ...store.ID) ([]store.ID, error) {
	const command = "prune"
	b := st.NewBatch()
	defer b.Rollback()
	var pruned []store.ID
	for _, id := range ids {
		e, err := message(ctx, st, command, id)
		if err != nil {
			return nil, err
		}
		if e.Parent != e.Service {
			return nil, &Error{Command: command, Code: ErrArgument, Err: fmt.Errorf("message %d is not in the list of a mailbox", id)}
		}
		if e.Body.Kind != store.BodyWhole && e.Body.Kind != store.BodyPartial {
			continue
		}
		if e.Body, err = headerOnly(ctx, st, b, id); err != nil {
			return nil, err
		}
		e.Flags = e.Flags.Without(store.Complete)
		e.Email = e.Email.Without(store.BodyTextComplete | store.PartialDownload)
		b.Update(&e)
		pruned = append(pruned, id)
	}
	return pruned, b.Commit(ctx)
}

// headerOnly writes the header of a message as its new body.
func headerOnly(ctx context.Context, st *store.Store, b *store.Batch, id store.ID) (store.Body, error) {
	r, err := st.Body(ctx, id)
	if err != nil {
		return store.Body{}, err
	}
	raw, err := mail.HeaderBlock(r)
	if err = errors.Join(err, r.Close()); err != nil {
		return store.Body{}, err
	}
	w := b.Body(store.BodyHeader)
	if _, err = w.Write(raw); err != nil {
		return store.Body{}, errors.Join(err, w.Discard())
	}
	return w.Close()
}
