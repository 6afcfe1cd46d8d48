package mail

import (
	"bytes"
	"net/mail"
	"time"
)

// maxDate bounds the text of a date.
const maxDate = 200

// ParseDate reads the date of a header in UTC: those of RFC 5322 section 3.3, of C's asctime, of
// ISO 8601, and what else a person can read. Without a zone it is taken for UTC.
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

// ReceivedDate reads the date of a Received field: what stands behind its last semicolon.
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

// usualDate reads the form that nearly all mail has, "Mon, 2 Jan 2006 15:04:05 -0700", some with a
// comment behind it. The general parser takes fifty times as long. What this one does not take may
// still be a date.
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
	if t.Day() != day { // there is no such day in the month
		return time.Time{}, false
	}
	t = t.Add(-east)
	return t, t.Year() >= 1 && t.Year() <= 9999
}

// plainComment takes nothing, or a blank and a zone's name such as "(CET)".
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

// indexOfThree finds the first three octets of text among names of that length; -1 if it is not
// among them.
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

// dateScanner takes a date apart from its start.
type dateScanner struct {
	text   []byte
	failed bool
}

// number takes digits and what ends them.
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

// zone takes +0100 and the like: how far it is to the east.
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
