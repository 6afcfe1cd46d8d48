package pop3

import (
	"bytes"
	"context"
	"errors"
	"strings"
)

// probe holds what a session knows about the replies to its probe: a command whose reply proves
// that replies and commands are in step. That is STAT, or where STAT is odd, NOOP and then STAT
// (QUIRK 58, 109).
type probe struct {
	odd   bool   // STAT is refused, or gives other numbers each time
	asked bool   // the reply is known
	said  string // the last reply to STAT, after "+OK "

	stat, noop kind // of the replies, where STAT is odd; noop is unheard at first
}

// kind classifies a reply by its form.
type kind int

const (
	unheard     kind = iota
	saysNumbers      // +OK and two numbers, as for STAT
	saysOK           // +OK and anything else
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

// pair lists the commands of a probe where STAT is odd.
var pair = [...]string{"NOOP", "STAT"}

// learn records the reply to STAT.
func (p *probe) learn(text []byte) {
	if p.odd && p.stat == saysNumbers {
		return // it gives other numbers each time
	}
	*p = probe{asked: true, said: string(text)}
}

// turn records that STAT is odd, and the kind of its reply.
func (p *probe) turn(stat kind) { *p = probe{odd: true, stat: stat} }

// forget discards STAT's reply; commands that change it call it.
func (p *probe) forget() {
	if !p.odd {
		p.asked, p.said = false, ""
	}
}

// hear records line as the reply to STAT, where STAT is not odd. shaped reports whether it can be
// one, and same whether it equals the previous one.
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

// fits reports whether a line can be the reply to verb, and not to the other command of the pair.
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

// is reports whether a status text equals the known reply to the probe.
func (p *probe) is(text []byte) bool { return p.asked && !p.odd && string(text) == p.said }

// endsWith reports whether tail ends with the known reply to the probe.
func (p *probe) endsWith(tail []byte) bool {
	line, ended := bytes.CutSuffix(tail, []byte("\n"))
	line, ok := bytes.CutSuffix(bytes.TrimSuffix(line, []byte("\r")), []byte(p.said))
	const word = "+OK "
	return ended && ok && p.asked && !p.odd && len(line) >= len(word) && strings.EqualFold(string(line[len(line)-len(word):]), word)
}

const outOfStep = "the answers no longer match the commands"

// confirm returns err when it is not a refusal, or when a probe proves that the refusal answers c;
// otherwise it returns a *ProtocolError. It guards refusals on which the caller acts.
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

// learnProbe learns the probe's reply while nothing is in flight: it sends STAT, and when the
// server refuses it, NOOP.
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

// tells reports whether the replies to the probe prove anything. They do not on a server that
// answers NOOP and an odd STAT alike.
func (p *probe) tells() bool { return !p.odd || p.noop != p.stat }

// untold returns the error for a reply that such a server leaves unproven.
func (p *probe) untold(c command) *ProtocolError {
	return c.protocolError("different answers to NOOP and STAT, to prove that the reply is complete (this server can deliver only "+
		"messages of exactly the size in LIST; tell its operator)", []byte("the same kind of answer to both"))
}

// askProbe sends one command of a probe and returns its reply.
func (s *Session) askProbe(ctx context.Context, c command, verb, quiet string) ([]byte, error) {
	if err := s.quiet(c, quiet); err != nil {
		return nil, err
	}
	if err := s.send(ctx, command{verb: verb}, verb); err != nil {
		return nil, err
	}
	return s.statusLine(ctx, command{verb: verb})
}

// prove sends a probe, and spoils the session unless the server gives the known reply. It asks
// twice when the reply differs, since mail may have arrived meanwhile. c is the command that is to
// be proven.
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

// provePair does the same where STAT is odd.
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

// maxBlank limits the blank lines that are skipped before a status line or between replies.
const maxBlank = 8

// checkQuiet returns an error when something came although no reply is expected. QUIRK 86: it would
// be taken for the reply to c. Blank lines are harmless.
func (s *Session) checkQuiet(c command) error { return s.quiet(c, nothingBefore) }

const nothingBefore = "nothing before this command"

func (s *Session) quiet(c command, expected string) error {
	if rest := s.unasked(); len(rest) > 0 {
		return s.spoil(c.protocolError(expected, rest))
	}
	return nil
}

// unasked returns what came although no reply is expected, without up to maxBlank blank lines
// before it.
func (s *Session) unasked() []byte {
	for range maxBlank {
		rest := s.in.Unread()
		if len(rest) == 0 || len(rest) == 1 && rest[0] == '\r' { // a blank line whose LF has not come yet
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

// firstLine classifies the first line of a message.
type firstLine int

const (
	plainLine    firstLine = iota
	statusLike             // +OK or -ERR, which no header begins with
	repeatedLine           // the second of two status lines (QUIRK 85)
)

// lookAhead classifies the first line of the message that follows a status line with this text, and
// returns its octets with the line ending.
//
// A line like a status line is mail (QUIRK 82), unless it repeats the text or has the number that
// the text lacks: then an extra status line came before it (QUIRK 85, 86).
func (s *Session) lookAhead(text []byte) (first firstLine, octets int64) {
	s.statusText = append(s.statusText[:0], text...) // text is valid only until the next read
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
