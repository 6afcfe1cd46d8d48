package store

import (
	"context"
	"fmt"
	"time"
)

// MaxLease is the longest time that a lease runs without being renewed. One that ends
// later was made by a clock that was wrong, or by damage, and counts for nothing: it would
// hold the message for ever.
const MaxLease = 5 * time.Minute

// Lease takes the message for owner, for d from now (MaxLease at most), if nobody else holds it and
// it is in one of the given sending states; its state is SendSending afterwards and Attempts is
// counted up. All of that is one step for every program that has the store open; it is not synced,
// since a computer that loses its power sends no more. A message that is SendSending without a
// lease that counts was left by a program that died, and can be taken too. The envelope is made
// when it does not exist, with no recipients.
//
// Errors: ErrLeased while another holds it, ErrSending for a state that is not among from,
// ErrNotFound, and those of Batch.Commit. The lease ends with Batch.Release, or by itself.
func (s *Store) Lease(ctx context.Context, id ID, owner string, d time.Duration, from ...SendingState) (Outgoing, error) {
	var o Outgoing
	err := s.index.changeUnsynced(ctx, func(c *conn) error {
		now := s.options.Now()
		if err := c.lease(id, Lease{owner, now.Add(min(d, MaxLease))}, now, from); err != nil {
			return err
		}
		var err error
		o, err = c.outgoing(context.Background(), id)
		return err
	})
	return o, err
}

func (c *conn) lease(id ID, l Lease, now time.Time, from []SendingState) error {
	ctx := context.Background()
	is, err := c.sendingState(ctx, id)
	if err != nil {
		return err
	}
	if _, err = c.exec(ctx, "INSERT INTO outgoing VALUES (?, '', 0, 0, '', '', 0) ON CONFLICT DO NOTHING", id); err != nil {
		return err
	}
	n, err := c.exec(ctx, `UPDATE outgoing SET lease_owner = ?, lease_until = ?, attempts = attempts + 1
		WHERE entry = ? AND (lease_owner = '' OR lease_until <= ? OR lease_until > ?)`,
		l.Owner, l.Until.UnixMilli(), id, now.UnixMilli(), now.Add(MaxLease).UnixMilli())
	if err != nil {
		return err
	}
	if n == 0 {
		return c.leased(id)
	}
	if is != SendSending && !is.in(from) {
		return fmt.Errorf("message %d: %w: it is %s", id, ErrSending, is)
	}
	return c.setSending(id, SendSending)
}

// leased says that another program holds the message, and for how long.
func (c *conn) leased(id ID) error {
	until, _, err := c.number(context.Background(), "SELECT lease_until FROM outgoing WHERE entry = ?", id)
	if err != nil {
		return err
	}
	return fmt.Errorf("message %d: %w, until %s if that one dies", id, ErrLeased, time.UnixMilli(until).Format(time.TimeOnly))
}

// Renew lets owner's lease run for d from now (MaxLease at most). Errors: ErrLeased when owner does
// not hold it any more, ErrSending when the message is no longer SendSending (somebody suspended
// it), ErrNotFound when it was deleted.
func (s *Store) Renew(ctx context.Context, id ID, owner string, d time.Duration) error {
	return s.index.changeUnsynced(ctx, func(c *conn) error {
		is, err := c.sendingState(context.Background(), id)
		if err != nil {
			return err
		}
		if is != SendSending {
			return fmt.Errorf("message %d: %w: it is %s", id, ErrSending, is)
		}
		n, err := c.exec(context.Background(), "UPDATE outgoing SET lease_until = ? WHERE entry = ? AND lease_owner = ?",
			s.options.Now().Add(min(d, MaxLease)).UnixMilli(), id, owner)
		if err == nil && n == 0 {
			err = fmt.Errorf("message %d: %w", id, ErrLeased)
		}
		return err
	})
}
