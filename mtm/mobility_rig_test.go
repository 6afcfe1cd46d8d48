package mtm_test

import (
	"context"
	"errors"
	"net"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/edit"
	"pop3mtm/mtm"
	"pop3mtm/mtm/account"
	"pop3mtm/mtm/store"
)

// roamRig is a store, its server and a client with mobility, in a bubble.
type roamRig struct {
	*rig
	carriers *carriers

	serve   func(net.Conn) // nil is srv's
	free    atomic.Int64   // octets on the disk
	serving sync.WaitGroup
	late    atomic.Int64 // how many nanoseconds the server does not notice that a connection has ended

	mu      sync.Mutex
	dialled []time.Time
	refuse  int // attempts that fail from now on
}

const plenty = 1 << 40

var errNoNetwork = errors.New("no network")

// newRoamRig makes a client without carriers, or with some and a policy.
func newRoamRig(t *testing.T, m mtm.Mobility, changes ...change) *roamRig {
	r := &roamRig{rig: &rig{t: t, drop: fakeserver.NewMaildrop(mails(3)...)}}
	r.srv = fakeserver.New(r.drop, &fakeserver.Options{LockWait: -1, Without: []string{"PIPELINING"}})
	settings := account.Defaults()
	settings.Host, settings.LoginName, settings.Password.Literal = "localhost", "demo", "demo"
	settings.Auth = account.UserPass
	for _, change := range changes {
		change(&settings)
	}
	r.free.Store(plenty)
	var err error
	r.store, err = store.Open(templateCopy(t), &store.Options{FreeSpace: func(string) (int64, error) { return r.free.Load(), nil }})
	r.must(err)
	a, err := mtm.FindAccount(t.Context(), r.store, "work")
	r.must(err)
	r.id = a.ID
	if len(changes) > 0 {
		r.must(mtm.SetAccount(t.Context(), r.store, r.id, settings))
	}
	if m.Policy != nil {
		r.carriers = &carriers{rig: r}
		m.Carriers = r.carriers
	}
	r.box, err = mtm.Open(r.store, r.id, &mtm.Options{Dial: r.dial, BatchMessages: 1, Mobility: &m})
	r.must(err)
	return r
}

// dial connects to the server, which has noticed the end of the last connection, unless it notices
// late.
func (r *roamRig) dial(context.Context, string, string) (net.Conn, error) {
	if r.late.Load() == 0 {
		r.serving.Wait()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.dialled = append(r.dialled, time.Now())
	if r.refuse > 0 {
		r.refuse--
		return nil, errNoNetwork
	}
	here, there := net.Pipe()
	serve := r.serve
	if serve == nil {
		serve = r.srv.ServeConn
	}
	r.serving.Go(func() { serve(&lateConn{there, &r.late}) })
	return here, nil
}

// lateConn is a connection of a server that notices its end late.
type lateConn struct {
	net.Conn
	late *atomic.Int64
}

func (c *lateConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	return n, c.wait(err)
}

func (c *lateConn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	return n, c.wait(err)
}

func (c *lateConn) SetDeadline(t time.Time) error      { return c.wait(c.Conn.SetDeadline(t)) }
func (c *lateConn) SetReadDeadline(t time.Time) error  { return c.wait(c.Conn.SetReadDeadline(t)) }
func (c *lateConn) SetWriteDeadline(t time.Time) error { return c.wait(c.Conn.SetWriteDeadline(t)) }

func (c *lateConn) wait(err error) error {
	if late := c.late.Load(); err != nil && late > 0 && !errors.Is(err, os.ErrDeadlineExceeded) {
		<-time.After(time.Duration(late))
	}
	return err
}

// dials returns how many connections were tried.
func (r *roamRig) dials() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.dialled)
}

// refuses makes attempts fail.
func (r *roamRig) refuses(attempts int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.refuse = attempts
}

// sessions returns what each connection said to the server, once all have ended there.
func (r *roamRig) sessions() (list []string) {
	synctest.Wait()
	for _, session := range r.srv.Transcripts() {
		list = append(list, session.String())
	}
	return list
}

// sent counts a command over all connections.
func (r *roamRig) sent(command string) (n int) {
	for _, s := range r.sessions() {
		n += strings.Count(s, "C: "+command+"\n")
	}
	return n
}

// breaks ends the connection when a command comes, as often as is said; 0 is always. What is
// given is called before.
func (r *roamRig) breaks(verb, args string, octets int64, times int, before ...func()) {
	cut := fakeserver.Auto.With(edit.CutAfter(octets, edit.Close))
	rule := r.srv.On(fakeserver.Match{Verb: verb, Args: args}, func(x *fakeserver.Exchange) edit.Reply {
		for _, f := range before {
			f()
		}
		return cut(x)
	})
	if times > 0 {
		rule.Times(times)
	}
	rule.Must()
}

// at calls something once when a command comes, before it is answered.
func (r *roamRig) at(verb, args string, what func()) {
	r.srv.On(fakeserver.Match{Verb: verb, Args: args}, func(x *fakeserver.Exchange) edit.Reply {
		what()
		return fakeserver.Auto(x)
	}).Once().Must()
}

// goodbye reports whether a connection, 1 for the first, ended with QUIT.
func (r *roamRig) goodbye(connection int) bool {
	return strings.Contains(r.sessions()[connection-1], "C: QUIT")
}

// carriers dials as its rig does, and remembers what the client thinks of them.
type carriers struct {
	rig *roamRig

	mu     sync.Mutex
	dialed []string
	words  []string // "accepted b", "rejected b"
	reject map[string]bool
	dead   map[string]bool // nobody answers
}

func (c *carriers) Dial(ctx context.Context, carrier, network, address string) (net.Conn, error) {
	c.mu.Lock()
	c.dialed = append(c.dialed, carrier)
	rejects, dead := c.reject[carrier], c.dead[carrier]
	c.mu.Unlock()
	if rejects {
		return nil, errNoNetwork
	}
	if dead {
		<-ctx.Done()
		return nil, context.Cause(ctx)
	}
	return c.rig.dial(ctx, network, address)
}

func (c *carriers) Accepted(carrier string) { c.say("accepted " + carrier) }

func (c *carriers) Rejected(carrier string, _ error) { c.say("rejected " + carrier) }

func (c *carriers) say(words string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.words = append(c.words, words)
}

func (c *carriers) said() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]string(nil), c.words...)
}

// always is a policy that wants the same of every change.
type always mtm.Action

func (a always) Decide(mtm.Change) mtm.Action { return mtm.Action(a) }

func (always) Moved(string, error) {}
