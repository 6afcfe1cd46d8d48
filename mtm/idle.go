package mtm

import (
	"context"
	"sync"

	"pop3mtm/mtm/internal/servermtm"
)

// watcher watches a connection that no operation uses, so that a lost connection is noticed at once
// and not by the next command (behaviour section 3, "Drop while idle").
type watcher struct {
	cancel context.CancelFunc
	done   chan struct{}

	mu      sync.Mutex
	stopped bool // it does not take the connection any more
	moving  bool // it has taken the connection, and makes another one
}

// stop ends the watch and waits until it has ended. It returns false, and the watch goes on, while
// the watcher makes another connection; with always it ends even then, and there is no session any
// more. On a nil watcher it does nothing.
func (w *watcher) stop(always bool) bool {
	if w == nil {
		return true
	}
	w.mu.Lock()
	busy := w.moving && !always
	w.stopped = w.stopped || !busy
	w.mu.Unlock()
	if busy {
		return false
	}
	w.cancel()
	<-w.done
	return true
}

// take takes the connection, unless an operation waits for it.
func (w *watcher) take(line chan *servermtm.Session) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.stopped {
		return false
	}
	w.moving = true
	<-line
	return true
}

// release returns the connection after take.
func (w *watcher) release(line chan *servermtm.Session, session *servermtm.Session) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.moving = false
	line <- session
}

// giveBack makes the connection available to the next operation and watches it until then. The
// caller holds c.mu.
func (c *Client) giveBack(session *servermtm.Session) {
	c.line <- session
	c.idle = nil
	if session == nil || c.closed || c.waiting > 0 {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	w := &watcher{cancel: cancel, done: make(chan struct{})}
	c.idle = w
	c.running.Go(func() {
		defer close(w.done)
		defer cancel()
		c.watch(ctx, w, session)
	})
}

// watch waits until the connection ends, or has been unused for idleTime. An operation stops
// the watch before it takes the connection. A session with mobility makes another
// connection, and is watched again.
func (c *Client) watch(ctx context.Context, w *watcher, session *servermtm.Session) {
	for {
		cause := c.idleness(ctx, session)
		if ctx.Err() != nil || !w.take(c.line) {
			return
		}
		if cause == nil || session.Roams(cause) {
			if cause = session.Move(ctx, cause); cause == nil {
				w.release(c.line, session)
				continue
			}
		}
		// The reason why the connection ended counts, not an error of closing it.
		_ = session.Drop()
		c.connected.Store(false)
		if ctx.Err() == nil { // else the client disconnects
			c.lost.Store(&lostLine{describe("idle", cause)})
		}
		w.release(c.line, nil)
		return
	}
}

// idleness waits until the connection ends, and returns why. It returns nil when ctx ends first,
// and when the client is to move to another connection.
func (c *Client) idleness(ctx context.Context, session *servermtm.Session) error {
	idle, cancel := context.WithTimeout(ctx, c.idleTime)
	defer cancel()
	if !session.Mobile() {
		return session.Idle(idle)
	}
	for {
		leaves, event := c.mobility.leaves()
		if leaves {
			return nil
		}
		waiting, wake := context.WithCancel(idle)
		go func() { // ends when the wait ends
			select {
			case <-event:
				wake()
			case <-waiting.Done():
			}
		}()
		cause := session.Idle(waiting)
		wake()
		if cause != nil || idle.Err() != nil {
			return cause
		}
	}
}

// lostLine holds why the connection ended while no operation used it.
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
