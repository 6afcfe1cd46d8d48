package mail

import (
	"strconv"
	"strings"
	"time"
)

// looseDate reads a date word by word. The form of a word says what it means.
// Names of days are skipped.
func looseDate(text string) (time.Time, bool) {
	d := dateWords{year: -1, month: -1, day: -1}
	for _, word := range strings.FieldsFunc(withoutComments(text), isDateBreak) {
		if !d.word(word) {
			return time.Time{}, false
		}
	}
	if d.year < 0 || d.month < 0 || d.day < 1 {
		return time.Time{}, false
	}
	t := time.Date(d.year, time.Month(d.month), d.day, 0, 0, 0, 0, time.UTC)
	if t.Day() != d.day || d.month < 1 || d.month > 12 {
		return time.Time{}, false
	}
	return inRange(t.Add(d.clock - d.east))
}

func isDateBreak(r rune) bool { return r == ' ' || r == '\t' || r == ',' || r == ';' || r == '"' }

// withoutComments returns text without the parts in parentheses.
func withoutComments(text string) string {
	var b strings.Builder
	depth := 0
	for _, r := range text {
		switch {
		case r == '(':
			depth++
		case r == ')' && depth > 0:
			depth--
		case depth == 0:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// dateWords holds the parts of a date that were found, and -1 for the others.
type dateWords struct {
	year, month, day int
	clock            time.Duration
	timed            bool
	east             time.Duration
}

// word reads a word. It returns false when no date has such a word there.
func (d *dateWords) word(word string) bool {
	if at := strings.IndexAny(word, "Tt"); at > 5 && strings.ContainsAny(word[:at], "-/") {
		return d.numbers(word[:at]) && d.time(word[at+1:])
	}
	switch {
	case strings.Contains(word, ":") && !d.timed && isDigit(word[0]):
		return d.time(word)
	case word[0] == '+' || word[0] == '-' && len(word) > 3:
		return d.zone(word)
	case strings.ContainsAny(word, "-/.") && isDigit(word[0]):
		return d.numbers(word)
	case isDigit(word[0]):
		return d.number(word)
	}
	return d.name(word)
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// time reads hh:mm, optionally followed by seconds, a fraction and a zone.
func (d *dateWords) time(word string) bool {
	end := len(word)
	if at := strings.IndexAny(word, "+-Zz"); at >= 0 {
		end = at
		if !d.zone(strings.ToUpper(word[at:])) {
			return false
		}
	}
	parts := strings.Split(word[:end], ":")
	if len(parts) > 3 {
		return false
	}
	limits := [3]int{24, 59, 60}
	units := [3]time.Duration{time.Hour, time.Minute, time.Second}
	for i, part := range parts {
		part, _, _ = strings.Cut(part, ".")
		n, err := strconv.Atoi(part)
		if err != nil || n < 0 || n > limits[i] || len(part) > 2 {
			return false
		}
		d.clock += time.Duration(n) * units[i]
	}
	d.timed = true
	return true
}

// zone reads +0100, +01:00, +1 or Z.
func (d *dateWords) zone(word string) bool {
	if word == "Z" {
		return true
	}
	digits := strings.ReplaceAll(word[1:], ":", "")
	n, err := strconv.Atoi(digits)
	if err != nil || len(digits) > 4 || n < 0 {
		return word[0] == '-' && d.name(word[1:])
	}
	if len(digits) <= 2 {
		n *= 100
	}
	d.east = time.Duration(n/100)*time.Hour + time.Duration(n%100)*time.Minute
	if word[0] == '-' {
		d.east = -d.east
	}
	return n/100 <= 23 && n%100 <= 59
}

// numbers reads a date in one word: 2026-03-02, 2-Mar-26, 02/03/2026, 2.3.2026.
func (d *dateWords) numbers(word string) bool {
	parts := strings.FieldsFunc(word, func(r rune) bool { return strings.ContainsRune("-/.", r) })
	if len(parts) != 3 {
		return len(parts) == 1 && d.word(parts[0])
	}
	if m := monthNamed(parts[1]); m > 0 {
		d.month = m
		return d.number(parts[0]) && d.number(parts[2])
	}
	var n [3]int
	for i, part := range parts {
		var err error
		if n[i], err = strconv.Atoi(part); err != nil {
			return false
		}
	}
	switch {
	case len(parts[0]) == 4:
		d.year, d.month, d.day = n[0], n[1], n[2]
	case strings.Contains(word, ".") || n[0] > 12:
		d.day, d.month, d.year = n[0], n[1], century(parts[2], n[2])
	default: // with slashes, the month usually comes first
		d.month, d.day, d.year = n[0], n[1], century(parts[2], n[2])
	}
	return true
}

// number reads a day, and after that a year.
func (d *dateWords) number(word string) bool {
	digits := strings.TrimRight(word, "stndrh.") // 2nd
	n, err := strconv.Atoi(digits)
	if err != nil || len(digits) > 4 {
		return false
	}
	if d.day < 0 && len(digits) <= 2 {
		d.day = n
		return true
	}
	if d.year < 0 {
		d.year = century(digits, n)
		return true
	}
	return d.day < 0
}

// century completes a year (RFC 5322 section 4.3).
func century(digits string, n int) int {
	switch {
	case len(digits) <= 2 && n < 50:
		return n + 2000
	case len(digits) <= 3:
		return n + 1900
	}
	return n
}

// name reads a month, the name of a day, AM or PM, or a zone. An unknown zone is UTC
// (RFC 5322 section 4.3).
func (d *dateWords) name(word string) bool {
	if m := monthNamed(word); m > 0 && d.month < 0 {
		d.month = m
		return true
	}
	upper := strings.ToUpper(strings.Trim(word, "."))
	switch upper {
	case "AM", "PM":
		hour := d.clock / time.Hour
		if d.timed && hour == 12 {
			d.clock -= 12 * time.Hour
		}
		if upper == "PM" {
			d.clock += 12 * time.Hour
		}
		return d.timed && hour <= 12
	case "EDT":
		d.east = -4 * time.Hour
	case "EST", "CDT":
		d.east = -5 * time.Hour
	case "CST", "MDT":
		d.east = -6 * time.Hour
	case "MST", "PDT":
		d.east = -7 * time.Hour
	case "PST":
		d.east = -8 * time.Hour
	case "CET", "MET", "BST":
		d.east = time.Hour
	case "CEST", "MEST", "EET":
		d.east = 2 * time.Hour
	case "JST", "KST":
		d.east = 9 * time.Hour
	}
	if len(upper) > 4 && (upper[:3] == "GMT" || upper[:3] == "UTC") {
		return d.zone(upper[3:])
	}
	return true
}

// monthNamed returns the number of a month by the first letters of its name, or 0.
func monthNamed(word string) int {
	if len(word) < 3 {
		return 0
	}
	return 1 + indexOfThree("JanFebMarAprMayJunJulAugSepOctNovDec", []byte(strings.ToUpper(word[:1])+strings.ToLower(word[1:3])))
}
