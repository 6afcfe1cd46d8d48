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

// Operation is a command at work: one goroutine that the Client owns. All methods
// are safe from any goroutine.
type Operation struct {
	command Command
	meter   *progress.Meter
	cancel  context.CancelFunc
	done    chan struct{}

	// Written by the operation's goroutine, read after done is closed.
	err    error
	result Result
}

// Result is what an operation made and left alone.
type Result struct {
	Messages     []store.ID // entries made in the destination folder, in the order stored
	Octets       int64      // stored with them
	AlreadyThere int        // messages whose whole copy was in the folder before
	Deleted      int        // messages deleted on the server
	Queued       []store.ID // messages of the mailbox for which what was asked waits now

	// TooLarge counts the messages that are larger than was asked for, or than the account allows. They stay on the
	// server; TooLargeOctets is their size as far as it is known.
	TooLarge       int
	TooLargeOctets int64
	// QuitRefused is the server's refusal of QUIT when it was to delete messages, else nil: it may have left some of them (RFC
	// 1939 section 6). The next connection lists what is left, and nothing is lost.
	QuitRefused error

	LeftOut []LeftOut // parts of the original that a message made of it does not hold
}

// LeftOut is a part of an original that says the same as a sibling in a multipart/alternative.
type LeftOut struct {
	Path, MediaType string
	Size            int64
}

// Changed has one slot: a receive means that Progress has news, merged since the
// last look. It is closed when the operation has ended.
func (op *Operation) Changed() <-chan struct{} { return op.meter.Changed() }

// Progress is how far the operation is. After the end it stays at the last step,
// with the code of the failure if there was one (behaviour section 9).
func (op *Operation) Progress() progress.Snapshot { return op.meter.Snapshot() }

// Done is closed when the operation has ended.
func (op *Operation) Done() <-chan struct{} { return op.done }

// Wait blocks until the operation has ended: nil, or an *Error.
func (op *Operation) Wait() error {
	<-op.done
	return op.err
}

// Result waits for the end and says what was made; after a failure it is what was
// stored before it.
func (op *Operation) Result() Result {
	<-op.done
	r := op.result
	r.Messages, r.Queued = slices.Clone(r.Messages), slices.Clone(r.Queued)
	r.LeftOut = slices.Clone(r.LeftOut)
	return r
}

// Cancel asks the operation to stop and returns at once. The line is dropped
// without QUIT; Wait then gives ErrCancelled. After the end it does nothing.
func (op *Operation) Cancel() { op.cancel() }

// run is the work in hand: the operation and the line it holds.
type run struct {
	client  *Client
	meter   *progress.Meter
	session *servermtm.Session // nil = offline
	result  *Result
	local   bool // the work needs no line
}

// connect takes the mailbox, waiting for it as long as it may, and logs in.
func (r *run) connect(ctx context.Context, wait time.Duration, keep []store.ID, asked *servermtm.Asked) (err error) {
	r.client.lost.Store(nil)
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

// queue lets an account in disconnected mode keep for the next session what there is no connection for. Such work does
// not touch the line: to cancel it leaves a connection as it is.
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

// finish asks for the messages that were put off since they broke a connection. With stay another connection stands afterwards,
// where one can be had.
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

// dropIfLost forgets a line that a failure has made useless.
func (r *run) dropIfLost() {
	if r.session != nil && r.session.Lost() {
		r.drop()
	}
}

func (r *run) drop() {
	if r.session == nil {
		return
	}
	// The failure that lost the line is the one to tell, not that of tidying up.
	_ = r.session.Drop()
	r.session = nil
	r.client.connected.Store(false)
}

// finish turns the first cause into the operation's error.
func (op *Operation) finish(err error) {
	if err != nil {
		op.err = describe(op.command.name(), err)
		op.meter.Update(func(s *progress.Snapshot) { s.Code = symbian.Code(Code(op.err)) })
	}
	op.meter.Close()
	op.cancel()
	close(op.done)
}

// describe adds the command to what a step said. Of several faults the first gives
// step and cause; the messages that failed are gathered from all.
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
