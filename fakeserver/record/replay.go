package record

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"sync"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/edit"
	"pop3mtm/fakeserver/notation"
)

// ReplayOptions of a replay. nil and zero fields mean the defaults.
type ReplayOptions struct {
	// Server is what the server needs besides: TLS for a recording that has it, Log,
	// IdleTimeout, OnSession.
	Server *fakeserver.Options
	// Timing keeps the recorded times between a command and the parts of its reply.
	// Default: all is sent at once.
	Timing bool
	// Repeat begins with the first session again after the last one.
	Repeat bool
}

// Difference is where a client did otherwise than the recording.
type Difference struct {
	Session  int    // of the server
	Line     int    // of the transcript, where the recording goes on
	Expected string // what is recorded there, in the notation
	Got      string // what came instead, secrets masked
}

func (d Difference) String() string {
	return fmt.Sprintf("session %d: %s; line %d has %s", d.Session, d.Got, d.Line, d.Expected)
}

// Replay is a server that gives a recording again: the first connection gets the
// first session, and so on. A command that is not the recorded one is answered
// -ERR, and the recording waits for the right one.
type Replay struct {
	*fakeserver.Server
	recording *Recording
	o         ReplayOptions
	done      chan struct{}

	mu          sync.Mutex
	open        map[int]*progress // by number of the server's session
	over        int               // sessions
	differences []Difference
}

// progress is how far a session has come.
type progress struct {
	next   int       // turn
	secret *dialogue // knows what may be a secret
}

// maxDifferences is how many are kept.
const maxDifferences = 1000

// Replay makes a server of the recording that listens nowhere yet. The caller
// closes the recording after the server.
func (r *Recording) Replay(o *ReplayOptions) *Replay {
	p := &Replay{recording: r, open: map[int]*progress{}, done: make(chan struct{})}
	if o != nil {
		p.o = *o
	}
	var server fakeserver.Options
	if p.o.Server != nil {
		server = *p.o.Server
	}
	server.MaxLine, server.MaxBadCommands = MaxCommand, -1
	told := server.OnSession
	server.OnSession = func(t fakeserver.Transcript) {
		p.ended(t.Session)
		if told != nil {
			told(t)
		}
	}
	p.Server = fakeserver.New(nil, &server)
	p.On(fakeserver.Match{}, p.answer)
	p.On(fakeserver.Match{Verb: "CONNECT"}, p.greet)
	return p
}

// ImplicitTLS reports whether all sessions begin with TLS: serve them with ServeTLS.
func (r *Recording) ImplicitTLS() bool {
	return !slices.ContainsFunc(r.Sessions, func(s *Session) bool { return !s.TLS })
}

// Done is closed when all sessions of the recording are over; with Repeat never.
func (p *Replay) Done() <-chan struct{} { return p.done }

// Differences are those so far, the first 1000.
func (p *Replay) Differences() []Difference {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.differences)
}

// Left returns how many sessions of the recording have not been over yet.
func (p *Replay) Left() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return max(0, len(p.recording.Sessions)-p.over)
}

// session returns the recorded one for a connection, nil when there is none.
func (p *Replay) session(number int) *Session {
	n := number - 1
	all := p.recording.Sessions
	if p.o.Repeat {
		n %= len(all)
	}
	if n >= len(all) {
		return nil
	}
	return all[n]
}

func (p *Replay) greet(x *fakeserver.Exchange) edit.Reply {
	number := x.Session.Number()
	s := p.session(number)
	if s == nil {
		last := p.recording.Sessions[len(p.recording.Sessions)-1]
		p.differs(Difference{number, last.EndLine, "the end of the last session", "a connection more"})
		return append(edit.Err("the recording has no more sessions"), edit.Chunk{End: edit.Close})
	}
	p.mu.Lock()
	p.open[number] = &progress{next: 1, secret: newDialogue()}
	p.mu.Unlock()
	return p.reply(x, s, 0)
}

func (p *Replay) answer(x *fakeserver.Exchange) edit.Reply {
	number := x.Session.Number()
	s := p.session(number)
	p.mu.Lock()
	at := p.open[number] // only this session uses what it holds
	p.mu.Unlock()
	got := at.got(x, s)
	if at.next >= len(s.Turns) {
		p.differs(Difference{number, s.EndLine, "the end of the session", got})
		return edit.Err("the recording has no more commands in this session")
	}
	t := &s.Turns[at.next]
	if !notation.Same(t.Command, x.Line) {
		p.differs(Difference{number, t.Line, shown(pop3Secrets.Mask(t.Command)), got})
		return edit.Err("another command was recorded here, in line " + strconv.Itoa(t.Line))
	}
	at.next++
	return p.reply(x, s, at.next-1)
}

// got returns what people may see of a line: whatever may be a response is hidden.
func (at *progress) got(x *fakeserver.Exchange, s *Session) string {
	if x.Line == nil {
		return "a command that is too long"
	}
	at.secret.asked = at.next < len(s.Turns) && s.Turns[at.next].Response && !known(turnOf(x.Line).verb)
	return shown(at.secret.shown(x.Line))
}

func shown(command []byte) string { return "C: " + string(notation.Escape(nil, command)) }

// reply returns what the recording has for a turn, and the end of the session after the
// last one.
func (p *Replay) reply(x *fakeserver.Exchange, s *Session, n int) edit.Reply {
	t := &s.Turns[n]
	if t.StartsTLS {
		var line bytes.Buffer
		if _, err := p.recording.WriteReply(t, &line); err != nil {
			return p.broken(err)
		}
		return fakeserver.Auto.With(edit.Raw(line.String()))(x)
	}
	reply := edit.Reply{{Body: recorded{p.recording, t}}}
	if p.o.Timing {
		bursts, err := p.recording.bursts(t)
		if err != nil {
			return p.broken(err)
		}
		reply = nil
		for _, b := range bursts {
			part := &Turn{reply: []span{{offset: b.from, size: b.size}}}
			reply = append(reply, edit.Chunk{Pause: b.after, Body: recorded{p.recording, part}})
		}
	}
	if n == len(s.Turns)-1 {
		reply = append(reply, edit.Chunk{End: s.End.after()})
	}
	return reply
}

// broken ends a session whose recording cannot be read any more.
func (p *Replay) broken(err error) edit.Reply {
	return edit.Reply{{Body: failing{err}, End: edit.Close}}
}

type failing struct{ err error }

func (f failing) WriteTo(io.Writer) (int64, error) { return 0, f.err }

// after returns what the server does after its last reply.
func (e End) after() edit.End {
	switch e {
	case ServerClosed:
		return edit.Close
	case ServerReset:
		return edit.Reset
	default:
		return edit.Open
	}
}

// recorded is the reply to a turn in the form of a body.
type recorded struct {
	recording *Recording
	turn      *Turn
}

func (r recorded) WriteTo(w io.Writer) (int64, error) { return r.recording.WriteReply(r.turn, w) }

// ended reports commands that a client has left out at the end.
func (p *Replay) ended(number int) {
	s := p.session(number)
	if s == nil {
		return
	}
	p.mu.Lock()
	at := p.open[number]
	delete(p.open, number)
	p.mu.Unlock()
	if at != nil && at.next < len(s.Turns) {
		t := &s.Turns[at.next]
		p.differs(Difference{number, t.Line, shown(pop3Secrets.Mask(t.Command)), "the session has ended"})
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.over++; p.over == len(p.recording.Sessions) && !p.o.Repeat {
		close(p.done)
	}
}

func (p *Replay) differs(d Difference) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.differences) < maxDifferences {
		p.differences = append(p.differences, d)
	}
}

var errEnough = errors.New("the first line is there")
