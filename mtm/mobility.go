package mtm

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"pop3mtm/mtm/progress"
)

// Mobility lets an operation go on over another connection when its own is lost, or when a better
// way to the network comes up (the original's bearer mobility). The zero value works: the same
// address is dialled again.
//
// What is whole here stays and is not fetched again; the message in hand is, at once, and once
// more: a second break at it puts it last, a third fails it and names it. Deletes are sent as the
// session ends, and again until the server has answered QUIT. A refused login, a certificate that
// is not trusted and a full disk end the operation as without mobility.
type Mobility struct {
	// Carriers makes the connections and names better ways; nil dials as Options.Dial does.
	Carriers Carriers
	// Policy decides about a change of carriers; nil = DefaultPolicy.
	Policy Policy
	// GiveUp bounds the time without a connection; 0 = 5 minutes, below 0 = no mobility at all.
	// It begins anew when something was made durable, so that a connection that breaks at once
	// each time counts as none.
	GiveUp time.Duration
	// Backoff returns how long to wait before the attempt with a number, 1 for the first; nil waits
	// 1, 2, 4 ... 60 s. It is used without Carriers.
	Backoff func(attempt int) time.Duration
}

// Carriers is a way to the network beside others, such as a radio network or a cable. Whoever has
// it tells the client with PreferredCarrier and CarrierLost what becomes of them.
type Carriers interface {
	// Dial makes a connection over a carrier; "" is the one in use when the client was opened.
	Dial(ctx context.Context, carrier, network, address string) (net.Conn, error)
	// Accepted and Rejected tell whether the server could be logged in to over a carrier. After
	// Rejected the client waits for the next PreferredCarrier.
	Accepted(carrier string)
	Rejected(carrier string, err error)
}

// Action is what a Policy wants done about a carrier.
type Action int

// The actions; Stop takes the place of Complete, never the other way round, and
// Immediately comes before both.
const (
	Ignore      Action = iota // the carrier in use stays
	Complete                  // the operation in hand ends, QUIT is sent, then the client moves
	Stop                      // the step in hand ends, QUIT is sent, and the operation goes on over the new carrier
	Immediately               // the connection is closed without QUIT, and the operation goes on over the new carrier
)

// Change is a carrier that could be used in place of the one in use.
type Change struct {
	From, To string
	Upgrade  bool              // it is the better one; otherwise the one in use is lost already
	Progress progress.Snapshot // of the operation in hand; zero without one
}

// Policy decides about changes of carriers, and hears what came of them.
type Policy interface {
	Decide(c Change) Action
	// Moved hears nil when the server was logged in to over the carrier, or why not.
	Moved(carrier string, err error)
}

// DefaultPolicy is the original's: it completes what runs before an upgrade, and leaves at once
// what a downgrade has cut off.
type DefaultPolicy struct{}

// Decide implements Policy.
func (DefaultPolicy) Decide(c Change) Action {
	if c.Upgrade {
		return Complete
	}
	return Immediately
}

// Moved implements Policy.
func (DefaultPolicy) Moved(string, error) {}

// moving is the state of a client's mobility:
//
//	state      Complete    Stop        Immediately  carrier lost  step ended  operation ended  logged in  refused
//	steady     finishing*  stopping*   waiting      waiting       -           -                -          -
//	finishing  -           stopping    waiting      waiting       -           waiting          -          -
//	stopping   -           -           waiting      waiting       waiting     waiting          -          -
//	waiting    next        next        next         -             -           -                steady     waiting
//	failed     -           -           -            -             -           -                -          -
//
// A connection that breaks is a carrier that is lost. * without an operation in hand it is waiting
// at once. next: the carrier is the one to be tried next; one that comes up while another is being
// tried is moved to after the login, as from steady. A server that cannot serve yet refuses no
// carrier: it may not have noticed the end of the last connection, and is asked again after
// Backoff. A MobilityError leads from any state to failed, and a Connect from any to steady.
type moving int

const (
	steady moving = iota
	finishing
	stopping
	waiting
	failed
)

const (
	defaultGiveUp  = 5 * time.Minute
	longestBackoff = time.Minute
)

// backoff waits 1, 2, 4 ... 60 s.
func backoff(attempt int) time.Duration {
	return min(longestBackoff, time.Second<<min(attempt-1, 6))
}

// mobility is the state of a client and its carriers. It implements servermtm.Ways.
type mobility struct {
	Mobility
	dial func(ctx context.Context, network, address string) (net.Conn, error)

	mu      sync.Mutex
	state   moving
	carrier string // in use
	next    string // to be tried next
	hasNext bool
	action  Action                  // with which next was accepted
	again   bool                    // the carrier in use leads to the server, which cannot serve yet
	cancel  context.CancelCauseFunc // of the dialling in hand, nil without one
	conn    net.Conn                // in use, nil without one
	closed  bool                    // conn was closed because its carrier is gone
	since   time.Time
	attempt int
	err     error         // of MobilityError
	event   chan struct{} // closed, and made anew, when something changes
}

func newMobility(o *Mobility, dial func(ctx context.Context, network, address string) (net.Conn, error)) *mobility {
	m := &mobility{dial: dial, event: make(chan struct{})}
	if o != nil {
		m.Mobility = *o
	}
	if m.Policy == nil {
		m.Policy = DefaultPolicy{}
	}
	if m.GiveUp == 0 {
		m.GiveUp = defaultGiveUp
	}
	if m.Backoff == nil {
		m.Backoff = backoff
	}
	return m
}

// begin is called before a session connects. A carrier that was accepted while there was no
// connection is the first one.
func (m *mobility) begin() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.hasNext {
		m.carrier, m.hasNext = m.next, false
	}
	m.state, m.err, m.closed, m.attempt, m.since = steady, nil, false, 0, time.Time{}
}

// changed wakes whoever waits for an event. The caller holds mu.
func (m *mobility) changed() {
	close(m.event)
	m.event = make(chan struct{})
}

// Dial implements servermtm.Ways.
func (m *mobility) Dial(ctx context.Context, network, address string) (conn net.Conn, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	m.mu.Lock()
	carrier := m.carrier
	m.cancel, m.closed = cancel, false
	m.mu.Unlock()
	if m.Carriers == nil {
		conn, err = m.dial(ctx, network, address)
	} else {
		conn, err = m.Carriers.Dial(ctx, carrier, network, address)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.cancel = nil
	if gone := context.Cause(ctx); gone != nil && conn != nil { // nobody wants it any more
		return nil, errors.Join(gone, conn.Close())
	}
	m.conn = conn
	return conn, err
}

var errCarrierLost = errors.New("the carrier is gone")

// Waits implements servermtm.Ways. Without carriers a server that cannot be reached is an error at
// once.
func (m *mobility) Waits() bool { return m.Carriers != nil }

// Stops implements servermtm.Ways.
func (m *mobility) Stops() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.state == stopping
}

// Closed implements servermtm.Ways.
func (m *mobility) Closed() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.closed
}

// Progress implements servermtm.Ways.
func (m *mobility) Progress() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.since, m.attempt = time.Time{}, 0
}

// Entered implements servermtm.Ways.
func (m *mobility) Entered() {
	m.mu.Lock()
	m.state, m.again = steady, false
	carrier := m.carrier
	if m.hasNext {
		m.leave(true)
	}
	m.mu.Unlock()
	if m.Carriers != nil {
		m.Carriers.Accepted(carrier)
		m.Policy.Moved(carrier, nil)
	}
}

// Refused implements servermtm.Ways.
func (m *mobility) Refused(err error, passes bool) {
	m.mu.Lock()
	if m.state != failed {
		m.state = waiting
	}
	m.again = passes && !m.closed
	carrier := m.carrier
	m.mu.Unlock()
	if m.Carriers != nil && !passes {
		m.Carriers.Rejected(carrier, err)
		m.Policy.Moved(carrier, err)
	}
}

// Await implements servermtm.Ways.
func (m *mobility) Await(ctx context.Context, lost error, hear func(time.Duration)) error {
	for {
		next, err := m.look(lost)
		if next.wait == 0 || err != nil {
			return err
		}
		hear(next.wait)
		timer := time.NewTimer(next.wait)
		select {
		case <-timer.C:
			if next.attempt {
				return nil
			}
		case <-next.event:
		case <-ctx.Done():
		}
		timer.Stop()
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
}

// outlook is what to wait for. It changes when event is closed.
type outlook struct {
	wait    time.Duration // 0 = not at all
	attempt bool          // after the wait another connection is worth a try
	event   <-chan struct{}
}

// look returns what to wait for before another connection is made.
func (m *mobility) look(lost error) (outlook, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err != nil {
		return outlook{}, m.err
	}
	if m.state != failed {
		m.state = waiting
	}
	if m.since.IsZero() {
		m.since = time.Now()
	}
	left := m.GiveUp - time.Since(m.since)
	if m.hasNext {
		m.carrier, m.hasNext, m.again = m.next, false, false
		return outlook{}, nil
	}
	if left <= 0 {
		return outlook{}, &gaveUpError{m.GiveUp, lost}
	}
	if m.Carriers != nil && !m.again {
		return outlook{wait: left, event: m.event}, nil
	}
	m.attempt++
	return outlook{min(left, m.Backoff(m.attempt)), true, m.event}, nil
}

// gaveUpError reports that no connection could be made for too long.
type gaveUpError struct {
	after time.Duration
	last  error
}

func (e *gaveUpError) Error() string {
	if e.last == nil {
		return fmt.Sprintf("no connection for %v", e.after)
	}
	return fmt.Sprintf("no connection for %v; the last attempt: %v", e.after, e.last)
}

// Unwrap returns what happened last.
func (e *gaveUpError) Unwrap() error { return e.last }

// drop closes the connection in use, or ends the dialling. The caller holds mu.
func (m *mobility) drop(why error) {
	m.again = false
	if m.cancel != nil {
		m.closed = true
		m.cancel(why)
	}
	if m.conn != nil {
		m.closed = true
		_ = m.conn.Close() // the session finds out
		m.conn = nil
	}
}

// lost is CarrierLost.
func (m *mobility) lost() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.state != failed {
		m.state = waiting
	}
	m.drop(errCarrierLost)
	m.changed()
}

// preferred is PreferredCarrier. busy says whether an operation is in hand.
func (m *mobility) preferred(c Change, busy bool) {
	if !c.Upgrade {
		m.lost()
	}
	m.mu.Lock()
	c.From = m.carrier
	m.mu.Unlock()
	action := m.Policy.Decide(c)
	if action == Ignore {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.next, m.hasNext, m.action = c.To, true, action
	if m.state != waiting && m.state != failed {
		m.leave(busy)
	}
	m.changed()
}

// leave begins to leave the carrier in use, as the policy wants it. The caller holds mu.
func (m *mobility) leave(busy bool) {
	switch {
	case m.action == Immediately:
		m.state = waiting
		m.drop(errCarrierLost)
	case m.action == Stop && busy:
		m.state = stopping
	case m.state == steady: // without an operation there is nothing to finish
		m.state = finishing
	}
}

// fail is MobilityError.
func (m *mobility) fail(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err == nil {
		err = errors.New("the carrier failed")
	}
	m.state, m.err = failed, err
	m.drop(err)
	m.changed()
}

// leaves reports whether the connection is to be left as soon as no operation uses it, and a
// channel that is closed when that may have changed.
func (m *mobility) leaves() (bool, <-chan struct{}) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.state == finishing || m.state == stopping, m.event
}

// PreferredCarrier reports to the client that another carrier is available. The policy decides
// whether to change to it. It has no effect without Mobility.Carriers.
func (c *Client) PreferredCarrier(carrier string, upgrade bool) {
	if c.mobility.Carriers == nil {
		return
	}
	change := Change{To: carrier, Upgrade: upgrade}
	c.mu.Lock()
	busy := c.Busy()
	if busy && c.current != nil {
		change.Progress = c.current.Progress()
	}
	c.mu.Unlock()
	c.mobility.preferred(change, busy)
}

// CarrierLost reports to the client that the carrier in use is gone. The connection is closed
// without QUIT, and the operation in hand waits for another carrier; without mobility it fails.
func (c *Client) CarrierLost() { c.mobility.lost() }

// MobilityError reports to the client that no other carrier will come. The operation in hand, or
// the connection that waits, ends with ErrDisconnected; a later Connect starts anew.
func (c *Client) MobilityError(err error) { c.mobility.fail(err) }
