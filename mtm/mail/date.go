package mail

import (
	"bytes"
	"net/mail"
	"time"
)

// maxDate limits the text of a date, in octets.
const maxDate = 200

// ParseDate returns a date of a header in UTC. It reads the forms of RFC 5322 section 3.3, C's
// asctime and ISO 8601, and many others that people can read. A date without a zone is taken as
// UTC. It returns false when text is not a date.
func ParseDate(text []byte) (time.Time, bool) {
	text = bytes.TrimSpace(text)
	if len(text) == 0 || len(text) > maxDate {
		return time.Time{}, false
	}
	if t, ok := usualDate(text); ok {
		return t, true
	}
	if t, err := mail.ParseDate(string(text)); err == nil {
		return inRange(t)
	}
	return looseDate(string(text))
}

// ReceivedDate returns the date of a Received field, which is after its last semicolon.
func ReceivedDate(value []byte) (time.Time, bool) {
	i := bytes.LastIndexByte(value, ';')
	if i < 0 {
		return time.Time{}, false
	}
	return ParseDate(value[i+1:])
}

func inRange(t time.Time) (time.Time, bool) {
	t = t.UTC()
	return t, t.Year() >= 1 && t.Year() <= 9999
}

// usualDate reads the form of nearly all mail, "Mon, 2 Jan 2006 15:04:05 -0700", which may have a
// comment after it. The general parser takes fifty times as long. A text that usualDate does not
// accept may still be a date.
func usualDate(text []byte) (time.Time, bool) {
	s := dateScanner{text: text}
	if len(text) > 5 && text[3] == ',' && text[4] == ' ' && indexOfThree("SunMonTueWedThuFriSat", text) >= 0 {
		s.text = text[5:]
	}
	day := s.number(1, 2, ' ')
	month := 1 + indexOfThree("JanFebMarAprMayJunJulAugSepOctNovDec", s.text)
	if month == 0 || len(s.text) < 4 || s.text[3] != ' ' {
		return time.Time{}, false
	}
	s.text = s.text[4:]
	year, hour, minute, second := s.number(4, 4, ' '), s.number(2, 2, ':'), s.number(2, 2, ':'), s.number(2, 2, ' ')
	east := s.zone()
	if s.failed || !plainComment(s.text) || year == 0 || hour > 23 || minute > 59 || second > 59 {
		return time.Time{}, false
	}
	t := time.Date(year, time.Month(month), day, hour, minute, second, 0, time.UTC)
	if t.Day() != day { // the month does not have this day
		return time.Time{}, false
	}
	t = t.Add(-east)
	return t, t.Year() >= 1 && t.Year() <= 9999
}

// plainComment reports whether text is empty, or a blank and the name of a zone such as "(CET)".
func plainComment(text []byte) bool {
	if len(text) == 0 {
		return true
	}
	name, ok := bytes.CutPrefix(text, []byte(" ("))
	name, ends := bytes.CutSuffix(name, []byte(")"))
	for _, c := range name {
		ok = ok && ('A' <= c && c <= 'Z' || 'a' <= c && c <= 'z')
	}
	return ok && ends
}

// indexOfThree returns the index of the first three octets of text in a list of names
// of three octets, or -1.
func indexOfThree(names string, text []byte) int {
	if len(text) < 3 {
		return -1
	}
	for i := 0; i < len(names); i += 3 {
		if names[i:i+3] == string(text[:3]) {
			return i / 3
		}
	}
	return -1
}

// dateScanner reads a date from its start.
type dateScanner struct {
	text   []byte
	failed bool
}

// number reads digits and the octet after them.
func (s *dateScanner) number(least, most int, end byte) int {
	n, i := 0, 0
	for i < len(s.text) && i < most && '0' <= s.text[i] && s.text[i] <= '9' {
		n = 10*n + int(s.text[i]-'0')
		i++
	}
	if i < least || i == len(s.text) || s.text[i] != end {
		s.failed = true
		return 0
	}
	s.text = s.text[i+1:]
	return n
}

// zone reads a zone such as +0100 and returns its offset to the east.
func (s *dateScanner) zone() time.Duration {
	if s.failed || len(s.text) < 5 || s.text[0] != '+' && s.text[0] != '-' {
		s.failed = true
		return 0
	}
	n := 0
	for _, c := range s.text[1:5] {
		if c < '0' || c > '9' {
			s.failed = true
			return 0
		}
		n = 10*n + int(c-'0')
	}
	if n/100 > 23 || n%100 > 59 {
		s.failed = true
		return 0
	}
	east := time.Duration(n/100)*time.Hour + time.Duration(n%100)*time.Minute
	if s.text[0] == '-' {
		east = -east
	}
	s.text = s.text[5:]
	return east
}
