package mailfiles

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net/mail"
	"os"
	"time"

	"pop3mtm/cmd/internal/cli"
)

// mbox writes one file in the form that go-mbox reads: LF line ends, ">" before a line that begins
// with "From ", one blank line after each message. go-mbox's own writer is not used, because it
// keeps a whole line in memory, copies it with every write, and adds a second blank line after a
// message, which its reader takes for part of the message.
type mbox struct {
	file *os.File
	out  *bufio.Writer
}

func newMbox(path string) (*mbox, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	return &mbox{file: f, out: bufio.NewWriterSize(f, 256<<10)}, nil
}

func (x *mbox) Add(m Message, body io.WriterTo) error {
	if _, err := x.out.WriteString(separator(m)); err != nil {
		return err
	}
	w := &mboxBody{out: x.out, atStart: true}
	if _, err := body.WriteTo(w); err != nil {
		return err
	}
	return w.end()
}

// separator returns the line that begins a message.
func separator(m Message) string {
	date := m.Date
	if date.IsZero() {
		date = time.Unix(0, 0)
	}
	return "From " + sender(m.From) + " " + date.UTC().Format(time.ANSIC) + "\n"
}

func (x *mbox) Close() error {
	return errors.Join(x.out.Flush(), x.file.Sync(), x.file.Close())
}

// sender returns the address for the separator line. It has no blanks, since a blank ends it there.
func sender(from string) string {
	address, err := mail.ParseAddress(from)
	if err != nil || address.Address != cli.OneLine(address.Address) || bytes.ContainsAny([]byte(address.Address), " \t") {
		return "MAILER-DAEMON"
	}
	return address.Address
}

// mboxBody is a writer that converts one message to the form of an mbox. It holds back at most five
// octets, which may be the beginning of a line to quote or of a line end.
type mboxBody struct {
	out     *bufio.Writer
	atStart bool   // the next octet begins a line
	held    []byte // a beginning of "From " at the start of a line, or one CR
}

// Write never fails itself: out returns its first error again at Flush.
func (w *mboxBody) Write(p []byte) (int, error) {
	n := len(p)
	if len(w.held) > 0 {
		// This copies, but rarely: only when a piece ends with octets to hold back.
		p = append(w.held, p...)
		w.held = nil
	}
	for len(p) > 0 {
		if w.atStart {
			const from = "From "
			if len(p) < len(from) && from[:len(p)] == string(p) {
				w.held = bytes.Clone(p)
				return n, nil
			}
			if bytes.HasPrefix(p, []byte(from)) {
				_ = w.out.WriteByte('>')
			}
		}
		end := bytes.IndexByte(p, '\n')
		if end < 0 {
			if p[len(p)-1] == '\r' {
				w.held, p = []byte{'\r'}, p[:len(p)-1]
			}
			w.atStart = w.atStart && len(p) == 0
			_, err := w.out.Write(p)
			return n, err
		}
		_, _ = w.out.Write(bytes.TrimSuffix(p[:end], []byte{'\r'}))
		if err := w.out.WriteByte('\n'); err != nil {
			return 0, err
		}
		w.atStart, p = true, p[end+1:]
	}
	return n, nil
}

// end ends the last line and adds the blank line.
func (w *mboxBody) end() error {
	w.endLine()
	return w.out.WriteByte('\n')
}

// endLine ends the last line; out keeps an error.
func (w *mboxBody) endLine() {
	if len(w.held) > 0 {
		_, _ = w.out.Write(w.held)
		w.held, w.atStart = nil, false
	}
	if !w.atStart {
		_ = w.out.WriteByte('\n')
		w.atStart = true
	}
}
