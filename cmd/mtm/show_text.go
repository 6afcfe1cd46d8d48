package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/emersion/go-message/charset"

	"pop3mtm/mtm/store"
)

// readable picks the part to show as the text: plain text before HTML, attachments never.
func readable(parts []store.Part) *store.Part {
	for _, mediaType := range []string{"text/plain", "text/html"} {
		i := slices.IndexFunc(parts, func(p store.Part) bool { return p.MediaType == mediaType && p.Disposition != "attachment" })
		if i >= 0 {
			return &parts[i]
		}
	}
	return nil
}

// copyText writes a part as UTF-8 text. What cannot be decoded ends the text with a remark, not the command.
func (s *show) copyText(ctx context.Context, part store.Part, out io.Writer) error {
	body, err := s.store.OpenPart(ctx, s.entry.ID, part.Path)
	if err != nil {
		return err
	}
	source := &sourceErrors{r: body}
	var text io.Reader = source
	if !slices.Contains([]string{"", "utf-8", "us-ascii"}, part.Charset) {
		// The octets of a charset that nobody knows are shown as they are, escaped.
		if decoded, unknown := charset.Reader(part.Charset, text); unknown == nil {
			text = decoded
		}
	}
	if part.MediaType == "text/html" {
		err = htmlText(text, out)
	} else {
		_, err = io.Copy(out, text)
	}
	if err != nil && source.err != nil {
		_, err = fmt.Fprintf(out, "\n(the rest cannot be decoded: %s)\n", source.err)
	}
	return errors.Join(err, body.Close())
}

// sourceErrors remembers the failure of a reader, to tell it from one of the writer.
type sourceErrors struct {
	r   io.Reader
	err error
}

func (s *sourceErrors) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
	return n, err
}

// visibleWriter passes text on in its visible form, with LF for CRLF. A character that a piece ends in the middle of
// waits for the next piece.
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

// wholeCharacters is the length of text without an unfinished character or a CR at its end.
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

// end writes what was held back, and a line end when the text has none.
func (w *visibleWriter) end() error {
	err := w.pass(w.held)
	if err == nil && w.last != '\n' && w.last != 0 {
		_, err = io.WriteString(w.out, "\n")
	}
	return err
}

var errEnough = errors.New("enough text")

// firstOctets keeps the first octets and then ends the copying.
type firstOctets struct {
	kept  bytes.Buffer // not embedded: its other methods know no limit
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
