package mtm

import (
	"context"

	"pop3mtm/mtm/internal/servermtm"
)

// watcher watches a connection that no operation uses, so that a drop is noticed at once and not
// with the next command (behaviour section 3, "Drop while idle").
type watcher struct {
	cancel context.CancelFunc
	done   chan struct{}
}

// stop ends the watch and waits for it. A nil watcher does nothing.
func (w *watcher) stop() {
	if w != nil {
		w.cancel()
		<-w.done
	}
}

// giveBack makes the connection available to the next operation and watches it until then. The
// caller holds c.mu.
func (c *Client) giveBack(session *servermtm.Session) {
	c.line <- session
	c.idle = nil
	if session == nil || c.closed || c.waiting > 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), c.idleTime)
	w := &watcher{cancel: cancel, done: make(chan struct{})}
	c.idle = w
	c.running.Go(func() {
		defer close(w.done)
		defer cancel()
		c.watch(ctx, session)
	})
}

// watch waits until the connection ends, or for idleTime without traffic. An operation stops the
// watch before it uses the connection.
func (c *Client) watch(ctx context.Context, session *servermtm.Session) {
	cause := session.Idle(ctx)
	if cause == nil {
		return
	}
	<-c.line
	// Why the connection ended counts, not an error of closing it.
	_ = session.Drop()
	c.connected.Store(false)
	c.lost.Store(&lostLine{describe("idle", cause)})
	c.line <- nil
}

// lostLine holds why the connection ended while it was not used.
type lostLine struct{ err error }

// Err returns why the connection ended while no operation used it: an *Error with ErrDisconnected,
// or with ErrTimedOut after Options.IdleTime. It is nil while the client is connected, after a
// Disconnect, and from the next Connect on.
func (c *Client) Err() error {
	if lost := c.lost.Load(); lost != nil {
		return lost.err
	}
	return nil
}
