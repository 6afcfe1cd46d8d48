package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/dustin/go-humanize"
	"github.com/rivo/uniseg"
	"golang.org/x/term"

	"pop3mtm/cmd/internal/cli"
)

// visible returns text that cannot do anything to a terminal: characters that could move the
// cursor, change its state or reverse the order of letters are escaped, and so are octets that are
// not UTF-8. Line ends and tabs stay.
func visible(text string) string {
	if isPlain(text) || strings.IndexFunc(text, func(r rune) bool { return !harmless(r) }) < 0 {
		return text
	}
	var b strings.Builder
	for i, r := range text {
		switch {
		case r == utf8.RuneError && !strings.HasPrefix(text[i:], string(utf8.RuneError)):
			fmt.Fprintf(&b, `\x%02x`, text[i])
		case harmless(r) || r == utf8.RuneError:
			b.WriteRune(r)
		case unicode.Is(unicode.Zs, r):
			b.WriteByte(' ')
		case r < 0x10000:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			fmt.Fprintf(&b, `\U%08x`, r)
		}
	}
	return b.String()
}

// isPlain reports whether text is only printable ASCII, tabs and line ends, as most
// is: a cheap pre-check.
func isPlain(text string) bool {
	for i := range len(text) {
		if c := text[i]; (c < ' ' && c != '\n' && c != '\t') || c > '~' {
			return false
		}
	}
	return true
}

// isPrintable reports whether text is only printable ASCII.
func isPrintable(text string) bool {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c > '~' {
			return false
		}
	}
	return true
}

// harmless reports whether a character does nothing but show itself. Joiners are allowed, since
// some scripts need them.
func harmless(r rune) bool {
	const zeroWidthNonJoiner, zeroWidthJoiner = '\u200c', '\u200d'
	switch r {
	case '\n', '\t', ' ', zeroWidthNonJoiner, zeroWidthJoiner:
		return true
	case utf8.RuneError:
		return false
	}
	return unicode.IsPrint(r)
}

// oneLine returns visible text on one line.
func oneLine(text string) string {
	if strings.ContainsAny(text, "\r\n\t") {
		text = strings.Join(strings.Fields(text), " ")
	}
	return visible(text)
}

// column returns text for a column of a table, cut with an ellipsis or filled with blanks to this
// many cells of a terminal. East Asian characters take two cells each.
func column(text string, cells int) string { return string(appendColumn(nil, text, cells)) }

// appendColumn appends the text of a column.
func appendColumn(b []byte, text string, cells int) []byte {
	if !isPrintable(text) {
		text = oneLine(text)
		if !isPrintable(text) {
			return appendWide(b, text, cells)
		}
	}
	if len(text) > cells {
		return append(append(b, text[:cells-1]...), ellipsis...)
	}
	return appendBlanks(append(b, text...), cells-len(text))
}

const ellipsis = "\u2026"

// appendWide appends a column whose characters may have other widths than one cell.
func appendWide(b []byte, text string, cells int) []byte {
	width := uniseg.StringWidth(text)
	if width <= cells {
		return appendBlanks(append(b, text...), cells-width)
	}
	width = 0
	for g := uniseg.NewGraphemes(text); g.Next() && width+g.Width() < cells; {
		b = append(b, g.Str()...)
		width += g.Width()
	}
	return appendBlanks(append(b, ellipsis...), cells-width-1)
}

func appendBlanks(b []byte, n int) []byte {
	for range n {
		b = append(b, ' ')
	}
	return b
}

// appendRight appends a plain text, with blanks before it up to this many cells.
func appendRight(b []byte, text string, cells int) []byte {
	return append(appendBlanks(b, cells-len(text)), text...)
}

// columnsFor returns the widths of the columns for sender and subject: they share what the other
// columns leave of the line, which is as wide as the terminal when out is one.
func columnsFor(out io.Writer) (from, subject int) {
	const others, least = 51, 30
	from, subject = 28, 44
	if !cli.IsTerminal(out) {
		return from, subject
	}
	width, _, err := term.GetSize(int(os.Stdout.Fd()))
	if err != nil || width == 0 {
		return from, subject
	}
	free := max(least, width-others)
	from = min(28, free*2/5)
	return from, free - from
}

// page is buffered output. Flush returns its first error.
type page struct{ *bufio.Writer }

func newPage(w io.Writer) page { return page{bufio.NewWriterSize(w, 32<<10)} }

func (p page) printf(format string, args ...any) { _, _ = fmt.Fprintf(p.Writer, format, args...) }

// count returns a number with its noun.
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// octets returns a size for people: 3.4 MiB.
func octets(n int64) string { return humanize.IBytes(uint64(max(0, n))) }

// choice is the value of a flag that takes one of a few words.
type choice struct {
	value   string
	allowed []string
}

func (c *choice) String() string { return c.value }
func (c *choice) Type() string   { return strings.Join(c.allowed, "/") }

func (c *choice) Set(text string) error {
	if !slices.Contains(c.allowed, text) {
		return fmt.Errorf("choose one of %s", strings.Join(c.allowed, ", "))
	}
	c.value = text
	return nil
}
