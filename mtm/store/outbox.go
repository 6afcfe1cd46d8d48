package store

import (
	"context"
	"fmt"
)

// outbox changes envelopes and sending states, for one commit.
type outbox struct {
	c    *conn
	tree *tree
}

// set replaces an envelope.
func (o *outbox) set(e *Entry, to *Outgoing) error {
	ctx := context.Background()
	if len(to.Recipients) > MaxRecipients {
		return fmt.Errorf("a message has %d recipients, at most %d are allowed", len(to.Recipients), MaxRecipients)
	}
	if err := o.tree.insert(); err != nil {
		return err
	}
	id := e.ID
	if err := o.tree.exists(id); err != nil {
		return err
	}
	if _, err := o.c.exec(ctx, `INSERT INTO outgoing VALUES (?, ?, ?, ?, ?, '', 0) ON CONFLICT (entry) DO UPDATE SET
		sender = excluded.sender, attempts = excluded.attempts, code = excluded.code, reason = excluded.reason`,
		id, to.From, to.Attempts, to.Code, cut(to.Reason)); err != nil {
		return err
	}
	if _, err := o.c.exec(ctx, "DELETE FROM recipients WHERE entry = ?", id); err != nil {
		return err
	}
	for i, r := range to.Recipients {
		if _, err := o.c.exec(ctx, "INSERT INTO recipients VALUES (?, ?, ?, ?, ?)",
			id, i, r.Address, int(r.State), cut(r.Reply)); err != nil {
			return err
		}
	}
	return nil
}

// send changes the sending state of a message to to, if it is one of from.
func (o *outbox) send(id ID, to SendingState, from []SendingState) error {
	if err := o.tree.insert(); err != nil {
		return err
	}
	is, err := o.c.sendingState(context.Background(), id)
	if err != nil {
		return err
	}
	if !is.in(from) {
		return fmt.Errorf("message %d: %w: it is %s", id, ErrSending, is)
	}
	return o.c.setSending(id, to)
}

// release ends a lease.
func (o *outbox) release(id ID, owner string) error {
	n, err := o.c.exec(context.Background(),
		"UPDATE outgoing SET lease_owner = '', lease_until = 0 WHERE entry = ? AND lease_owner = ?", id, owner)
	if err == nil && n == 0 {
		err = fmt.Errorf("message %d: %w", id, ErrLeased)
	}
	return err
}

func (c *conn) setSending(id ID, to SendingState) error {
	_, err := c.exec(context.Background(),
		"UPDATE entries SET "+assign(assignment{"sending", "?1"})+" WHERE id = ?2", int(to), id)
	return err
}

func (c *conn) sendingState(ctx context.Context, id ID) (SendingState, error) {
	n, found, err := c.number(ctx, "SELECT sending FROM entries WHERE id = ? AND type = ?", id, int(TypeMessage))
	if err == nil && !found {
		err = fmt.Errorf("message %d: %w", id, ErrNotFound)
	}
	return SendingState(n), err
}

// forget removes the envelopes of deleted entries.
func (o *outbox) forget(entries []ID) error {
	ctx := context.Background()
	if err := o.c.execChunks(ctx, "DELETE FROM outgoing WHERE entry IN", entries, 0, 0); err != nil {
		return err
	}
	return o.c.execChunks(ctx, "DELETE FROM recipients WHERE entry IN", entries, 0, 0)
}
