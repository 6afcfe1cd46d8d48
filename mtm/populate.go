package mtm

import (
	"context"
	"errors"
	"slices"

	"pop3mtm/mtm/internal/servermtm"
	"pop3mtm/mtm/progress"
	"pop3mtm/mtm/store"
)

// Populate fetches messages into their entries in the mailbox, and leaves them on the server
// (behaviour section 5). It needs a connection and keeps it; for an account in disconnected mode it
// is queued for the next session when there is no connection (behaviour section 6). Messages that
// are complete are skipped.
//
// With Top it fetches the header and the first Lines lines of the body. A message that is longer
// gets the PartialDownload flag, and a later Populate without Top fetches all of it.
type Populate struct {
	Which    Which
	Messages []store.ID // entries of the mailbox, for Selection
	Skip     []store.ID // as in GetMail
	MaxSize  int64      // the largest message to fetch, in octets on the wire; 0 = no limit
	Order    Order      // of New and All
	Top      bool
	Lines    int // with Top: lines of the body, 0 or more
}

func (Populate) name() string { return "populate" }
func (Populate) needs() line  { return asFound }

func (p Populate) check(ctx context.Context, c *Client) error {
	if p.Which < New || p.Which > All || p.MaxSize < 0 || p.Lines < 0 || (p.Lines > 0 && !p.Top) || !p.Order.fits(p.Which) {
		return &Error{Command: p.name(), Code: ErrArgument, Err: errors.New("invalid Which, Order, MaxSize or Lines")}
	}
	return c.needLine(ctx, p.name())
}

func (p Populate) meter(service int64) *progress.Meter {
	if p.Top {
		return progress.NewMeter(service, progress.TopPopulating)
	}
	return progress.NewMeter(service, progress.Populating)
}

func (p Populate) run(ctx context.Context, r *run) error {
	wanted := servermtm.Populate{Choice: choice(p.Which, p.Messages, p.MaxSize, p.Order), Top: p.Top, Lines: p.Lines}
	wanted.Skip = slices.Clone(p.Skip)
	if r.session == nil {
		return r.queue(ctx, func(m *servermtm.Mailbox) (servermtm.Result, error) {
			return m.QueuePopulate(ctx, r.meter, wanted)
		})
	}
	failed := r.done(r.session.Populate(ctx, r.meter, wanted))
	return errors.Join(failed, r.finish(ctx, true))
}
