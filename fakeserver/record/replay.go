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

// ReplayOptions configures a replay. nil and zero fields mean the defaults.
type ReplayOptions struct {
	// Server holds other options of the server: TLS for a recording that has it, Log,
	// IdleTimeout, OnSession.
	Server *fakeserver.Options
	// Timing repeats the recorded delays between a command and the parts of its reply.
	// Default: replies are sent at once.
	Timing bool
	// Repeat starts again with the first session after the last one.
	Repeat bool
}

// Difference reports where a client differs from the recording.
type Difference struct {
	Session  int    // of the server
	Line     int    // of the transcript, where the recording continues
	Expected string // the recorded line, in the notation
	Got      string // the actual line, secrets masked
}

func (d Difference) String() string {
	return fmt.Sprintf("session %d: %s; line %d has %s", d.Session, d.Got, d.Line, d.Expected)
}

// Replay is a server that replays a recording: the first connection gets the first session, and so
// on. A command that differs from the recorded one is answered -ERR, and the recording waits for
// the expected one.
type Replay struct {
	*fakeserver.Server
	recording *Recording
	o         ReplayOptions
	done      chan struct{}

	mu          sync.Mutex
	open        map[int]*progress // by number of the server's session
	over        int               // ended sessions
	differences []Difference
}

// progress is the current position in a session.
type progress struct {
	next   int       // index of the next turn
	secret *dialogue // finds the lines that may be secret
}

// maxDifferences limits the recorded differences.
const maxDifferences = 1000

// Replay returns a server for the recording that does not listen yet. The caller closes the
// recording after the server.
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

// Done returns a channel that is closed when all sessions of the recording have ended; with Repeat
// never.
func (p *Replay) Done() <-chan struct{} { return p.done }

// Differences returns the differences so far, at most the first 1000.
func (p *Replay) Differences() []Difference {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.differences)
}

// Left returns the number of sessions of the recording that have not ended yet.
func (p *Replay) Left() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return max(0, len(p.recording.Sessions)-p.over)
}

// session returns the recorded session for a connection, nil after the last one.
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
		p.differs(Difference{number, last.EndLine, "the end of the last session", "another connection"})
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
	at := p.open[number] // used by this session only
	p.mu.Unlock()
	got := at.got(x, s)
	if at.next >= len(s.Turns) {
		p.differs(Difference{number, s.EndLine, "the end of the session", got})
		return edit.Err("the recording has no more commands in this session")
	}
	t := &s.Turns[at.next]
	if !notation.Same(t.Command, x.Line) {
		p.differs(Difference{number, t.Line, shown(pop3Secrets.Mask(t.Command)), got})
		return edit.Err("another command is recorded here, in line " + strconv.Itoa(t.Line))
	}
	at.next++
	return p.reply(x, s, at.next-1)
}

// got returns a line for people to read; a possible response is masked.
func (at *progress) got(x *fakeserver.Exchange, s *Session) string {
	if x.Line == nil {
		return "too long a command"
	}
	at.secret.asked = at.next < len(s.Turns) && s.Turns[at.next].Response && !known(turnOf(x.Line).verb)
	return shown(at.secret.shown(x.Line))
}

func shown(command []byte) string { return "C: " + string(notation.Escape(nil, command)) }

// reply returns the recorded reply to a turn, and the end of the session after the last turn.
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

// broken ends a session whose recording can no longer be read.
func (p *Replay) broken(err error) edit.Reply {
	return edit.Reply{{Body: failing{err}, End: edit.Close}}
}

type failing struct{ err error }

func (f failing) WriteTo(io.Writer) (int64, error) { return 0, f.err }

// after returns how the server ends the session after its last reply.
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

// recorded is the reply to a turn as a body.
type recorded struct {
	recording *Recording
	turn      *Turn
}

func (r recorded) WriteTo(w io.Writer) (int64, error) { return r.recording.WriteReply(r.turn, w) }

// ended reports commands that a client has omitted at the end of a session.
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

var errEnough = errors.New("the first line is complete")
