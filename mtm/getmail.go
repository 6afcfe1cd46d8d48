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

// The three choices of behaviour section 1.
const (
	New       Which = iota // those that arrived in this connection, and those that an earlier GetMail did not finish
	Selection              // those in GetMail.Messages
	All                    // every one
)

// Order selects which of new or all messages comes first. A selection is fetched in its own order.
type Order int

// The two orders, by message number.
const (
	NewestFirst Order = iota // the highest number first, as the original does: whoever loses the connection has the newest mail
	OldestFirst
)

// Take says whether the server keeps the fetched messages.
type Take int

// Copy leaves the messages on the server; Move deletes each one there after it is whole and synced
// to disk here.
const (
	Copy Take = iota
	Move
)

// Link says whether GetMail connects and disconnects.
type Link int

// The three forms of behaviour section 1.
const (
	WhileConnected Link = iota // the client is connected and stays so
	StayOnline                 // connect, and stay connected
	ThenDisconnect             // connect, and disconnect at the end
)

// GetMail copies or moves messages from the mailbox into a folder: the original's eighteen get-mail
// commands as one product of Which, Take and Link (behaviour sections 1 and 2). A message whose
// whole copy is in the folder already is not fetched again. An empty result is not an error.
//
// A message that the server refuses is listed in Error.Failed, and the others are fetched. So is a
// message that breaks the connection: the server closes it, stalls or sends an invalid reply when
// the message is requested. The others are then fetched in another connection, and the message is
// requested last, in a connection in which no delete is outstanding; after it has broken two
// connections, once per command. Any other failure ends the operation; what was stored stays.
//
// WhileConnected is the original's plain copy and move. Without a connection, an account in
// disconnected mode queues it for the next session: messages that are whole here are copied at once
// and, for a move, their delete is queued. For each other message a placeholder is added to the
// folder, which is not Complete and whose Related is the message (behaviour section 6).
type GetMail struct {
	Which    Which
	Take     Take
	Link     Link
	Into     store.ID   // a folder
	Messages []store.ID // entries of the mailbox, for Selection
	Skip     []store.ID // entries of the mailbox that are left out, whatever is queued for them
	MaxSize  int64      // messages larger on the wire, in octets, are left out; 0 = no limit
	Order    Order      // of New and All

	// Wait is how long the forms that connect wait for a mailbox that another client holds; 0 = not
	// at all.
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

// check checks that the destination is a folder, so that a wrong id fails before the server is
// contacted.
func (g GetMail) check(ctx context.Context, c *Client) error {
	known := g.Which >= New && g.Which <= All && (g.Take == Copy || g.Take == Move) &&
		g.Link >= WhileConnected && g.Link <= ThenDisconnect && g.MaxSize >= 0 && g.Order.fits(g.Which)
	if !known {
		return &Error{Command: g.name(), Code: ErrArgument, Err: errors.New("unknown kind of get mail")}
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

// meter shows the super-operation, 9 to 14, for the forms that connect; on an existing connection
// it is a plain copy or move (behaviour sections 1 and 9).
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

// fits reports whether an order exists, and can be combined with a choice of messages.
func (o Order) fits(which Which) bool {
	return o == NewestFirst || o == OldestFirst && which != Selection
}

// choice returns what servermtm looks for; its selection is nil for the forms that take the whole
// mailbox.
func choice(which Which, messages []store.ID, maxSize int64, order Order) servermtm.Choice {
	c := servermtm.Choice{New: which == New, MaxSize: maxSize, Oldest: order == OldestFirst}
	if which == Selection {
		c.Selection = append([]store.ID{}, messages...)
	}
	return c
}
