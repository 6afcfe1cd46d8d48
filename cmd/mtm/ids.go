package main

import (
	"context"
	"errors"
	"strconv"

	"pop3mtm/cmd/internal/cli"
	"pop3mtm/mtm"
	"pop3mtm/mtm/store"
)

// isID reports whether an argument is a number, and so the id of a message, not
// the name of an account.
func isID(text string) bool {
	n, err := strconv.ParseInt(text, 10, 64)
	return err == nil && n > 0
}

// messageEntry returns the entry of a message.
func messageEntry(ctx context.Context, st *store.Store, id store.ID) (store.Entry, error) {
	e, err := st.Entry(ctx, id)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return e, err
	}
	if err != nil || e.Type != store.TypeMessage {
		return e, coded(mtm.ErrNotFound, "there is no message %d: 'mtm list Inbox' shows the ids", id)
	}
	return e, nil
}

// inMailbox returns the entry of a message in the mailbox of its account. For a copy in a folder
// that is the entry that it was made from; for a placeholder it is the placeholder.
func inMailbox(ctx context.Context, st *store.Store, id store.ID) (store.Entry, error) {
	e, err := messageEntry(ctx, st, id)
	if err != nil || e.Parent == e.Service || isGhost(&e) {
		return e, err
	}
	if e.Related != 0 {
		source, err := st.Entry(ctx, e.Related)
		if err == nil && source.Type == store.TypeMessage && source.Parent == source.Service {
			return source, nil
		}
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return e, err
		}
	}
	return e, coded(mtm.ErrNotFound, "message %d is only in this store, not on a server: 'mtm remove' removes it here", id)
}

// resolve replaces the given ids by those of the mailbox's entries, and returns the account's name,
// which follows from the ids when it was left out.
func (m *mailbox) resolve(ctx context.Context, name string) (string, error) {
	service := store.ID(0)
	seen := map[store.ID]bool{}
	ids := m.ids[:0:0]
	for _, id := range m.ids {
		e, err := inMailbox(ctx, m.store, id)
		if err != nil {
			return "", err
		}
		if name == "" && service != 0 && e.Service != service {
			return "", cli.Usage("messages %d and %d belong to different accounts: use one command for each account", m.ids[0], id)
		}
		service = e.Service
		if !seen[e.ID] {
			seen[e.ID] = true
			ids = append(ids, e.ID)
		}
	}
	m.ids = ids
	if name != "" || service == 0 {
		return name, nil
	}
	account, err := m.store.Entry(ctx, service)
	return account.Name, err
}
