package mtm

import (
	"context"
	"errors"

	"pop3mtm/mtm/internal/servermtm"
	"pop3mtm/mtm/progress"
)

var errClosed = errors.New("the client is closed")

// take gets the line for a command that finds it as it needs it. held is false for
// a command that has to wait for the operation it ends. The caller holds c.mu.
func (c *Client) take(cmd Command) (session *servermtm.Session, held bool, err error) {
	if c.closed {
		return nil, false, &Error{Command: cmd.name(), Code: ErrArgument, Err: errClosed}
	}
	select {
	case session = <-c.line:
	default:
		if cmd.needs() != either {
			return nil, false, &Error{Command: cmd.name(), Code: ErrBusy}
		}
		c.current.Cancel()
		return nil, false, nil
	}
	refused := progress.None
	switch {
	case cmd.needs() == offline && session != nil:
		refused = ErrAlreadyConnected
	case cmd.needs() == online && session == nil:
		refused = ErrDisconnected
	}
	if refused != progress.None {
		c.line <- session
		return nil, false, &Error{Command: cmd.name(), Code: refused}
	}
	return session, true, nil
}

// perform is the operation's goroutine.
func (c *Client) perform(ctx context.Context, op *Operation, session *servermtm.Session, held bool) {
	if !held {
		session = <-c.line // the operation that has it was cancelled
	}
	r := &run{client: c, meter: op.meter, session: session, result: &op.result}
	err := op.command.run(ctx, r)
	if err != nil && ctx.Err() != nil {
		// Cancelled, wherever it was: without QUIT (behaviour section 7).
		r.drop()
	}
	r.dropIfLost()
	c.setConnected(r.session != nil)
	c.line <- r.session
	op.finish(err)
}

func (c *Client) setConnected(connected bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.connected = connected
}

// Close cancels what runs, drops the line without QUIT and waits until nothing of
// the client is left running. Disconnect first to end a session properly.
func (c *Client) Close() error {
	c.mu.Lock()
	closed := c.closed
	c.closed = true
	if c.current != nil {
		c.current.Cancel()
	}
	c.mu.Unlock()
	c.running.Wait()
	if closed {
		return nil
	}
	if session := <-c.line; session != nil {
		c.setConnected(false)
		return session.Drop()
	}
	return nil
}
