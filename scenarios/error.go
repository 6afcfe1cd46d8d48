package scenarios

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/token"

	meant "pop3mtm/internal/words"
)

// Error describes one mistake in a scenario.
type Error struct {
	// File is the name of the file as the caller gave it; empty for a scenario made in Go.
	File string
	// Line and Column count from 1. They are 0 when the mistake is not in a file.
	Line, Column int
	// Text says what is wrong and what is allowed.
	Text string
	// Snippet shows the line with the mistake, the line before it, and a mark below the place. It
	// is empty or ends with a newline.
	Snippet string
}

// Error returns one line: FILE:LINE:COLUMN: TEXT.
func (e *Error) Error() string {
	switch {
	case e.File == "":
		return e.Text
	case e.Line == 0:
		return e.File + ": " + e.Text
	}
	return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.Text)
}

// Errors holds all mistakes found in a scenario, in the order of the file.
type Errors []*Error

// Error returns a line for each mistake.
func (e Errors) Error() string {
	var lines []string
	for _, one := range e {
		lines = append(lines, one.Error())
	}
	return strings.Join(lines, "\n")
}

// Unwrap returns the errors one by one.
func (e Errors) Unwrap() []error {
	all := make([]error, len(e))
	for i, one := range e {
		all[i] = one
	}
	return all
}

// maxErrors limits the errors that are reported for a file, since one mistake may cause many.
const maxErrors = 10

// snippetWidth limits the characters of a line that a snippet shows.
const snippetWidth = 100

// errorAt returns an error that points to a token of a file. A nil token stands for the whole file.
func errorAt(file string, lines []string, at *token.Token, text string) *Error {
	e := &Error{File: file, Text: text}
	if at == nil || at.Position == nil {
		return e
	}
	e.Line, e.Column = at.Position.Line, at.Position.Column
	e.Snippet = snippet(lines, e.Line, e.Column)
	return e
}

func snippet(lines []string, line, column int) string {
	if line < 1 || line > len(lines) {
		return ""
	}
	start := 0 // the first character that is shown
	if column > snippetWidth*3/4 {
		start = column - 1 - snippetWidth/2
	}
	var b strings.Builder
	for n := max(1, line-1); n <= line; n++ {
		fmt.Fprintf(&b, "%5d | %s\n", n, window(lines[n-1], start))
	}
	fmt.Fprintf(&b, "      | %s^\n", strings.Repeat(" ", max(0, column-1-start)))
	return b.String()
}

// window returns the part of a line that a snippet shows, from character start on, without control
// characters that a terminal would obey.
func window(line string, start int) string {
	shown := []rune(line)
	shown = shown[min(start, len(shown)):]
	shown = shown[:min(snippetWidth, len(shown))]
	for i, r := range shown {
		if r < ' ' || r == 0x7F || r >= 0x80 && r < 0xA0 || r == utf8.RuneError {
			shown[i] = ' '
		}
	}
	return strings.TrimRight(string(shown), " ")
}

// unknown returns the error text for a word that is not allowed, with the allowed word that is most
// similar to it.
func unknown(what, word string, allowed []string) string {
	if len(word) > 40 {
		word = word[:40] + "..."
	}
	text := fmt.Sprintf("there is no %s %q", what, word)
	near := meant.Nearest(word, allowed)
	if near != "" {
		text += fmt.Sprintf(", but there is %q", near)
	}
	const most = 30
	if len(allowed) > most {
		if near == "" {
			text += "; docs/scenarios.md lists all, and what each does"
		}
		return text
	}
	return text + "; allowed: " + told(allowed)
}

func told(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}

// badName says why a name of a case is not allowed, or returns "".
func badName(name string) string {
	const most = 60
	for _, r := range name {
		if r <= ' ' || r == 0x7F || r == '#' || r == '*' || r == '/' {
			return fmt.Sprintf("invalid name of a case %q: use a name without blanks, #, * and /", shortened(name))
		}
	}
	if name == "" || len(name) > most {
		return fmt.Sprintf("a case needs a name of 1 to %d octets", most)
	}
	return ""
}

// wrong reports a mistake at a path.
type wrong func(path, format string, args ...any)

func shortened(text string) string {
	if len(text) > 40 {
		return text[:40] + "..."
	}
	return text
}
