package mtm

import (
	"context"
	"slices"
	"time"

	"pop3mtm/mtm/internal/servermtm"
	"pop3mtm/mtm/progress"
	"pop3mtm/mtm/store"
	"pop3mtm/mtm/symbian"
)

// Operation is a command that runs, or has run, in one goroutine that the Client owns. Several
// goroutines may use its methods.
type Operation struct {
	command Command
	meter   *progress.Meter
	cancel  context.CancelFunc
	done    chan struct{}

	// Written by the operation's goroutine, read after done is closed.
	err    error
	result Result
}

// Result describes what an operation did, also one that failed.
type Result struct {
	Messages     []store.ID // entries that were added to the destination folder, in the order of storing
	Octets       int64      // of these messages
	AlreadyThere int        // messages of which the folder had a whole copy before
	Deleted      int        // messages deleted on the server
	Queued       []store.ID // messages of the mailbox for which the operation was queued

	// TooLarge counts the messages that are larger than the command or the account allows. They
	// stay on the server. TooLargeOctets is their size as far as it is known.
	TooLarge       int
	TooLargeOctets int64
	// QuitRefused is the server's refusal of QUIT when messages were to be deleted, else nil.
	// The server may not have deleted all of them (RFC 1939 section 6); the next connection
	// lists those that are left.
	QuitRefused error

	LeftOut []LeftOut // parts of the original that the new message does not contain
}

// LeftOut describes a part of an original message that a forwarded message does not contain: an
// alternative to another part, with the same content.
type LeftOut struct {
	Path, MediaType string
	Size            int64
}

// Changed returns a channel with one slot. A receive means that Progress has changed since the last
// receive. It is closed when the operation has ended.
func (op *Operation) Changed() <-chan struct{} { return op.meter.Changed() }

// Progress returns how far the operation is. After the end it returns the last step, with the code
// of the failure if there was one (behaviour section 9).
func (op *Operation) Progress() progress.Snapshot { return op.meter.Snapshot() }

// Done returns a channel that is closed when the operation has ended.
func (op *Operation) Done() <-chan struct{} { return op.done }

// Wait blocks until the operation has ended and returns nil or an *Error.
func (op *Operation) Wait() error {
	<-op.done
	return op.err
}

// Result blocks until the operation has ended and returns what it did; after a failure, what it
// did before the failure.
func (op *Operation) Result() Result {
	<-op.done
	r := op.result
	r.Messages, r.Queued = slices.Clone(r.Messages), slices.Clone(r.Queued)
	r.LeftOut = slices.Clone(r.LeftOut)
	return r
}

// Cancel asks the operation to stop and returns at once. The connection is closed without QUIT;
// Wait then returns ErrCancelled. After the end Cancel does nothing.
func (op *Operation) Cancel() { op.cancel() }

// run holds an operation in progress and the connection that it uses.
type run struct {
	client  *Client
	meter   *progress.Meter
	session *servermtm.Session // nil = offline
	result  *Result
	local   bool // the work needs no connection
}

// connect takes the hold of the mailbox, for which it waits at most wait, and logs in.
func (r *run) connect(ctx context.Context, wait time.Duration, keep []store.ID, asked *servermtm.Asked) (err error) {
	r.client.lost.Store(nil)
	r.client.mobility.begin()
	held, err := r.client.mailbox.Hold(ctx, r.meter, wait)
	if err != nil {
		return err
	}
	r.client.autosend(ctx)
	var result servermtm.Result
	r.session, result, err = r.client.mailbox.Connect(ctx, held, r.meter, keep, asked)
	r.client.connected.Store(r.session != nil)
	return r.done(result, err)
}

// queue calls add to queue an operation for the next session, when the account is in disconnected
// mode; else it returns ErrDisconnected. It does not use the connection, so that cancelling it
// leaves a connection open.
func (r *run) queue(ctx context.Context, add func(*servermtm.Mailbox) (servermtm.Result, error)) error {
	queues, err := r.client.mailbox.Disconnected(ctx)
	switch {
	case err != nil:
		return err
	case !queues:
		return ErrDisconnected
	}
	r.local = true
	return r.done(add(r.client.mailbox))
}

func (r *run) transfer(ctx context.Context, t servermtm.Transfer) error {
	return r.done(r.session.Transfer(ctx, r.meter, t))
}

// done adds what a step did to the operation's result.
func (r *run) done(result servermtm.Result, err error) error {
	r.result.Messages = append(r.result.Messages, result.Stored...)
	r.result.Octets += result.Octets
	r.result.AlreadyThere += result.AlreadyThere
	r.result.Deleted += result.Deleted
	r.result.TooLarge += result.TooLarge
	r.result.TooLargeOctets += result.TooLargeOctets
	r.result.Queued = append(r.result.Queued, result.Queued...)
	if r.result.QuitRefused == nil {
		r.result.QuitRefused = result.QuitRefused
	}
	r.dropIfLost()
	return err
}

// finish asks for the messages that were put off because they broke a connection. With stay it
// leaves another connection open, if possible.
func (r *run) finish(ctx context.Context, stay bool) error {
	if r.session == nil {
		return nil
	}
	result, err := r.session.Finish(ctx, r.meter, stay)
	return r.done(result, err)
}

func (r *run) disconnect(ctx context.Context) error {
	if r.session == nil {
		return nil
	}
	session := r.session
	r.session = nil
	defer r.client.connected.Store(false)
	return r.done(session.Quit(ctx, r.meter))
}

// dropIfLost closes a connection that a failure has made useless.
func (r *run) dropIfLost() {
	if r.session != nil && r.session.Lost() {
		r.drop()
	}
}

func (r *run) drop() {
	if r.session == nil {
		return
	}
	// The failure that broke the connection counts, not an error of closing it.
	_ = r.session.Drop()
	r.session = nil
	r.client.connected.Store(false)
}

// finish makes the first cause the operation's error.
func (op *Operation) finish(err error) {
	if err != nil {
		op.err = describe(op.command.name(), err)
		op.meter.Update(func(s *progress.Snapshot) { s.Code = symbian.Code(Code(op.err)) })
	}
	op.meter.Close()
	op.cancel()
	close(op.done)
}

// describe adds the command to the error of a step. Of several faults the first determines step and
// cause; the messages that failed are collected from all.
func describe(command string, err error) error {
	faults := faultsIn(err)
	if len(faults) == 0 {
		return &Error{Command: command, Code: symbian.Code(Code(err)), Err: err}
	}
	e := &Error{Command: command, Step: faults[0].Step, Code: faults[0].Code, Err: faults[0].Err}
	for _, fault := range faults {
		for _, f := range fault.Failed {
			e.Failed = append(e.Failed, Failure(f))
		}
	}
	return e
}

func faultsIn(err error) []*servermtm.Fault {
	if joined, ok := err.(interface{ Unwrap() []error }); ok { //nolint:errorlint // this walks the tree of errors itself
		if fault, ok := err.(*servermtm.Fault); ok { //nolint:errorlint // this walks the tree of errors itself
			return []*servermtm.Fault{fault}
		}
		var faults []*servermtm.Fault
		for _, e := range joined.Unwrap() {
			faults = append(faults, faultsIn(e)...)
		}
		return faults
	}
	return nil
}
