package edit

import (
	"bytes"
	"slices"
	"strings"
)

const (
	// maxHeldLine is the longest line that is looked at as a whole.
	maxHeldLine = 64 << 10
	// maxHeldRows is how much of a listing is held for putting it into another order.
	maxHeldRows = 4 << 20
)

// place is what a line of a reply is.
type place int

const (
	statusLine place = iota
	row              // numbered from 1
	finalDot
	afterDot
)

// byLine hands a reply over line by line. Lines over maxHeldLine are rows that
// pass as they are.
type byLine struct {
	Sink
	// edit writes what is sent in place of a line. end is its line end, empty when
	// the reply stops in it; n counts the rows up to this place.
	edit func(to Sink, at place, n int, text, end string) error
	// last writes what edit has kept; it may be nil.
	last func(to Sink) error
	held []byte
	long bool
	at   place
	n    int
}

func (f *byLine) Write(p []byte) (int, error) {
	for l := range bytes.Lines(p) {
		if err := f.take(l); err != nil {
			return 0, err
		}
	}
	return len(p), nil
}

func (f *byLine) take(l []byte) error {
	ended := l[len(l)-1] == '\n'
	if !f.long && len(f.held)+len(l) > maxHeldLine {
		f.long = true
		l, f.held = append(f.held, l...), nil
	}
	switch {
	case f.long:
		if _, err := f.Sink.Write(l); err != nil {
			return err
		}
		if ended {
			f.long = false
			f.advance()
		}
		return nil
	case !ended:
		f.held = append(f.held, l...)
		return nil
	}
	l = append(f.held, l...)
	f.held = nil
	text := strings.TrimSuffix(string(l[:len(l)-1]), "\r")
	return f.hand(text, string(l[len(text):]))
}

func (f *byLine) hand(text, end string) error {
	at := f.at
	if at == row && text == "." {
		at = finalDot
		f.at = afterDot
	}
	n := f.n
	f.advance()
	return f.edit(f.Sink, at, n, text, end)
}

func (f *byLine) advance() {
	if f.at == statusLine {
		f.at = row
	}
	if f.at == row {
		f.n++
	}
}

func (f *byLine) Push() error {
	if err := f.finish(false); err != nil {
		return err
	}
	return f.Sink.Push()
}

func (f *byLine) finish(bool) error {
	if len(f.held) > 0 {
		text := string(f.held)
		f.held = nil
		if err := f.hand(text, ""); err != nil {
			return err
		}
	}
	if f.last == nil {
		return nil
	}
	return f.last(f.Sink)
}

func send(to Sink, texts ...string) error {
	for _, text := range texts {
		if _, err := to.Write([]byte(text)); err != nil {
			return err
		}
	}
	return nil
}

// lines makes an edit of a function that gives the lines to send in place of one.
func lines(change func(at place, n int, text string) []string) Edit {
	return through(func(to Sink) filter {
		return &byLine{Sink: to, edit: func(to Sink, at place, n int, text, end string) error {
			for _, l := range change(at, n, text) {
				if err := send(to, l, end); err != nil {
					return err
				}
			}
			return nil
		}}
	})
}

// StatusText replaces what follows "+OK", "-ERR" or a number in the status line. With an
// empty text the word stands there alone. QUIRK 21.
func StatusText(text string) Edit {
	return lines(func(at place, _ int, l string) []string {
		if at != statusLine {
			return []string{l}
		}
		if len(l) > 3 && l[3] == '-' && isNumber(l[:3]) { // RFC 5321 section 4.2.1: more lines follow
			return []string{l[:4] + text}
		}
		word, _, _ := strings.Cut(l, " ")
		return []string{strings.TrimSuffix(word+" "+text, " ")}
	})
}

// DoubleStatus sends the status line twice. QUIRK 85.
func DoubleStatus() Edit {
	return lines(func(at place, _ int, l string) []string {
		if at == statusLine {
			return []string{l, l}
		}
		return []string{l}
	})
}

// Rows changes the lines between the status line and the closing dot: rows of a
// listing, or lines of mail, numbered from 1. change is given a line as it is on
// the wire, without its line end, and returns the lines that are sent in its place.
// It must be a pure function. Lines over 64 KiB are left as they are.
func Rows(change func(n int, text string) []string) Edit {
	return lines(func(at place, n int, l string) []string {
		if at != row {
			return []string{l}
		}
		return change(n, l)
	})
}

// DropRow leaves row n out, DoubleRow sends it twice.
func DropRow(n int) Edit { return oneRow(n, func(string) []string { return nil }) }

// DoubleRow sends row n twice.
func DoubleRow(n int) Edit { return oneRow(n, func(l string) []string { return []string{l, l} }) }

// ReplaceRow sends text in place of row n.
func ReplaceRow(n int, text string) Edit {
	return oneRow(n, func(string) []string { return []string{text} })
}

func oneRow(n int, change func(text string) []string) Edit {
	return Rows(func(i int, l string) []string {
		if i == n {
			return change(l)
		}
		return []string{l}
	})
}

// InsertRow sends text before row n; the closing dot counts as a row.
func InsertRow(n int, text string) Edit {
	return lines(func(at place, i int, l string) []string {
		if i == n && (at == row || at == finalDot) {
			return []string{text, l}
		}
		return []string{l}
	})
}

// AroundRows puts text before and after each row. The answer to LIST or UIDL with a
// number is a row too: a status line of two words, the first a number.
// QUIRK 43, 44, 46.
func AroundRows(before, after string) Edit {
	return lines(func(at place, _ int, l string) []string {
		word, rest, _ := strings.Cut(l, " ")
		digits, value, two := strings.Cut(rest, " ")
		switch {
		case at == row:
			return []string{before + l + after}
		case at == statusLine && isNumber(digits) && two && !strings.Contains(value, " ") && !countsOctets(value):
			return []string{word + " " + before + rest + after}
		}
		return []string{l}
	})
}

// SwapRows exchanges two rows, ReverseRows sends all in reverse. They hold the
// rows in memory; what is beyond 4 MiB stays in its order. QUIRK 57.
func SwapRows(a, b int) Edit {
	return reorder(func(rows []string) {
		if a >= 1 && b >= 1 && a <= len(rows) && b <= len(rows) {
			rows[a-1], rows[b-1] = rows[b-1], rows[a-1]
		}
	})
}

// ReverseRows sends the last row first.
func ReverseRows() Edit { return reorder(slices.Reverse[[]string]) }

func reorder(change func(rows []string)) Edit {
	return through(func(to Sink) filter {
		var rows []string
		octets := 0
		release := func(to Sink) error {
			change(rows)
			err := send(to, rows...)
			rows, octets = nil, 0
			return err
		}
		return &byLine{Sink: to, last: release, edit: func(to Sink, at place, _ int, text, end string) error {
			if at == row && octets >= 0 {
				rows = append(rows, text+end)
				if octets += len(text) + len(end); octets <= maxHeldRows {
					return nil
				}
				err := release(to)
				octets = -1 // from here on rows pass
				return err
			}
			if err := release(to); err != nil {
				return err
			}
			return send(to, text, end)
		}}
	})
}
