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

// Outgoing is the envelope of a message that is to be sent, and how sending it went.
// It dies with its entry.
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

// Lease is the right of one program to send a message. It ends by itself, so that a program that
// was killed holds nothing for ever.
type Lease struct {
	Owner string    // "" when the message is free
	Until time.Time // by Options.Now, in milliseconds; the lease is worth nothing from then on
}

// Outgoing returns the envelope of a message, or ErrNotFound when it has none. The
// caller owns the slice.
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
