package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"pop3mtm/mtm/mail"
)

// copyTexts writes texts one after the other in UTF-8, each with its heading.
func (s *show) copyTexts(ctx context.Context, texts []mail.Text, out io.Writer) error {
	w := &lineWriter{out: out}
	for i, t := range texts {
		var err error
		if i > 0 {
			err = w.endLine("\n")
		}
		if heading := t.Heading(); heading != "" && err == nil {
			lead := "\n\n"
			if t.Part.IsMessage() { // a blank line comes before each of its texts
				lead = "\n"
			}
			_, err = io.WriteString(w, oneLine(heading)+lead)
		}
		if err == nil && !t.Part.IsMessage() {
			err = s.copyText(ctx, t.Part, w)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *show) copyText(ctx context.Context, part *mail.Part, out io.Writer) error {
	text, err := s.email.OpenView(ctx, part)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, text)
	return errors.Join(err, text.Close())
}

// lineWriter knows whether the text so far ends in a line end.
type lineWriter struct {
	out  io.Writer
	last byte
}

func (w *lineWriter) Write(p []byte) (int, error) {
	if len(p) > 0 {
		w.last = p[len(p)-1]
	}
	return w.out.Write(p)
}

// endLine writes a line end unless the text ends with one, and then more.
func (w *lineWriter) endLine(more string) error {
	if w.last != '\n' && w.last != 0 {
		more = "\n" + more
	}
	_, err := io.WriteString(w.out, more)
	w.last = '\n'
	return err
}

// visibleWriter writes text in its visible form, with LF for CRLF. A character that is split
// between two writes is held back until the second one.
type visibleWriter struct {
	out  io.Writer
	held []byte
	last byte
}

func (w *visibleWriter) Write(p []byte) (int, error) {
	text := append(w.held, p...)
	cut := wholeCharacters(text)
	w.held = bytes.Clone(text[cut:])
	return len(p), w.pass(text[:cut])
}

// wholeCharacters returns the length of text without an unfinished character or a CR at its end.
func wholeCharacters(text []byte) int {
	n := len(text)
	for i := n - 1; i >= 0 && i >= n-utf8.UTFMax; i-- {
		if utf8.RuneStart(text[i]) {
			if !utf8.FullRune(text[i:]) {
				n = i
			}
			break
		}
	}
	if n > 0 && n == len(text) && text[n-1] == '\r' {
		n--
	}
	return n
}

func (w *visibleWriter) pass(text []byte) error {
	if len(text) == 0 {
		return nil
	}
	w.last = text[len(text)-1]
	_, err := io.WriteString(w.out, visible(strings.ReplaceAll(string(text), "\r\n", "\n")))
	return err
}

// end writes what was held back, and a line end if the text does not end with one.
func (w *visibleWriter) end() error {
	err := w.pass(w.held)
	if err == nil && w.last != '\n' && w.last != 0 {
		_, err = io.WriteString(w.out, "\n")
	}
	return err
}

var errEnough = errors.New("enough text")

// firstOctets keeps the first octets and then returns errEnough, which ends the copying.
type firstOctets struct {
	kept  bytes.Buffer // not embedded, since its other methods have no limit
	limit int
}

func (w *firstOctets) Write(p []byte) (int, error) {
	room := w.limit - w.kept.Len()
	if len(p) <= room {
		return w.kept.Write(p)
	}
	w.kept.Write(p[:room])
	return room, errEnough
}
