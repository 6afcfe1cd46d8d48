package pop3

import (
	"bytes"
	"strings"
)

const (
	maxNumber = 1<<31 - 1 // of messages and counts
	maxOctets = 1<<63 - 1
	shownText = 512
	shownGot  = 80
)

// parseStatus splits a status line. known is false when it is not one.
func parseStatus(line []byte) (ok bool, text []byte, known bool) {
	if text, known = afterWord(line, "+OK"); known {
		return true, text, true
	}
	if text, known = afterWord(line, "-ERR"); known {
		return false, text, true
	}
	// QUIRK 31: +ERR for a failure.
	text, known = afterWord(line, "+ERR")
	return false, text, known
}

// afterWord cuts word, in any case, and the blank after it off line. QUIRK 21: nothing may follow.
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

// replyError reads the text of a refusal.
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

// show escapes what the server sent, unless it repeats the secret.
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

// cutCode cuts a response code off the text of a refusal. RFC 2449 section 8: printable,
// without blanks, in brackets.
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

// cutNumber reads decimal digits up to a blank or the end, and cuts them and the
// blanks after them off b.
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
	// QUIRK 44, 45: several blanks.
	for i < len(b) && blank(b[i]) {
		i++
	}
	return n, b[i:], true
}

func blank(c byte) bool { return c == ' ' || c == '\t' }
