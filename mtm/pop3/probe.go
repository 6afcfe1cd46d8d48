package pop3

import (
	"bytes"
	"context"
	"errors"
	"strings"
)

// probe is what a session knows about the commands whose answers show that answers and commands
// are in step. The rule is STAT, which says two numbers, and the same again. Where STAT is odd it
// is NOOP and then STAT, whose answers are of two kinds. The server is judged by what it said
// before (QUIRK 58, 109).
type probe struct {
	odd   bool // STAT is refused, or says other numbers each time
	asked bool
	said  string // by STAT, after "+OK "

	stat, noop kind // of their answers, where STAT is odd; noop is unheard at first
}

// kind is what an answer looks like.
type kind int

const (
	unheard     kind = iota
	saysNumbers      // two, as STAT does
	saysOK           // with whatever else
	saysERR
	saysNoise
)

func kindOf(line []byte) kind {
	ok, text, known := parseStatus(line)
	_, counts := parseStat(text)
	switch {
	case !known:
		return saysNoise
	case !ok:
		return saysERR
	case counts:
		return saysNumbers
	}
	return saysOK
}

func (p *probe) verb() string {
	if p.odd {
		return "NOOP"
	}
	return "STAT"
}

// pair are the commands that are asked where STAT is odd.
var pair = [...]string{"NOOP", "STAT"}

// learn takes STAT's answer.
func (p *probe) learn(text []byte) {
	if p.odd && p.stat == saysNumbers {
		return // it says something else each time
	}
	*p = probe{asked: true, said: string(text)}
}

// turn takes in that STAT is odd, and how it answers.
func (p *probe) turn(stat kind) { *p = probe{odd: true, stat: stat} }

// forget is for commands that change what STAT says.
func (p *probe) forget() {
	if !p.odd {
		p.asked, p.said = false, ""
	}
}

// hear takes an answer to STAT where that is the rule. shaped reports whether it can be one, and
// same whether it is what was said before.
func (p *probe) hear(line []byte) (same, shaped bool) {
	ok, text, _ := parseStatus(line)
	if !ok {
		return false, false
	}
	if p.asked && string(text) == p.said {
		return true, true
	}
	now, right := parseStat(text)
	if !right {
		return false, false
	}
	before, known := parseStat([]byte(p.said))
	same = p.asked && known && before == now
	p.asked, p.said = true, string(text)
	return same, true
}

// fits reports whether a line can be the answer to one of a pair, and not to the other.
func (p *probe) fits(verb string, line []byte) bool {
	stat := p.stat
	if stat == unheard {
		stat = saysNumbers
	}
	k := kindOf(line)
	if verb == "STAT" {
		return k == stat
	}
	return k != saysNoise && k != stat && (p.noop == unheard || p.noop == k)
}

// is reports whether a status text is what the probe said before.
func (p *probe) is(text []byte) bool { return p.asked && !p.odd && string(text) == p.said }

// endsWith reports whether what has come ends with the answer to the probe.
func (p *probe) endsWith(tail []byte) bool {
	line, ended := bytes.CutSuffix(tail, []byte("\n"))
	line, ok := bytes.CutSuffix(bytes.TrimSuffix(line, []byte("\r")), []byte(p.said))
	const word = "+OK "
	return ended && ok && p.asked && !p.odd && len(line) >= len(word) && strings.EqualFold(string(line[len(line)-len(word):]), word)
}

const outOfStep = "the answers no longer match the commands"

// confirm is for a refusal that means more than that one answer is missing: it returns it once it
// is known that it answers c, and otherwise a *ProtocolError.
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

// learnProbe asks a probe whose answer is not known yet, while nothing is in flight: STAT, and when
// the server refuses that, NOOP and STAT.
func (s *Session) learnProbe(ctx context.Context, c command) error {
	if !s.probe.odd {
		line, err := s.askProbe(ctx, c, "STAT", nothingBefore)
		if err != nil {
			return err
		}
		if _, shaped := s.probe.hear(line); shaped {
			return nil
		}
		if kindOf(line) != saysERR {
			return s.spoil(c.protocolError("the answer to STAT before it", line))
		}
		s.probe.turn(saysERR)
	}
	line, err := s.askProbe(ctx, c, "NOOP", nothingBefore)
	if err != nil {
		return err
	}
	s.probe.asked, s.probe.noop = true, kindOf(line)
	if s.probe.noop == saysNoise {
		return s.spoil(c.protocolError("the answer to NOOP before it", line))
	}
	return nil
}

// tells reports whether the answers to the probe show anything. On a server with neither
// STAT nor NOOP they do not.
func (p *probe) tells() bool { return !p.odd || p.noop != p.stat }

// untold is the error of a reply that such a server leaves unproven.
func (p *probe) untold(c command) *ProtocolError {
	return c.protocolError("different answers to NOOP and STAT, which would show that its reply is whole (this server can give only "+
		"messages of the size that LIST says; tell its operator)", []byte("the same kind of answer to both"))
}

// askProbe asks one command, and returns its answer.
func (s *Session) askProbe(ctx context.Context, c command, verb, quiet string) ([]byte, error) {
	if err := s.quiet(c, quiet); err != nil {
		return nil, err
	}
	if err := s.send(ctx, command{verb: verb}, verb); err != nil {
		return nil, err
	}
	return s.statusLine(ctx, command{verb: verb})
}

// prove asks a probe, and spoils the session unless the server says what it said before. It
// asks twice when that differs, since mail may have come or gone meanwhile. c is the command
// that led to the question.
func (s *Session) prove(ctx context.Context, c command) error {
	for range 2 {
		if s.probe.odd {
			return s.provePair(ctx, c)
		}
		line, err := s.askProbe(ctx, c, "STAT", "nothing before STAT after it ("+outOfStep+")")
		if err != nil {
			return err
		}
		same, shaped := s.probe.hear(line)
		if !shaped {
			return s.spoil(c.protocolError("the answer to STAT after it ("+outOfStep+")", line))
		}
		if same {
			return nil
		}
	}
	s.probe.turn(saysNumbers)
	return s.provePair(ctx, c)
}

// provePair is prove where STAT is odd.
func (s *Session) provePair(ctx context.Context, c command) error {
	if !s.probe.tells() {
		return s.spoil(s.probe.untold(c))
	}
	for _, verb := range pair {
		line, err := s.askProbe(ctx, c, verb, "nothing before "+verb+" after it ("+outOfStep+")")
		if err != nil {
			return err
		}
		if !s.probe.fits(verb, line) {
			return s.spoil(c.protocolError("the answer to "+verb+" after it ("+outOfStep+")", line))
		}
	}
	return nil
}

// maxBlank bounds the blank lines that are passed over where a status line is due, or nothing.
const maxBlank = 8

// checkQuiet is called when no reply is due. QUIRK 86: what came all the same would be taken for
// the answer to c. A blank line cannot be taken for one.
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

// lookAhead looks at the first line of the message that follows a status line with this text. One
// that looks like a status line is the second one of two, and not mail that begins so (QUIRK 82),
// when it says the same as the first one, or has the number that this one lacks (QUIRK 86: then the
// first one was the extra line of an answer before). octets counts it, with its ending.
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
