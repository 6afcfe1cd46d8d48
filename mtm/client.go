package mtm

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"pop3mtm/mtm/account"
	"pop3mtm/mtm/internal/servermtm"
	"pop3mtm/mtm/pop3"
	"pop3mtm/mtm/store"
)

// Options configures a Client. nil and the zero value mean the defaults.
type Options struct {
	// Dial makes the connection; nil dials TCP. It must honour ctx.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Timeout limits every wait for the server during which no octet is read or
	// written; 0 = one minute.
	Timeout time.Duration
	// MaxTime limits the whole time of an operation on the mailbox. One that takes longer ends with
	// ErrTimedOut: the connection is closed without QUIT, and whole messages stay. 0 = the
	// account's max-time, below 0 = no limit.
	MaxTime time.Duration
	// MinRate is how many octets per second the server must send once it has begun to answer; see
	// pop3.Options. 0 = the account's min-rate, below 0 = no limit.
	MinRate int64
	// Wire limits what a server may send; nil = the defaults of pop3. Its Timeout and MinRate are
	// not used.
	Wire *pop3.Options
	// BatchMessages and BatchBytes limit one synced commit, and so what is fetched again after a
	// crash; 0 = 1,000 messages and 16 MiB.
	BatchMessages int
	BatchBytes    int64
	// Launcher starts sending the Outbox when the account connects and has autosend on; nil =
	// Program{}.
	Launcher Launcher
	// IdleTime is how long a connection may be unused before it is closed; 0 = half an hour
	// (behaviour section 3).
	IdleTime time.Duration
	// Mobility lets operations go on over another connection when theirs is lost; nil leaves that
	// to the account's setting bearer-mobility.
	Mobility *Mobility
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
	if d.BatchMessages <= 0 {
		d.BatchMessages = 1000
	}
	if d.Launcher == nil {
		d.Launcher = Program{}
	}
	if d.IdleTime <= 0 {
		d.IdleTime = 30 * time.Minute
	}
	if d.BatchBytes <= 0 {
		d.BatchBytes = 16 << 20
	}
	return d
}

// Client is the client MTM of one POP3 service. It runs one operation at a time that uses
// the connection, and beside it any number of operations that write messages. Several
// goroutines may use its methods.
//
// Only one client of a service, in whatever process, is connected at a time: it holds the mailbox
// from connect to disconnect. The others get ErrInUse with a *hold.HeldError and stay offline. What
// they queue is carried out by the holder or by the next session.
type Client struct {
	store   *store.Store
	service store.ID
	mailbox *servermtm.Mailbox

	// line holds the session, nil when offline. Whoever has received it owns the connection.
	line chan *servermtm.Session

	connected atomic.Bool
	lost      atomic.Pointer[lostLine]
	idleTime  time.Duration
	maxTime   time.Duration // as in Options
	launcher  Launcher
	mobility  *mobility

	mu      sync.Mutex
	current *Operation          // the newest operation that uses the connection
	idle    *watcher            // of the connection while no operation uses it, else nil
	waiting int                 // operations that wait for the connection
	besides map[*Operation]bool // operations that do not use the connection
	closed  bool
	running sync.WaitGroup
}

// Open returns a client for the service entry of an account. It reads the account's settings and
// does not connect. The caller keeps the store open for as long as it uses the client.
func Open(st *store.Store, service store.ID, o *Options) (*Client, error) {
	ctx := context.Background()
	entry, err := st.Entry(ctx, service)
	if err != nil {
		return nil, &Error{Command: "open", Code: ErrCannotOpenService, Err: err}
	}
	if entry.Type != store.TypeService || service == store.Local || entry.IsSMTP() {
		return nil, &Error{Command: "open", Code: ErrCannotOpenService, Err: errors.New("the entry is not an account")}
	}
	if _, err := st.Settings(ctx, service); err != nil {
		return nil, &Error{Command: "open", Code: ErrCannotOpenService, Err: err}
	}
	options := o.orDefault()
	wire := pop3.Options{}
	if options.Wire != nil {
		wire = *options.Wire
	}
	wire.Timeout, wire.MinRate = options.Timeout, options.MinRate
	c := &Client{
		store:   st,
		service: service,
		mailbox: &servermtm.Mailbox{
			Store: st, Service: service, Place: place(st, service), Dial: options.Dial, Wire: wire,
			BatchMessages: options.BatchMessages, BatchBytes: options.BatchBytes,
		},
		line:     make(chan *servermtm.Session, 1),
		idleTime: options.IdleTime,
		maxTime:  options.MaxTime,
		launcher: options.Launcher,
	}
	c.mobility = newMobility(options.Mobility, options.Dial)
	if c.mobility.GiveUp > 0 {
		c.mailbox.Ways, c.mailbox.Roams = c.mobility, options.Mobility != nil
	}
	c.line <- nil
	c.besides = make(map[*Operation]bool)
	return c, nil
}

// Service returns the id of the service entry.
func (c *Client) Service() store.ID { return c.service }

// Connected reports whether this client is logged in, also while an operation uses the session.
// Status answers for all clients.
func (c *Client) Connected() bool { return c.connected.Load() }

// Busy reports whether this client runs an operation. Status answers for all clients.
func (c *Client) Busy() bool { return len(c.line) == 0 }

// InvokeSync runs a command and waits until it has ended. Ending ctx cancels it.
func (c *Client) InvokeSync(ctx context.Context, cmd Command) error {
	op, err := c.InvokeAsync(ctx, cmd)
	if err != nil {
		return err
	}
	return op.Wait()
}

// InvokeAsync starts a command and returns at once. It returns an error when the command cannot
// start: ErrBusy, ErrAlreadyConnected, ErrDisconnected, or an invalid parameter. Ending ctx cancels
// the operation.
func (c *Client) InvokeAsync(ctx context.Context, cmd Command) (*Operation, error) {
	if err := cmd.check(ctx, c); err != nil {
		return nil, err
	}
	ctx, cancel := c.bounded(ctx, cmd)
	op := &Operation{
		command: cmd, meter: cmd.meter(int64(c.service)),
		cancel: cancel, done: make(chan struct{}),
	}
	if cmd.needs() == nothing {
		op.finish(cmd.run(ctx, &run{client: c}))
		return op, nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if cmd.needs() == beside {
		if err := c.startBeside(ctx, op); err != nil {
			cancel()
			return nil, err
		}
		return op, nil
	}
	session, held, err := c.take(cmd)
	if err != nil {
		cancel()
		return nil, err
	}
	c.current = op
	c.running.Go(func() { c.perform(ctx, op, session, held) })
	return op, nil
}

// bounded returns ctx with a deadline when the options or the account's settings limit the time of
// an operation on the mailbox. Settings that cannot be read limit nothing: the operation reports
// the error.
func (c *Client) bounded(ctx context.Context, cmd Command) (context.Context, context.CancelFunc) {
	limit, name := c.maxTime, "MaxTime"
	if needs := cmd.needs(); needs == nothing || needs == beside {
		return context.WithCancel(ctx)
	}
	if limit == 0 {
		if values, err := c.store.Settings(ctx, c.service); err == nil {
			if settings, err := account.FromMap(values); err == nil {
				limit, name = settings.MaxTime, "max-time"
			}
		}
	}
	if limit <= 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeoutCause(ctx, limit, &tooLongError{name, limit})
}

// tooLongError reports that an operation took longer than its limit.
type tooLongError struct {
	name  string
	limit time.Duration
}

func (e *tooLongError) Error() string {
	return fmt.Sprintf("%s: the limit of %v was exceeded", e.name, e.limit)
}

// Unwrap returns the error of a deadline.
func (*tooLongError) Unwrap() error { return context.DeadlineExceeded }
