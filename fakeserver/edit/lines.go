package edit

import (
	"bytes"
	"slices"
	"strings"
)

const (
	// maxHeldLine is the longest line that is processed as a whole.
	maxHeldLine = 64 << 10
	// maxHeldRows limits the octets of a listing held in memory to reorder it.
	maxHeldRows = 4 << 20
)

// place is the role of a line in a reply.
type place int

const (
	statusLine place = iota
	row              // numbered from 1
	finalDot
	afterDot
)

// byLine is a filter that processes a reply line by line. Lines over maxHeldLine count as rows and
// pass unchanged.
type byLine struct {
	Sink
	// edit writes the replacement of a line. end is its line end, empty when the reply
	// stops within the line; n is the number of rows so far.
	edit func(to Sink, at place, n int, text, end string) error
	// last writes the lines that edit has held back; it may be nil.
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
		if err := f.release(); err != nil { // what came before stays before it
			return err
		}
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
	return f.release()
}

// release writes what edit has held back.
func (f *byLine) release() error {
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

// lines returns an edit that replaces each line by the lines that change returns.
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

// StatusText replaces the text after "+OK", "-ERR" or a number in the status line. An empty text
// leaves only that word. QUIRK 21.
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

// Rows changes the lines between the status line and the closing dot: rows of a listing, or lines
// of mail, numbered from 1. change gets a line as sent over the wire, without its line end, and
// returns the lines that replace it. It must be a pure function. Lines over 64 KiB are not changed.
func Rows(change func(n int, text string) []string) Edit {
	return lines(func(at place, n int, l string) []string {
		if at != row {
			return []string{l}
		}
		return change(n, l)
	})
}

// DropRow omits row n.
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

// AroundRows adds text before and after each row. The reply to LIST or UIDL with a number counts as
// a row: a status line of two words, the first a number. QUIRK 43, 44, 46.
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

// SwapRows exchanges two rows. It holds the rows in memory; rows beyond 4 MiB stay in order.
// QUIRK 57.
func SwapRows(a, b int) Edit {
	return reorder(func(rows []string) {
		if a >= 1 && b >= 1 && a <= len(rows) && b <= len(rows) {
			rows[a-1], rows[b-1] = rows[b-1], rows[a-1]
		}
	})
}

// ReverseRows sends the rows in reverse order. It holds them in memory; rows beyond 4 MiB stay in
// order.
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
				octets = -1 // rows pass unchanged from here on
				return err
			}
			if err := release(to); err != nil {
				return err
			}
			return send(to, text, end)
		}}
	})
}

// AfterHeader inserts octets after the empty line that ends the header of a message.
func AfterHeader(octets string) Edit {
	return afterHeader(func(to Sink, text, end string) error { return send(to, octets, text, end) })
}

// BareFirstDot does not stuff a dot at the start of the first line of the body, like a server that
// stuffs header and body separately, and only after line ends. QUIRK 74.
func BareFirstDot() Edit {
	return afterHeader(func(to Sink, text, end string) error {
		if strings.HasPrefix(text, "..") {
			text = text[1:]
		}
		return send(to, text, end)
	})
}

// afterHeader returns an edit that calls change to send the first line after the header; that may
// be the closing dot.
func afterHeader(change func(to Sink, text, end string) error) Edit {
	return through(func(to Sink) filter {
		header, first := true, false
		return &byLine{Sink: to, edit: func(to Sink, at place, _ int, text, end string) error {
			if first {
				first = false
				return change(to, text, end)
			}
			if header && at == row && text == "" {
				header, first = false, true
			}
			return send(to, text, end)
		}}
	})
}
