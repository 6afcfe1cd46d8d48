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

// Mobility lets an operation continue over a new connection when its connection is lost, or when a
// better carrier becomes available (the original's bearer mobility). The zero value works: it dials
// the same address again.
//
// Stored messages are not fetched again. The message during which the connection broke is fetched
// next; after a second break it is fetched last, and after a third it is reported as failed.
// Deletes are sent at the end of a session, and again until the server has answered QUIT.
//
// A refused login, an untrusted certificate and a full disk end the operation as without mobility.
type Mobility struct {
	// Carriers makes the connections. With nil, Options.Dial does.
	Carriers Carriers
	// Policy decides about a change of carriers. With nil, DefaultPolicy does.
	Policy Policy
	// GiveUp limits the time from the loss of a connection until a message is stored again, so that
	// connections that break at once do not extend it. 0 means 5 minutes; a negative value disables
	// mobility.
	GiveUp time.Duration
	// Backoff returns how long to wait before an attempt; the first is number 1. With nil the waits
	// are 1, 2, 4 ... 60 s. With Carriers it is used only while the server cannot serve the
	// mailbox.
	Backoff func(attempt int) time.Duration
}

// Carriers connects over carriers: ways to the network, such as mobile data or Wi-Fi. Its owner
// reports changes to the client with Client.PreferredCarrier and Client.CarrierLost.
type Carriers interface {
	// Dial returns a connection over a carrier. "" is the carrier in use when the client was
	// opened.
	Dial(ctx context.Context, carrier, network, address string) (net.Conn, error)
	// Accepted is called after a login over a carrier, and Rejected after a failed connection or
	// login. After Rejected the client waits for the next PreferredCarrier.
	Accepted(carrier string)
	Rejected(carrier string, err error)
}

// Action is a Policy's decision about a change of carriers.
type Action int

// The actions. A later Stop replaces Complete, but not the other way round, and Immediately
// replaces both.
const (
	Ignore      Action = iota // stay on the carrier in use
	Complete                  // finish the current operation, send QUIT, then change
	Stop                      // finish the current step, send QUIT, and continue the operation over the new carrier
	Immediately               // close the connection without QUIT, and continue the operation over the new carrier
)

// Change describes a possible change of carriers.
type Change struct {
	From, To string
	Upgrade  bool              // To is better than From; otherwise From is already lost
	Progress progress.Snapshot // of the current operation; zero without one
}

// Policy decides about changes of carriers, and is notified of their results.
type Policy interface {
	Decide(c Change) Action
	// Moved is called after an attempt to use a carrier: err is nil after a login, or says why it
	// failed.
	Moved(carrier string, err error)
}

// DefaultPolicy is the original's policy: Complete for an upgrade, and Immediately for a downgrade.
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
// A broken connection counts as a lost carrier. An action with * leads to waiting at once when
// there is no operation. "next" means that the carrier is tried next; if another one is being
// tried, the change follows its login, as from steady.
//
// A server that cannot serve the mailbox yet does not reject the carrier: it may not have noticed
// the end of the last connection, and is asked again after Backoff. MobilityError leads from any
// state to failed, and Connect from any state to steady.
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

// backoff returns 1, 2, 4 ... 60 s.
func backoff(attempt int) time.Duration {
	return min(longestBackoff, time.Second<<min(attempt-1, 6))
}

// mobility holds the state of a client's mobility. It implements servermtm.Ways.
type mobility struct {
	Mobility
	dial func(ctx context.Context, network, address string) (net.Conn, error)

	mu      sync.Mutex
	state   moving
	carrier string // the carrier in use
	next    string // the carrier to try next, if hasNext
	hasNext bool
	action  Action                  // the policy's decision about next
	again   bool                    // the server was reached over the carrier in use, but cannot serve yet
	cancel  context.CancelCauseFunc // cancels the current dialling; nil without one
	conn    net.Conn                // the connection in use; nil without one
	closed  bool                    // the connection was closed because its carrier was lost
	since   time.Time
	attempt int
	err     error         // from MobilityError
	event   chan struct{} // closed and replaced when something changes
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

// begin starts a session. It uses the carrier that the policy accepted while there was no
// connection.
func (m *mobility) begin() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.hasNext {
		m.carrier, m.hasNext = m.next, false
	}
	m.state, m.err, m.closed, m.attempt, m.since = steady, nil, false, 0, time.Time{}
}

// changed wakes the goroutines that wait for an event. The caller holds mu.
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
	if gone := context.Cause(ctx); gone != nil && conn != nil { // cancelled meanwhile
		return nil, errors.Join(gone, conn.Close())
	}
	m.conn = conn
	return conn, err
}

var errCarrierLost = errors.New("the carrier was lost")

// Waits implements servermtm.Ways. Without Carriers, a server that cannot be reached is an error at
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

// outlook says how long to wait for what. It is outdated when event is closed.
type outlook struct {
	wait    time.Duration // 0 to continue at once
	attempt bool          // try to connect after the wait
	event   <-chan struct{}
}

// look returns what to wait for before the next connection.
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

// gaveUpError reports that GiveUp has passed without a connection.
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

// Unwrap returns the error of the last attempt.
func (e *gaveUpError) Unwrap() error { return e.last }

// drop closes the connection in use, or cancels the dialling. The caller holds mu.
func (m *mobility) drop(why error) {
	m.again = false
	if m.cancel != nil {
		m.closed = true
		m.cancel(why)
	}
	if m.conn != nil {
		m.closed = true
		_ = m.conn.Close() // the session gets the error
		m.conn = nil
	}
}

// lost implements Client.CarrierLost.
func (m *mobility) lost() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.state != failed {
		m.state = waiting
	}
	m.drop(errCarrierLost)
	m.changed()
}

// preferred implements Client.PreferredCarrier. busy says whether an operation runs.
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

// leave begins to leave the carrier in use, by m.action. The caller holds mu.
func (m *mobility) leave(busy bool) {
	switch {
	case m.action == Immediately:
		m.state = waiting
		m.drop(errCarrierLost)
	case m.action == Stop && busy:
		m.state = stopping
	case m.state == steady: // Complete, or Stop without an operation
		m.state = finishing
	}
}

// fail implements Client.MobilityError.
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

// leaves reports whether the connection is to be closed as soon as no operation uses it. It also
// returns a channel that is closed when the answer may have changed.
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

// CarrierLost reports to the client that the carrier in use was lost. The connection is closed
// without QUIT. The current operation waits for another carrier, or fails without mobility.
func (c *Client) CarrierLost() { c.mobility.lost() }

// MobilityError reports to the client that no other carrier will become available. The current
// operation, or an idle connection that waits for a carrier, ends with ErrDisconnected. A later
// Connect starts again.
func (c *Client) MobilityError(err error) { c.mobility.fail(err) }
