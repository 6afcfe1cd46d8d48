package pop3

import (
	"bytes"
	"context"
	"errors"
	"strings"
)

// probe is what a session knows about the command whose answer shows that answers and commands are in step: STAT, or NOOP where
// STAT is odd. The server is judged by what it said before (QUIRK 58).
type probe struct {
	odd   bool // STAT is refused
	asked bool
	said  string // after "+OK "
}

func (p *probe) verb() string {
	if p.odd {
		return "NOOP"
	}
	return "STAT"
}

// learn takes STAT's answer.
func (p *probe) learn(text []byte) { p.odd, p.asked, p.said = false, true, string(text) }

// forget is for commands that change what STAT says.
func (p *probe) forget() { p.asked, p.said = false, "" }

// hear takes an answer to the probe. shaped reports whether it can be one, and same whether it is what was said before.
func (p *probe) hear(line []byte) (same, shaped bool) {
	ok, text, _ := parseStatus(line)
	if !ok {
		return false, false
	}
	if p.asked && string(text) == p.said {
		return true, true
	}
	now, right := parseStat(text)
	if !p.odd && !right {
		return false, false
	}
	before, known := parseStat([]byte(p.said))
	same = p.asked && !p.odd && known && before == now
	p.asked, p.said = true, string(text)
	return same, true
}

// is reports whether a status text is what the probe said before.
func (p *probe) is(text []byte) bool { return p.asked && string(text) == p.said }

// endsWith reports whether what has come ends with the answer to the probe.
func (p *probe) endsWith(tail []byte) bool {
	line, ended := bytes.CutSuffix(tail, []byte("\n"))
	line, ok := bytes.CutSuffix(bytes.TrimSuffix(line, []byte("\r")), []byte(p.said))
	const word = "+OK "
	return ended && ok && p.asked && len(line) >= len(word) && strings.EqualFold(string(line[len(line)-len(word):]), word)
}

const outOfStep = "the answers no longer match the commands"

// confirm is for a refusal that means more than that one answer is missing: it returns it once it is known that it answers c,
// and otherwise a *ProtocolError.
func (s *Session) confirm(ctx context.Context, c command, err error) error {
	var refused *ReplyError
	if !errors.As(err, &refused) || s.Err() != nil {
		return err
	}
	stop, err := s.begin(ctx, c)
	if err != nil {
		return err
	}
	defer stop()
	if err = s.prove(ctx, c); err != nil {
		return err
	}
	return refused
}

// learnProbe asks a probe whose answer is not known yet: STAT, and NOOP when the server refuses that.
func (s *Session) learnProbe(ctx context.Context, c command) error {
	for range 2 {
		verb := s.probe.verb()
		if err := s.quiet(c, nothingBefore); err != nil {
			return err
		}
		if err := s.send(ctx, command{verb: verb}, verb); err != nil {
			return err
		}
		line, err := s.statusLine(ctx, command{verb: verb})
		if err != nil {
			return err
		}
		if _, shaped := s.probe.hear(line); shaped {
			return nil
		}
		if ok, _, known := parseStatus(line); ok || !known || s.probe.odd {
			return s.spoil(c.protocolError("the answer to "+verb+" before it", line))
		}
		s.probe.odd = true
	}
	return nil
}

// prove asks a probe, and spoils the session unless the server says what it said before. It asks twice when that differs, since
// mail may have come or gone meanwhile. c is the command that led to the question.
func (s *Session) prove(ctx context.Context, c command) error {
	var before string
	verb := s.probe.verb()
	for range 2 {
		if err := s.quiet(c, "nothing before "+verb+" after it ("+outOfStep+")"); err != nil {
			return err
		}
		if err := s.send(ctx, command{verb: verb}, verb); err != nil {
			return err
		}
		line, err := s.statusLine(ctx, command{verb: verb})
		if err != nil {
			return err
		}
		before = s.probe.said
		same, shaped := s.probe.hear(line)
		if !shaped {
			return s.spoil(c.protocolError("the answer to "+verb+" after it ("+outOfStep+")", line))
		}
		if same {
			return nil
		}
	}
	expected := `the answer "` + c.show([]byte(before), shownGot) + `" to ` + verb + ` after it once more (` + outOfStep + `)`
	return s.spoil(c.protocolError(expected, []byte(s.probe.said)))
}

// maxBlank bounds the blank lines that are passed over where a status line is due, or nothing.
const maxBlank = 8

// checkQuiet is called when no reply is due. QUIRK 86: what came all the same would be taken for the answer to c. A blank
// line cannot be taken for one.
func (s *Session) checkQuiet(c command) error { return s.quiet(c, nothingBefore) }

const nothingBefore = "nothing before this command"

func (s *Session) quiet(c command, expected string) error {
	if rest := s.unasked(); len(rest) > 0 {
		return s.spoil(c.protocolError(expected, rest))
	}
	return nil
}

// unasked returns what came while no reply is due, without a few blank lines before it.
func (s *Session) unasked() []byte {
	for range maxBlank {
		rest := s.in.Unread()
		if len(rest) == 0 || len(rest) == 1 && rest[0] == '\r' { // the rest of that blank line is to come
			return nil
		}
		if !bytes.HasPrefix(rest, []byte("\r\n")) && rest[0] != '\n' {
			break
		}
		if _, err := s.in.ReadLine(); err != nil {
			break
		}
	}
	return s.in.Unread()
}

// firstLine is what the first line of a message looks like.
type firstLine int

const (
	plainLine    firstLine = iota
	statusLike             // +OK or -ERR, so that there is no header
	repeatedLine           // the second one of two status lines (QUIRK 85)
)

// lookAhead looks at the first line of the message that follows a status line with this text. One that looks like a status line is
// the second one of two, and not mail that begins so (QUIRK 82), when it says the same as the first one, or has the number that
// this one lacks (QUIRK 86: then the first one was the extra line of an answer before). octets counts it, with its ending.
func (s *Session) lookAhead(text []byte) (first firstLine, octets int64) {
	s.statusText = append(s.statusText[:0], text...) // which is valid until the next read
	line := s.in.PeekLine('+', shownText)
	if line == nil {
		line = s.in.PeekLine('-', shownText)
	}
	if line == nil {
		return plainLine, 0
	}
	octets = int64(bytes.IndexByte(s.in.Unread(), '\n') + 1)
	ok, again, known := parseStatus(line)
	_, _, numbered := cutNumber(again, maxOctets)
	switch {
	case !known:
		return plainLine, 0
	case ok && !s.probe.is(again) && (bytes.Equal(s.statusText, again) || numbered && !bytes.ContainsAny(s.statusText, "0123456789")):
		return repeatedLine, octets
	}
	return statusLike, octets
}
