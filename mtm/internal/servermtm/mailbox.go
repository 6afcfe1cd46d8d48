// Package servermtm carries out commands on one mailbox: it logs in, refreshes the mailbox,
// transfers messages and logs out. It uses the store and the wire client. Package mtm, above it,
// has the commands and operations.
package servermtm

import (
	"context"
	"fmt"
	"net"

	"pop3mtm/mtm/account"
	"pop3mtm/mtm/hold"
	"pop3mtm/mtm/pop3"
	"pop3mtm/mtm/store"
	"pop3mtm/mtm/symbian"
)

// Mailbox is one POP3 service of a store. Its fields do not change while it has a session.
type Mailbox struct {
	Store         *store.Store
	Service       store.ID
	Place         hold.Place // place of the locks that give the mailbox to one client
	Dial          func(ctx context.Context, network, address string) (net.Conn, error)
	Wire          pop3.Options
	Ways          Ways  // nil = Dial
	Roams         bool  // use Ways whatever the account's setting is
	BatchMessages int   // the most messages in one synced commit
	BatchBytes    int64 // about the most octets in one
}

// commit makes a batch durable. It is not cancelled with the operation, so that
// whole messages are kept.
func commit(b *store.Batch) error { return b.Commit(context.Background()) }

// Disconnected reports whether the account is in disconnected mode.
func (m *Mailbox) Disconnected(ctx context.Context) (bool, error) {
	settings, err := m.settings(ctx)
	return settings.DisconnectedMode, err
}

// settings reads the account's settings. They are read at each connect, so that a change
// applies from the next one on.
func (m *Mailbox) settings(ctx context.Context) (account.POP3, error) {
	values, err := m.Store.Settings(ctx, m.Service)
	if err != nil {
		return account.POP3{}, fail(ctx, "reading the account", symbian.ErrCannotOpenService, err)
	}
	settings, err := account.FromMap(values)
	if err != nil {
		return account.POP3{}, &Fault{Step: "reading the account", Code: symbian.ErrArgument, Err: err}
	}
	return settings, nil
}

// markDisconnected marks the account as offline, and hides its messages unless it is in
// disconnected mode (behaviour section 4). also may add changes to the same commit.
func (m *Mailbox) markDisconnected(ctx context.Context, also func(*store.Batch)) error {
	offline, err := m.Disconnected(ctx)
	if err != nil {
		return err
	}
	b := m.Store.NewBatch()
	b.SetFlags([]store.ID{m.Service}, 0, store.Connected)
	also(b)
	if !offline {
		b.Hide(m.Service)
	}
	return commit(b)
}

// room returns an error unless this many octets are free on the store's volume.
func (m *Mailbox) room(octets int64) error {
	free, err := m.Store.Free()
	if err != nil {
		return fmt.Errorf("reading the free disk space: %w", err)
	}
	if free < octets {
		return &coded{symbian.ErrDiskFull, fmt.Sprintf("%d octets are free, %d are needed", free, octets)}
	}
	return nil
}

// reserve is the space that must stay free on the disk (behaviour sections 4 and 5).
const reserve = 64 << 10

// newEntry returns a new mailbox entry for a message (behaviour section 4, "New header entry").
func (m *Mailbox) newEntry(of message, raw []byte, reader *headerReader) store.Entry {
	e := store.Entry{
		Parent: m.Service, Service: m.Service, Type: store.TypeMessage,
		Size: of.size, UID: of.uid, Sending: store.SendNotApplicable,
		Flags: store.New | store.Unread,
	}
	reader.fill(&e, raw)
	return e
}

// writeBody writes the header of a message as a body.
func writeBody(b *store.Batch, from store.Origin, raw []byte) (store.Body, error) {
	w := b.BodyOf(store.BodyHeader, from)
	if _, err := w.Write(raw); err != nil {
		return store.Body{}, err
	}
	return w.Close()
}

// Limits of one commit of new headers.
const (
	headerRows   = 1000
	headerOctets = 4 << 20
)
