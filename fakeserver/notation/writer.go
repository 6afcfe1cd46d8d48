package notation

import (
	"bytes"
	"io"
	"strconv"
	"sync"
	"time"
)

// piece is how much of a line without a line end is written into one line.
const piece = MaxLine / 8

// Writer writes the transcripts of several sessions into one, as they happen:
// a remark tells where the lines of another session begin. Each call is one
// write, so that what a crash takes is at most the line that was being written.
// Its methods are safe for concurrent use.
type Writer struct {
	mu      sync.Mutex
	to      io.Writer
	line    []byte
	session int
	at      map[int]time.Duration // that was last written, of each open session
	err     error
}

// NewWriter makes a writer. The first error of to stays, and nothing is written
// after it.
func NewWriter(to io.Writer) *Writer {
	return &Writer{to: to, at: map[int]time.Duration{}}
}

// Note writes a remark that is of no session.
func (w *Writer) Note(text string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.remark(text)
	return w.flush()
}

// Begin writes where a session begins.
func (w *Writer) Begin(session int, remote string, started time.Time) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.session, w.at[session] = session, 0
	w.remark(sessionRemark + strconv.Itoa(session) + " from " + remote + " at " + started.UTC().Format(time.RFC3339Nano))
	return w.flush()
}

// End writes why a session has ended.
func (w *Writer) End(session int, at time.Duration, why string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.turn(session, at)
	w.remark(why)
	delete(w.at, session)
	return w.flush()
}

// Remark writes something about a session.
func (w *Writer) Remark(session int, at time.Duration, text string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.turn(session, at)
	w.remark(text)
	return w.flush()
}

// Lines writes what one side has sent at a time of the session: lines with their
// line ends. When the last one has none, it goes on with the next call.
func (w *Writer) Lines(session int, at time.Duration, kind Kind, octets []byte) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.turn(session, at)
	for len(octets) > 0 {
		n := bytes.IndexByte(octets, '\n') + 1
		if n == 0 || n > piece {
			n = min(len(octets), piece)
		}
		w.put(kind, octets[:n])
		octets = octets[n:]
	}
	return w.flush()
}

// turn writes whose lines follow, and when they were sent.
func (w *Writer) turn(session int, at time.Duration) {
	if session != w.session {
		w.session = session
		w.remark(sessionRemark + strconv.Itoa(session))
	}
	if at-w.at[session] >= time.Millisecond {
		w.at[session] = at
		w.remark(atRemark + at.Round(time.Microsecond).String())
	}
}

func (w *Writer) put(kind Kind, octets []byte) {
	text, crlf := bytes.CutSuffix(octets, []byte("\r\n"))
	w.line = append(append(w.line, kind.String()...), ": "...)
	w.line = Escape(w.line, text)
	if !crlf && !bytes.HasSuffix(octets, []byte("\n")) {
		w.line = append(w.line, '\\')
	}
	w.line = append(w.line, '\n')
}

func (w *Writer) remark(text string) {
	w.line = append(w.line, '[')
	w.line = append(Escape(w.line, []byte(text)), "]\n"...)
}

func (w *Writer) flush() error {
	if w.err == nil {
		_, w.err = w.to.Write(w.line)
	}
	w.line = w.line[:0]
	return w.err
}
