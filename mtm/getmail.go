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

// Which says which messages of the mailbox GetMail fetches.
type Which int

// The values of Which (behaviour section 1).
const (
	New       Which = iota // messages that are new in this connection, and those that an earlier GetMail did not finish
	Selection              // the messages in GetMail.Messages
	All                    // all messages
)

// Order says which messages of New or All are fetched first. A Selection is
// fetched in its own order.
type Order int

// The values of Order, by message number.
const (
	NewestFirst Order = iota // the highest number first, as in the original, so that the newest mail is there when the connection breaks
	OldestFirst
)

// Take says whether GetMail copies or moves messages.
type Take int

// Copy leaves the messages on the server; Move deletes each one there after it is whole and synced
// to disk here.
const (
	Copy Take = iota
	Move
)

// Link says whether GetMail connects and disconnects.
type Link int

// The values of Link (behaviour section 1).
const (
	WhileConnected Link = iota // the client must be connected, and stays so
	StayOnline                 // connect, and stay connected
	ThenDisconnect             // connect, and disconnect at the end
)

// GetMail copies or moves messages from the mailbox into a folder. Which, Take and Link combine to
// the original's eighteen get-mail commands (behaviour sections 1 and 2). A message of which the
// folder has a whole copy is not fetched again. It is not an error when no message is fetched.
//
// A message that the server refuses is listed in Error.Failed, and the others are fetched. So is a
// message that breaks the connection, that is, the server closes the connection, stalls or sends
// an invalid reply when the message is requested. The others are then fetched over another
// connection, and the message is requested last, over a connection in which no delete is
// outstanding; after it has broken two connections, once per command. Any other failure ends the
// operation; stored messages stay.
//
// WhileConnected is the original's plain copy and move. For an account in disconnected mode it
// works without a connection: messages that are whole in the store are copied at once, and for
// a move their deletes are queued. The other messages are queued for the next session; the
// folder gets a placeholder for each, which is not Complete and whose Related is the message
// (behaviour section 6).
type GetMail struct {
	Which    Which
	Take     Take
	Link     Link
	Into     store.ID   // a folder
	Messages []store.ID // entries of the mailbox, for Selection
	Skip     []store.ID // entries of the mailbox that are left out, whatever is queued for them
	MaxSize  int64      // the largest message to fetch, in octets on the wire; 0 = no limit
	Order    Order      // of New and All

	// Wait is how long to wait, before connecting, while another client holds the
	// mailbox; 0 = not at all.
	Wait time.Duration
}

func (g GetMail) name() string {
	if g.Take == Move {
		return "move mail"
	}
	return "get mail"
}

func (g GetMail) needs() line {
	if g.Link == WhileConnected {
		return asFound
	}
	return offline
}

// check returns an error when the destination is not a folder, before the server is contacted.
func (g GetMail) check(ctx context.Context, c *Client) error {
	known := g.Which >= New && g.Which <= All && (g.Take == Copy || g.Take == Move) &&
		g.Link >= WhileConnected && g.Link <= ThenDisconnect && g.MaxSize >= 0 && g.Order.fits(g.Which)
	if !known {
		return &Error{Command: g.name(), Code: ErrArgument, Err: errors.New("invalid Which, Take, Link, Order or MaxSize")}
	}
	folder, err := c.store.Entry(ctx, g.Into)
	if err != nil {
		return &Error{Command: g.name(), Step: "finding the destination folder", Code: ErrNotFound, Err: err}
	}
	if folder.Type != store.TypeFolder {
		return &Error{Command: g.name(), Code: ErrNotSupported, Err: errors.New("the destination is not a folder")}
	}
	if g.Link == WhileConnected {
		return c.needLine(ctx, g.name())
	}
	return nil
}

// meter returns a meter that shows the super-operation, 9 to 14, when GetMail connects; on an
// existing connection it shows a plain copy or move (behaviour sections 1 and 9).
func (g GetMail) meter(service int64) *progress.Meter {
	if g.Link == WhileConnected {
		if g.Take == Move {
			return progress.NewMeter(service, progress.Moving)
		}
		return progress.NewMeter(service, progress.Copying)
	}
	super := progress.CopyNewMail
	switch g.Which {
	case New:
	case Selection:
		super = progress.CopyMailSelection
	case All:
		super = progress.CopyAllMail
	}
	if g.Take == Move {
		super++ // each move follows its copy in the original's numbers
	}
	return progress.NewSuperMeter(service, super)
}

func (g GetMail) run(ctx context.Context, r *run) error {
	var failed error
	transfer := servermtm.Transfer{Choice: choice(g.Which, g.Messages, g.MaxSize, g.Order), Move: g.Take == Move, Into: g.Into}
	transfer.Skip = slices.Clone(g.Skip)
	switch {
	case g.Link == WhileConnected && r.session == nil:
		return r.queue(ctx, func(m *servermtm.Mailbox) (servermtm.Result, error) {
			return m.QueueTransfer(ctx, r.meter, transfer)
		})
	case g.Link != WhileConnected:
		// Headers that the server refused do not end the session.
		asked := servermtm.Asked{Choice: transfer.Choice, Into: g.Into}
		if failed = r.connect(ctx, g.Wait, nil, &asked); r.session == nil {
			return failed
		}
	}
	failed = errors.Join(failed, r.transfer(ctx, transfer))
	if !errors.Is(failed, ErrDiskFull) {
		failed = errors.Join(failed, r.finish(ctx, g.Link != ThenDisconnect))
	}
	if g.Link == ThenDisconnect && r.session != nil {
		failed = errors.Join(failed, r.disconnect(ctx))
	}
	return failed
}

// fits reports whether an order is valid for a choice of messages.
func (o Order) fits(which Which) bool {
	return o == NewestFirst || o == OldestFirst && which != Selection
}

// choice returns the choice of messages for servermtm. Its selection is nil for New and All.
func choice(which Which, messages []store.ID, maxSize int64, order Order) servermtm.Choice {
	c := servermtm.Choice{New: which == New, MaxSize: maxSize, Oldest: order == OldestFirst}
	if which == Selection {
		c.Selection = append([]store.ID{}, messages...)
	}
	return c
}
