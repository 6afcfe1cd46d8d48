package mtm

import (
	"context"
	"errors"
	"slices"
	"time"

	"pop3mtm/mtm/internal/servermtm"
	"pop3mtm/mtm/progress"
	"pop3mtm/mtm/store"
)

// Connect logs in, refreshes the mailbox, runs the queued populates, copies and moves in this
// order, and stays online (behaviour sections 3, 4 and 6). A message that cannot be fetched is
// listed in Error.Failed, the connection stays, and its operation stays queued. Deletes are sent
// when the session ends. With a sync limit of 0 nothing is refreshed.
type Connect struct {
	// Keep lists messages of the mailbox whose entries stay when the server no longer has them, if
	// more than their header is stored.
	Keep []store.ID
	// For is the Populate that will follow, or nil. It is stored at the login, so that new messages
	// stay New until the Populate has fetched them, even if the program is killed in between.
	For *Populate
	// Skip lists entries of the mailbox for which nothing is requested, neither header nor message,
	// whatever is queued for them.
	Skip []store.ID
	// Wait is how long to wait while another client holds the mailbox; 0 = not at all.
	Wait time.Duration
}

func (Connect) name() string { return "connect" }
func (Connect) needs() line  { return offline }

func (Connect) check(context.Context, *Client) error { return nil }

func (Connect) meter(service int64) *progress.Meter {
	return progress.NewMeter(service, progress.Connecting)
}

func (cmd Connect) run(ctx context.Context, r *run) error {
	p := cmd.For
	if p == nil {
		failed := r.connect(ctx, cmd.Wait, cmd.Keep, skipping(cmd.Skip))
		return errors.Join(failed, r.finish(ctx, true))
	}
	asked := &servermtm.Asked{Choice: choice(p.Which, p.Messages, p.MaxSize, p.Order), Populate: true}
	asked.Skip = slices.Concat(p.Skip, cmd.Skip)
	return r.connect(ctx, cmd.Wait, cmd.Keep, asked) // the populate asks for the messages that were put off
}

// skipping returns a request that only leaves messages out; nil for no messages.
func skipping(skip []store.ID) *servermtm.Asked {
	if len(skip) == 0 {
		return nil
	}
	asked := &servermtm.Asked{Choice: choice(Selection, nil, 0, NewestFirst), Populate: true}
	asked.Skip = slices.Clone(skip)
	return asked
}
