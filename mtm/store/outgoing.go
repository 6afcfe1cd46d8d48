package store

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// MaxRecipients limits the recipients of one message.
const MaxRecipients = 10_000

// Outgoing is the envelope of an outgoing message, and the state of sending it. It is deleted with
// its entry.
type Outgoing struct {
	From       string // the address to which bounces go; "" for none
	Recipients []Recipient
	Attempts   int    // number of attempts to send the message
	Code       int    // number of the last failure, see package symbian; 0 without one
	Reason     string // the last failure in words; "" without one
	Lease      Lease  // which program sends it now; SetOutgoing does not change it
}

// Recipient is an address that a message goes to, including addresses that its header omits (Bcc).
type Recipient struct {
	Address string
	State   RecipientState
	Reply   string // the server's last reply about the address
}

// RecipientState is the state of sending a message to one recipient.
type RecipientState uint8

// The states of a recipient.
const (
	RecipientWaiting  RecipientState = iota // not sent yet
	RecipientAccepted                       // the server accepted the message for it; it is never sent again
	RecipientRefused                        // the server refused it
)

// String returns the state's name in lower case.
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

// Lease is the right of one program to send a message. It expires, so that a killed program does
// not hold a message forever.
type Lease struct {
	Owner string    // "" when nobody holds a lease
	Until time.Time // when the lease expires, by Options.Now, in whole milliseconds
}

// Outgoing returns the envelope of a message, or ErrNotFound when it has none. The caller owns the
// slice.
func (s *Store) Outgoing(ctx context.Context, id ID) (Outgoing, error) {
	var o Outgoing
	err := s.index.snapshot(ctx, func(c *conn) error {
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
		func(row cells) error {
			found = true
			o = Outgoing{From: row.text(0), Attempts: int(row.int(1)), Code: int(row.int(2)), Reason: row.text(3)}
			if owner := row.text(4); owner != "" {
				o.Lease = Lease{Owner: owner, Until: time.UnixMilli(row.int(5)).UTC()}
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
		func(row cells) error {
			o.Recipients = append(o.Recipients,
				Recipient{Address: row.text(0), State: RecipientState(row.int(1)), Reply: row.text(2)})
			return nil
		}, id)
}

// line returns what Dump shows of an envelope: all but the lease, which depends on the clock.
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
