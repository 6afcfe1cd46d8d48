package pop3

import (
	"bytes"
	"context"
	"errors"
	"fmt"
)

// QUIRK 86: a line that no command asked for, such as one more after the dot of a message, is taken for the answer to the next
// command, and each answer after it for that of the command before. So a message could be stored as another one. What cannot be
// mistaken for the answer to another command is that of STAT.

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
	if err = s.inStep(ctx, c, func() error { return s.send(ctx, command{verb: "STAT"}, "STAT") }); err != nil {
		return err
	}
	return refused
}

const outOfStep = "the answers no longer match the commands"

// inStep asks STAT by way of ask, and wants to hear what STAT said before in this session: the server is judged by its own
// words (QUIRK 58). It asks twice when they differ, since mail may have come or gone meanwhile. c is the command that led
// to the doubt.
func (s *Session) inStep(ctx context.Context, c command, ask func() error) error {
	var before string
	for range 2 {
		if err := s.quiet(c, "nothing before STAT after it ("+outOfStep+")"); err != nil {
			return err
		}
		if err := ask(); err != nil {
			return err
		}
		line, err := s.statusLine(ctx, command{verb: "STAT"})
		if err != nil {
			return err
		}
		ok, text, _ := parseStatus(line)
		if _, right := parseStat(text); !ok || !right {
			return s.spoil(c.protocolError("the answer to STAT after it ("+outOfStep+")", line))
		}
		before, s.statSaid = s.statSaid, string(text)
		if sameStat(before, s.statSaid) {
			return nil
		}
	}
	expected := fmt.Sprintf(`the answer "%s" to STAT after it once more (%s)`, c.show([]byte(before), shownGot), outOfStep)
	return s.spoil(c.protocolError(expected, []byte(s.statSaid)))
}

func sameStat(a, b string) bool {
	before, known := parseStat([]byte(a))
	now, _ := parseStat([]byte(b))
	return a == b || known && before == now
}

// maxBlank bounds the blank lines that are passed over where a status line is due, or nothing.
const maxBlank = 8

// checkQuiet is called when no reply is due. QUIRK 86: what came all the same would be taken for the answer to c. A blank
// line cannot be taken for one.
func (s *Session) checkQuiet(c command) error { return s.quiet(c, "nothing before this command") }

func (s *Session) quiet(c command, expected string) error {
	for range maxBlank {
		extra := s.in.Unread()
		if len(extra) == 0 || len(extra) == 1 && extra[0] == '\r' { // the rest of that blank line is to come
			return nil
		}
		if !bytes.HasPrefix(extra, []byte("\r\n")) && extra[0] != '\n' {
			break
		}
		if _, err := s.in.ReadLine(); err != nil {
			break
		}
	}
	if extra := s.in.Unread(); len(extra) > 0 {
		return s.spoil(c.protocolError(expected, extra))
	}
	return nil
}

// firstLine is what the first line of a message looks like.
type firstLine int

const (
	plainLine    firstLine = iota
	refusalLine            // -ERR, so that there is no header
	okLine                 // +OK, so that there is no header
	repeatedLine           // the second one of two status lines (QUIRK 85)
)

// lookAhead looks at the first line of the message that follows a status line with this text. One that looks like a status line is
// the second one of two, and not mail that begins so (QUIRK 82), when it says the same as the first one, or has the number that
// this one lacks (QUIRK 86: then the first one was the extra line of an answer before).
func (s *Session) lookAhead(text []byte) firstLine {
	s.statusText = append(s.statusText[:0], text...) // which is valid until the next read
	line := s.in.PeekLine('+', shownText)
	if line == nil {
		line = s.in.PeekLine('-', shownText)
	}
	if line == nil {
		return plainLine
	}
	ok, again, known := parseStatus(line)
	_, _, numbered := cutNumber(again, maxOctets)
	switch {
	case !known:
		return plainLine
	case !ok:
		return refusalLine
	case bytes.Equal(s.statusText, again), numbered && !bytes.ContainsAny(s.statusText, "0123456789"):
		return repeatedLine
	}
	return okLine
}
