package mtm

import (
	"context"
	"errors"

	"pop3mtm/mtm/internal/servermtm"
)

var (
	errClosed = errors.New("the client is closed")
	errMoving = errors.New("the connection was lost and is being made again")
)

// take returns the connection for a command, or an error when it is not in the state that the
// command requires. held is false when the command must wait for the operation that it ends.
// The caller holds c.mu.
func (c *Client) take(cmd Command) (session *servermtm.Session, held bool, err error) {
	if c.closed {
		return nil, false, &Error{Command: cmd.name(), Code: ErrArgument, Err: errClosed}
	}
	if !c.idle.stop(cmd.needs() == either) {
		return nil, false, &Error{Command: cmd.name(), Code: ErrBusy, Err: errMoving}
	}
	c.idle = nil
	select {
	case session = <-c.line:
	default:
		if cmd.needs() != either {
			return nil, false, &Error{Command: cmd.name(), Code: ErrBusy}
		}
		c.current.Cancel()
		c.waiting++
		return nil, false, nil
	}
	if cmd.needs() == offline && session != nil {
		c.giveBack(session)
		return nil, false, &Error{Command: cmd.name(), Code: ErrAlreadyConnected}
	}
	return session, true, nil
}

// needLine returns an error when there is no connection and the account does not queue operations.
func (c *Client) needLine(ctx context.Context, name string) error {
	queues, err := c.mailbox.Disconnected(ctx)
	if err != nil {
		return describe(name, err)
	}
	if !queues && !c.Connected() && !c.Busy() {
		return &Error{Command: name, Code: ErrDisconnected}
	}
	return nil
}

// perform runs in the operation's goroutine.
func (c *Client) perform(ctx context.Context, op *Operation, session *servermtm.Session, held bool) {
	if !held {
		session = <-c.line // the operation that uses it was cancelled
		c.mu.Lock()
		c.waiting--
		c.mu.Unlock()
	}
	r := &run{client: c, meter: op.meter, session: session, result: &op.result}
	err := r.busy(true)
	if err == nil {
		err = op.command.run(ctx, r)
	}
	if err != nil && ctx.Err() != nil && !r.local {
		// A cancelled operation closes the connection without QUIT (behaviour section 7).
		r.drop()
	}
	r.dropIfLost()
	if e := r.busy(false); err == nil {
		err = e
	}
	c.connected.Store(r.session != nil)
	c.mu.Lock()
	c.giveBack(r.session)
	c.mu.Unlock()
	op.finish(err)
}

// busy shows other clients whether an operation uses the session. Without a
// session it does nothing.
func (r *run) busy(on bool) error {
	if r.session == nil {
		return nil
	}
	return r.session.SetBusy(on)
}

// startBeside runs an operation that does not use the connection. The caller holds c.mu.
func (c *Client) startBeside(ctx context.Context, op *Operation) error {
	if c.closed {
		return &Error{Command: op.command.name(), Code: ErrArgument, Err: errClosed}
	}
	c.besides[op] = true
	c.running.Go(func() {
		err := op.command.run(ctx, &run{client: c, meter: op.meter, result: &op.result})
		c.mu.Lock()
		delete(c.besides, op)
		c.mu.Unlock()
		op.finish(err)
	})
	return nil
}

// Close cancels all operations, closes the connection without QUIT, and blocks until all goroutines
// of the client have ended. To end a session properly, run Disconnect first.
func (c *Client) Close() error {
	c.mu.Lock()
	closed := c.closed
	c.closed = true
	if c.current != nil {
		c.current.Cancel()
	}
	for op := range c.besides {
		op.Cancel()
	}
	c.idle.stop(true)
	c.mu.Unlock()
	c.running.Wait()
	if closed {
		return nil
	}
	if session := <-c.line; session != nil {
		c.connected.Store(false)
		return session.Drop()
	}
	return nil
}
