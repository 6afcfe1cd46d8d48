package record

import (
	"bytes"
	"fmt"
	"slices"

	"pop3mtm/fakeserver/notation"
)

// indexer finds the turns of a transcript.
type indexer struct {
	recording *Recording
	sessions  map[int]*Session
	current   *Session
	turns     int
	octets    int   // of all commands
	adding    *span // contains the last line
}

func (x *indexer) take(l notation.Line) error {
	if l.Kind == notation.Remark {
		return x.remark(l)
	}
	if x.current == nil {
		if err := x.begin(1, l); err != nil {
			return err
		}
	}
	x.current.EndLine = l.Number
	if l.Kind == notation.Client {
		x.adding = nil
		return x.command(l)
	}
	x.reply(l)
	return nil
}

func (x *indexer) remark(l notation.Line) error {
	if n, ok := l.Session(); ok {
		x.adding = nil
		return x.begin(n, l)
	}
	s := x.current
	if s == nil {
		return nil
	}
	if at, ok := l.At(); ok {
		s.at = at
		if x.adding != nil { // when its lines were sent
			x.adding.size = l.Offset + l.Size - x.adding.offset
		}
		return nil
	}
	x.adding = nil
	last := &s.Turns[len(s.Turns)-1]
	switch {
	case l.TLS() && len(s.Turns) == 1 && last.reply == nil:
		s.TLS, last.TLS, s.secured = true, true, true
	case l.TLS():
		last.StartsTLS, s.secured = true, true
	case l.Is(notation.ClientClosed):
		s.End, s.EndLine = ClientClosed, l.Number
	case l.Is(notation.ServerClosed):
		s.End, s.EndLine = ServerClosed, l.Number
	case l.Is(notation.ServerReset):
		s.End, s.EndLine = ServerReset, l.Number
	}
	return nil
}

func (x *indexer) begin(number int, l notation.Line) error {
	x.current = x.sessions[number]
	if x.current != nil {
		return nil
	}
	if len(x.sessions) == MaxSessions {
		return &notation.SyntaxError{Line: l.Number, Column: 1, Text: fmt.Sprintf("too many sessions: the limit is %d", MaxSessions)}
	}
	x.current = &Session{Number: number, Turns: make([]Turn, 1), EndLine: l.Number, dialogue: newDialogue(), open: []int{0}}
	x.sessions[number] = x.current
	x.recording.Sessions = append(x.recording.Sessions, x.current)
	return nil
}

func (x *indexer) command(l notation.Line) error {
	s := x.current
	octets := append(s.goingOn, l.Octets...)
	if !bytes.HasSuffix(octets, []byte("\n")) {
		if len(octets) > MaxCommand {
			return &notation.SyntaxError{Line: l.Number, Column: 1, Text: fmt.Sprintf("the client's line is too long: the limit is %d octets", MaxCommand)}
		}
		s.goingOn = octets
		return nil
	}
	s.goingOn = nil
	if x.turns++; x.turns > MaxTurns || len(s.dialogue.waiting) >= maxWaiting {
		return &notation.SyntaxError{Line: l.Number, Column: 1, Text: fmt.Sprintf("too many commands: the limit is %d, and %d without a reply", MaxTurns, maxWaiting)}
	}
	command := slices.Clone(notation.Command(octets))
	if x.octets += len(command); x.octets > maxCommands {
		return &notation.SyntaxError{Line: l.Number, Column: 1, Text: fmt.Sprintf("the commands are too long: the limit is %d octets for all", maxCommands)}
	}
	s.dialogue.hear(command)
	s.settle()
	s.open = append(s.open, len(s.Turns))
	s.Turns = append(s.Turns, Turn{Command: command, TLS: s.secured, Line: l.Number, At: s.at})
	return nil
}

// settle marks the replies that have turned out to be complete.
func (s *Session) settle() {
	if whole := len(s.open) + 1 - len(s.dialogue.waiting); whole > 0 {
		s.open = s.open[whole:]
	}
}

func (x *indexer) reply(l notation.Line) {
	s := x.current
	n := len(s.Turns) - 1
	if len(s.open) > 0 {
		n = s.open[0]
	}
	p := s.dialogue.say(l.Octets)
	t := &s.Turns[n]
	t.Response = p.turn.response
	if x.adding == nil {
		t.reply = append(t.reply, span{offset: l.Offset, at: s.at})
		x.adding = &t.reply[len(t.reply)-1]
	}
	x.adding.size = l.Offset + l.Size - x.adding.offset
	if p.last {
		s.open = s.open[1:]
		x.adding = nil
	}
}
