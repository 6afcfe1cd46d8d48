package autosend

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/dustin/go-humanize/english"

	"pop3mtm/mtm/store"
	"pop3mtm/mtm/symbian"
)

// Options configures Run. nil and the zero value mean the defaults.
type Options struct {
	// Dial makes the connection; nil dials TCP. It must honour ctx.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Timeout limits every wait for the server; 0 = one minute. For the reply to a whole message
	// the server has ten times as long (RFC 5321 section 4.5.3.2.6).
	Timeout time.Duration
	// Lease is how long a message stays leased when this program dies while it sends it; 0 = one
	// minute, at most store.MaxLease. It is renewed as long as the program runs.
	Lease time.Duration
	// Selection lists messages of the service to send too, in whatever state, unless
	// they are sent already.
	Selection []store.ID
	// Done is called after the attempt to send each message, in the goroutine of Run.
	Done func(Attempt)
}

func (o *Options) orDefault() Options {
	var d Options
	if o != nil {
		d = *o
	}
	if d.Dial == nil {
		d.Dial = new(net.Dialer).DialContext
	}
	if d.Timeout <= 0 {
		d.Timeout = time.Minute
	}
	if d.Lease <= 0 {
		d.Lease = time.Minute
	}
	d.Lease = min(d.Lease, store.MaxLease)
	if d.Done == nil {
		d.Done = func(Attempt) {}
	}
	return d
}

// Attempt describes how sending one message ended.
type Attempt struct {
	ID    store.ID
	State store.SendingState // SendSent, SendWaiting or SendFailed after a failure, SendSuspended
	Err   error              // why it was not sent, or not to all recipients; an *Error
}

// Result counts the messages of a run by how sending them ended.
type Result struct {
	Sent, Failed, Suspended int
	Held                    int // messages that another program was sending
}

// Run sends the messages that wait for an SMTP service, and blocks until that is done. Its error is
// an *Error: symbian.ErrNothingToSend when no message waited; the reason when the server could not
// be reached, in which case no message has changed; symbian.ErrInUse when another program is
// sending the remaining messages; else the number of messages that were not sent, with the first
// reason. When ctx ends, Run suspends the message that is being sent, and returns.
func Run(ctx context.Context, st *store.Store, service store.ID, o *Options) (Result, error) {
	r := &run{store: st, service: service, o: o.orDefault(), owner: "autosend-" + rand.Text()}
	settings, err := readSettings(ctx, st, service)
	if err != nil {
		return r.result, err
	}
	r.settings = settings
	jobs, err := r.pick(ctx)
	if err != nil {
		return r.result, err
	}
	if len(jobs) == 0 {
		return r.result, &Error{Step: "reading the Outbox", Code: symbian.ErrNothingToSend}
	}
	defer r.hangUp()
	for _, j := range jobs {
		if err := r.one(ctx, j); err != nil {
			return r.result, err
		}
	}
	r.quit(ctx)
	return r.result, r.failure()
}

// run is one call of Run.
type run struct {
	store    *store.Store
	service  store.ID
	settings settings
	o        Options
	owner    string

	line   *line // to the server, nil while disconnected
	losses int   // connections lost one after the other
	result Result
	first  *Error // the first error of a message that was not sent
	held   error  // of the first message that another program was sending
}

// maxLosses is the number of lost connections in a row that ends the run, since then the
// messages are not the cause.
const maxLosses = 3

// one sends one message. An error ends the run.
func (r *run) one(ctx context.Context, j job) error {
	if r.line == nil {
		l, err := r.connect(ctx)
		if err != nil {
			return err
		}
		r.line = l
	}
	envelope, err := r.store.Lease(ctx, j.id, r.owner, r.o.Lease, j.from...)
	switch {
	case errors.Is(err, store.ErrLeased):
		if r.result.Held++; r.held == nil {
			r.held = err
		}
		return nil
	case errors.Is(err, store.ErrSending), errors.Is(err, store.ErrNotFound):
		return nil // another program has sent it, or it was changed
	case err != nil:
		return storeError(ctx, "leasing a message", err)
	}
	m := &message{run: r, id: j.id, envelope: envelope}
	m.keep(ctx)
	verdict := m.send(ctx)
	m.let()
	if verdict.lost {
		r.hangUp()
		r.losses++
	} else {
		r.losses = 0
	}
	if err := r.finish(ctx, m, verdict); err != nil {
		return err
	}
	switch {
	case ctx.Err() != nil:
		return &Error{Step: "sending", Code: symbian.ErrCancelled, Err: context.Cause(ctx)}
	case r.losses == maxLosses:
		return verdict.err
	}
	return nil
}

// count adds a message to the result.
func (r *run) count(o Attempt) {
	switch o.State {
	case store.SendSent:
		r.result.Sent++
	case store.SendSuspended:
		r.result.Suspended++
	default:
		r.result.Failed++
	}
	if e, ok := errors.AsType[*Error](o.Err); ok && r.first == nil && o.State != store.SendSuspended {
		r.first = e
	}
	r.o.Done(o)
}

// failure summarizes the messages that were not sent.
func (r *run) failure() error {
	switch {
	case r.first == nil && r.held == nil:
		return nil
	case r.first == nil:
		return &Error{Step: english.Plural(r.result.Held, "message", "") + " left to another program", Code: symbian.ErrInUse, Err: r.held}
	}
	all := r.result.Failed + r.result.Sent + r.result.Suspended
	return &Error{Step: fmt.Sprintf("%d of %s failed, the first while %s", r.result.Failed, english.Plural(all, "message", ""), r.first.Step),
		Code: r.first.Code, Err: r.first.Err}
}
