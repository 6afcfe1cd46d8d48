package mtm

import (
	"context"
	"fmt"
	"time"

	"pop3mtm/mtm/account"
)

// bounded returns ctx with a deadline when the options or the account's settings limit the time of
// an operation on the mailbox. Settings that cannot be read limit nothing: the operation reports
// the error.
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

// tooLongError reports that an operation took longer than its limit.
type tooLongError struct {
	name  string
	limit time.Duration
}

func (e *tooLongError) Error() string {
	return fmt.Sprintf("%s: the limit of %v was exceeded", e.name, e.limit)
}

// Unwrap returns the error of a deadline.
func (*tooLongError) Unwrap() error { return context.DeadlineExceeded }
