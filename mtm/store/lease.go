package store

import (
	"context"
	"fmt"
	"time"
)

// MaxLease is the longest duration of a lease. A lease that ends later comes from a wrong clock or
// from damage, and is ignored, since it could hold the message forever.
const MaxLease = 5 * time.Minute

// Lease gives owner the lease of a message for d from now, at most MaxLease, if nobody holds one
// and the message is in one of the sending states from.
//
// In one atomic step it also sets the state to SendSending and increments Attempts. It returns the
// message's envelope, and creates an empty one for a message without.
//
// A message in SendSending without a valid lease was left by a program that died, and can be leased
// too. A lease is not synced, since a power cut ends the sending program too.
//
// Errors are ErrLeased while another owner holds the lease, ErrSending when the state is not one of
// from, ErrNotFound, and those of Batch.Commit. The lease ends with Batch.Release, or when its time
// is over.
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

// leased returns ErrLeased with the time at which the other program's lease ends.
func (c *conn) leased(id ID) error {
	until, _, err := c.number(context.Background(), "SELECT lease_until FROM outgoing WHERE entry = ?", id)
	if err != nil {
		return err
	}
	return fmt.Errorf("message %d: %w; its lease ends at %s unless it is renewed", id, ErrLeased, time.UnixMilli(until).Format(time.TimeOnly))
}

// Renew extends owner's lease to d from now, at most MaxLease. Errors are ErrLeased when owner no
// longer holds the lease, ErrSending when the message is no longer in SendSending because somebody
// suspended it, and ErrNotFound when it was deleted.
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
