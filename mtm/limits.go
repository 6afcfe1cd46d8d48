package mtm

import (
	"context"
	"fmt"
	"time"

	"pop3mtm/mtm/account"
)

// bounded returns ctx with an end when the options or the account's settings limit how long an
// operation with the mailbox takes. Settings that cannot be read limit nothing: the operation says what is wrong.
func (c *Client) bounded(ctx context.Context, cmd Command) (context.Context, context.CancelFunc) {
	limit, name := c.maxTime, "MaxTime"
	if needs := cmd.needs(); needs == nothing || needs == beside {
		return context.WithCancel(ctx)
	}
	if limit == 0 {
		if values, err := c.store.Settings(ctx, c.service); err == nil {
			if settings, err := account.FromMap(values); err == nil {
				limit, name = settings.MaxTime, "max-time"
			}
		}
	}
	if limit <= 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeoutCause(ctx, limit, &tooLongError{name, limit})
}

// tooLongError says that an operation reached its limit.
type tooLongError struct {
	name  string
	limit time.Duration
}

func (e *tooLongError) Error() string { return fmt.Sprintf("%s: %v are over", e.name, e.limit) }

// Unwrap makes it a time-out.
func (*tooLongError) Unwrap() error { return context.DeadlineExceeded }
