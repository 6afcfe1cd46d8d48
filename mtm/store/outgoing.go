package store

import (
	"context"
	"database/sql/driver"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// MaxRecipients bounds the recipients of one message.
const MaxRecipients = 10_000

// Outgoing is the envelope of a message that is to be sent, and how sending it went. It dies with its entry.
type Outgoing struct {
	From       string // the address that failures go back to; "" for nobody
	Recipients []Recipient
	Attempts   int    // how often sending it was begun
	Code       int    // the number of the last failure as errors.md lists them; 0 for none
	Reason     string // the last failure, for people; "" for none
	Lease      Lease  // who sends it now; SetOutgoing does not change it
}

// Recipient is one address that a message goes to, also those that its header does not name (Bcc).
type Recipient struct {
	Address string
	State   RecipientState
	Reply   string // what the server last said about the address
}

// RecipientState says how far the message got with one recipient.
type RecipientState uint8

// The states of a recipient.
const (
	RecipientWaiting  RecipientState = iota // not sent to yet
	RecipientAccepted                       // the server took the message for it: never sent to again
	RecipientRefused                        // the server refused it
)

// String gives the state's name in lower case.
func (s RecipientState) String() string {
	switch s {
	case RecipientWaiting:
		return "waiting"
	case RecipientAccepted:
		return "accepted"
	case RecipientRefused:
		return "refused"
	}
	return fmt.Sprintf("recipient-state-%d", uint8(s))
}

// Lease is the right of one program to send a message. It ends by itself, so that a program that was killed holds
// nothing for ever.
type Lease struct {
	Owner string    // "" when the message is free
	Until time.Time // by Options.Now, in milliseconds; the lease is worth nothing from then on
}

// SetOutgoing replaces the envelope of a message and how sending it went; the lease stays as it is. The entry may have
// been added by the same batch. The batch keeps e and the slice. At Commit: ErrNotFound when the entry is gone, an error
// for more than MaxRecipients.
func (b *Batch) SetOutgoing(e *Entry, o Outgoing) {
	b.do(func(t *commit) error { return t.outgoing(e, &o) })
}

// SetSending brings a message from one of the given sending states into another. Commit fails with ErrSending, and
// changes nothing, when the message is in none of them by then, and with ErrNotFound when it is gone.
func (b *Batch) SetSending(id ID, to SendingState, from ...SendingState) {
	b.do(func(t *commit) error { return t.sending(id, to, from) })
}

// Release ends the lease on a message. Commit fails with ErrLeased, and changes nothing, when owner does not hold it
// any more: what the batch says about the message may be outdated then.
func (b *Batch) Release(id ID, owner string) {
	b.do(func(t *commit) error { return t.release(id, owner) })
}

// Outgoing returns the envelope of a message, or ErrNotFound when it has none. The caller owns the slice.
func (s *Store) Outgoing(ctx context.Context, id ID) (Outgoing, error) {
	var o Outgoing
	err := s.snapshot(ctx, func(c *conn) error {
		var err error
		o, err = c.outgoing(ctx, id)
		return err
	})
	return o, err
}

func (c *conn) outgoing(ctx context.Context, id ID) (Outgoing, error) {
	var o Outgoing
	found := false
	err := c.query(ctx, "SELECT sender, attempts, code, reason, lease_owner, lease_until FROM outgoing WHERE entry = ?",
		func(row []driver.Value) error {
			found = true
			o = Outgoing{From: asText(row[0]), Attempts: int(asInt(row[1])), Code: int(asInt(row[2])), Reason: asText(row[3])}
			if owner := asText(row[4]); owner != "" {
				o.Lease = Lease{Owner: owner, Until: time.UnixMilli(asInt(row[5])).UTC()}
			}
			return nil
		}, id)
	if err == nil && !found {
		err = fmt.Errorf("envelope of entry %d: %w", id, ErrNotFound)
	}
	if err != nil {
		return Outgoing{}, err
	}
	return o, c.query(ctx, "SELECT address, state, reply FROM recipients WHERE entry = ? ORDER BY position",
		func(row []driver.Value) error {
			o.Recipients = append(o.Recipients,
				Recipient{Address: asText(row[0]), State: RecipientState(asInt(row[1])), Reply: asText(row[2])})
			return nil
		}, id)
}

func (t *commit) outgoing(e *Entry, o *Outgoing) error {
	ctx := context.Background()
	if len(o.Recipients) > MaxRecipients {
		return fmt.Errorf("a message to %d recipients: %d are the most", len(o.Recipients), MaxRecipients)
	}
	if err := t.insert(); err != nil {
		return err
	}
	id := e.ID
	if err := t.exists(id); err != nil {
		return err
	}
	if _, err := t.c.exec(ctx, `INSERT INTO outgoing VALUES (?, ?, ?, ?, ?, '', 0) ON CONFLICT (entry) DO UPDATE SET
		sender = excluded.sender, attempts = excluded.attempts, code = excluded.code, reason = excluded.reason`,
		id, o.From, o.Attempts, o.Code, cut(o.Reason)); err != nil {
		return err
	}
	if _, err := t.c.exec(ctx, "DELETE FROM recipients WHERE entry = ?", id); err != nil {
		return err
	}
	for i, r := range o.Recipients {
		if _, err := t.c.exec(ctx, "INSERT INTO recipients VALUES (?, ?, ?, ?, ?)",
			id, i, r.Address, int(r.State), cut(r.Reply)); err != nil {
			return err
		}
	}
	return nil
}

func (t *commit) sending(id ID, to SendingState, from []SendingState) error {
	if err := t.insert(); err != nil {
		return err
	}
	is, err := t.c.sendingState(context.Background(), id)
	if err != nil {
		return err
	}
	if !is.in(from) {
		return fmt.Errorf("message %d: %w: it is %s", id, ErrSending, is)
	}
	return t.c.setSending(id, to)
}

func (t *commit) release(id ID, owner string) error {
	n, err := t.c.exec(context.Background(),
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

// line is what Dump shows of an envelope; a lease depends on the clock and is left out.
func (o *Outgoing) line() string {
	var l strings.Builder
	l.WriteString(" from=" + strconv.QuoteToGraphic(o.From))
	for _, r := range o.Recipients {
		l.WriteString(" to=" + strconv.QuoteToGraphic(r.Address))
		if r.State != RecipientWaiting {
			l.WriteString(":" + r.State.String())
		}
		if r.Reply != "" {
			l.WriteString(":" + strconv.QuoteToGraphic(r.Reply))
		}
	}
	if o.Attempts != 0 {
		fmt.Fprintf(&l, " attempts=%d", o.Attempts)
	}
	if o.Reason != "" {
		fmt.Fprintf(&l, " code=%d reason=%s", o.Code, strconv.QuoteToGraphic(o.Reason))
	}
	return l.String()
}
