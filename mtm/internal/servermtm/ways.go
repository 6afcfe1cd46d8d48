package servermtm

import (
	"context"
	"errors"
	"net"
	"time"

	"pop3mtm/mtm/store"
)

// Ways leads a session to the server over the ways to the network that there are, and says when
// it has to go another way. Package mtm keeps the state (mobility.go). All methods are called by
// the session's goroutine.
type Ways interface {
	// Dial makes a connection over the way in use.
	Dial(ctx context.Context, network, address string) (net.Conn, error)
	// Waits reports whether a session waits for a way when its first connection cannot be made.
	Waits() bool
	// Stops reports whether the current step is the last on this connection.
	Stops() bool
	// Closed reports whether the connection in use was closed because there is
	// no way for it any more.
	Closed() bool
	// Await waits until another connection is worth a try, or returns why none will be. waiting
	// hears how long it waits.
	Await(ctx context.Context, lost error, waiting func(time.Duration)) error
	// Entered and Refused report the outcome of a try. passes: the server was reached, and cannot
	// serve yet.
	Entered()
	Refused(err error, passes bool)
	// Progress reports that something was made durable: the time of a gap begins anew.
	Progress()
}

// errPaused ends a step that is to go on over another connection.
var errPaused = errors.New("the operation goes on over another connection")

// excuse names a message that broke one connection; an arrival has no id.
type excuse struct {
	id  store.ID
	uid string
}
