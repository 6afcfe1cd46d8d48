package pop3

import (
	"bytes"
	"strings"
)

const (
	maxNumber = 1<<31 - 1 // for message numbers and counts
	maxOctets = 1<<63 - 1
	shownText = 512
	shownGot  = 80
)

// parseStatus splits a status line. known reports whether line is one.
func parseStatus(line []byte) (ok bool, text []byte, known bool) {
	if text, known = afterWord(line, "+OK"); known {
		return true, text, true
	}
	if text, known = afterWord(line, "-ERR"); known {
		return false, text, true
	}
	// QUIRK 31: some servers send +ERR for a failure.
	text, known = afterWord(line, "+ERR")
	return false, text, known
}

// afterWord returns line without word, in any case, and the blank after it. QUIRK 21: nothing may
// follow the word.
func afterWord(line []byte, word string) ([]byte, bool) {
	if len(line) < len(word) || !strings.EqualFold(string(line[:len(word)]), word) {
		return nil, false
	}
	rest := line[len(word):]
	if len(rest) == 0 {
		return rest, true
	}
	return rest[1:], rest[0] == ' '
}

// replyError returns the error for a refusal with this text.
func (c command) replyError(text []byte) *ReplyError {
	e := &ReplyError{Verb: c.verb, Number: c.number}
	code, rest := cutCode(text)
	if c.repeated(text[:len(text)-len(rest)]) {
		code = ""
	}
	e.Code = code
	e.Text = strings.TrimSpace(c.show(rest, shownText))
	return e
}

func (c command) protocolError(expected string, got []byte) *ProtocolError {
	return &ProtocolError{Verb: c.verb, Number: c.number, Expected: expected, Got: c.show(got, shownGot)}
}

func (c command) limitError(row int, option, expected string) *ProtocolError {
	return &ProtocolError{Verb: c.verb, Number: c.number, Row: row, Expected: expected, Option: option}
}

// show escapes what the server sent, or leaves it out when it repeats a secret.
func (c command) show(b []byte, limit int) string {
	if c.repeated(b) {
		return "(left out: it repeats the password)"
	}
	return escape(b, limit)
}

func (c command) repeated(b []byte) bool {
	for _, secret := range c.secret {
		if secret != "" && bytes.Contains(b, []byte(secret)) {
			return true
		}
	}
	return false
}

// cutCode splits the text of a refusal into response code and rest. RFC 2449 section 8: a code is
// printable, without blanks, and in brackets.
func cutCode(text []byte) (code string, rest []byte) {
	if len(text) == 0 || text[0] != '[' {
		return "", text
	}
	end := bytes.IndexByte(text, ']')
	if end < 2 {
		return "", text
	}
	for _, c := range text[1:end] {
		if c <= ' ' || c > '~' {
			return "", text
		}
	}
	return strings.ToUpper(string(text[1:end])), text[end+1:]
}

// cutNumber parses decimal digits up to a blank or the end, and returns what follows them and the
// blanks.
func cutNumber(b []byte, limit int64) (n int64, rest []byte, ok bool) {
	i := 0
	for ; i < len(b) && b[i] >= '0' && b[i] <= '9'; i++ {
		digit := int64(b[i] - '0')
		if n > (limit-digit)/10 {
			return 0, b, false
		}
		n = n*10 + digit
	}
	if i == 0 || i < len(b) && !blank(b[i]) {
		return 0, b, false
	}
	// QUIRK 44, 45: several blanks may follow.
	for i < len(b) && blank(b[i]) {
		i++
	}
	return n, b[i:], true
}

func blank(c byte) bool { return c == ' ' || c == '\t' }
