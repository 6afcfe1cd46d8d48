package mtm

import (
	"context"
	"fmt"

	"github.com/dustin/go-humanize/english"

	"pop3mtm/mtm/store"
)

// newSMTPService returns the entry of an account's SMTP service. It is in preparation until relate
// has been committed.
func newSMTPService(a *store.Entry) *store.Entry {
	return &store.Entry{Parent: store.Root, Type: store.TypeService, Service: a.ID, Name: a.Name + " (SMTP)", Flags: store.InPreparation}
}

// relate links the two entries, which are committed already, to each other.
func relate(b *store.Batch, a, smtp *store.Entry) {
	smtp.Service, smtp.Flags = a.ID, 0
	a.Related = smtp.ID
	b.Update(smtp)
	b.Update(a)
}

// addSMTPService gives an account an SMTP service; b makes it visible.
func addSMTPService(ctx context.Context, st *store.Store, b *store.Batch, a *store.Entry) error {
	first := st.NewBatch()
	children, err := st.Children(ctx, store.Root)
	if err != nil {
		return err
	}
	for _, e := range children {
		if e.IsSMTP() && e.Service == a.ID {
			first.Delete(e.ID) // left over when the program was killed here
		}
	}
	smtp := newSMTPService(a)
	first.Add(smtp)
	if err := first.Commit(ctx); err != nil {
		return err
	}
	relate(b, a, smtp)
	return nil
}

// removeSMTPService deletes an account's SMTP service with b, if there is one and no mail waits for
// it.
func removeSMTPService(ctx context.Context, st *store.Store, b *store.Batch, a store.Entry, command string) error {
	waiting := 0
	err := st.Each(ctx, store.Outbox, func(e *store.Entry) error {
		if a.Related != 0 && e.Service == a.Related {
			waiting++
		}
		return nil
	})
	if err != nil {
		return err
	}
	if waiting > 0 {
		return &Error{Command: command, Code: ErrInUse,
			Err: fmt.Errorf("the Outbox has %s to be sent by this account: send or delete that mail first", english.Plural(waiting, "message", ""))}
	}
	if a.Related != 0 {
		b.Delete(a.Related)
	}
	return nil
}
