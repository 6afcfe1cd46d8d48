package mtm

import (
	"context"

	"pop3mtm/mtm/internal/servermtm"
)

// watcher looks after a line that no operation uses, so that a drop shows at once and
// not with the next command (behaviour section 3, "Drop while idle").
type watcher struct {
	cancel context.CancelFunc
	done   chan struct{}
}

// stop ends the watch and waits for it. nil does nothing.
func (w *watcher) stop() {
	if w != nil {
		w.cancel()
		<-w.done
	}
}

// giveBack puts the line where the next operation finds it, and has it watched until
// then. The caller holds c.mu.
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

// watch waits for the line to end, or for idleTime without traffic. Nobody takes the
// line before having stopped the watch.
func (c *Client) watch(ctx context.Context, session *servermtm.Session) {
	cause := session.Idle(ctx)
	if cause == nil {
		return
	}
	<-c.line
	// Why the line ended is the thing to tell, not how tidying up went.
	_ = session.Drop()
	c.connected.Store(false)
	c.lost.Store(&lostLine{describe("idle", cause)})
	c.line <- nil
}

// lostLine is why the line ended while nothing used it.
type lostLine struct{ err error }

// Err says why the line ended while no operation used it: an *Error with
// ErrDisconnected, or with ErrTimedOut after Options.IdleTime. It is nil while a
// connection stands, after a Disconnect, and from the next Connect on.
func (c *Client) Err() error {
	if lost := c.lost.Load(); lost != nil {
		return lost.err
	}
	return nil
}
