package notation

import (
	"bytes"
	"io"
	"strconv"
	"sync"
	"time"
)

// piece is the number of octets of an unfinished line that go into one line.
const piece = MaxLine / 8

// Writer writes several concurrent sessions into one transcript: a remark marks where the lines of
// another session begin. Each call does one write, so a crash loses at most the line being written.
// Its methods are safe for concurrent use.
type Writer struct {
	mu      sync.Mutex
	to      io.Writer
	line    []byte
	session int
	at      map[int]time.Duration // last written time of each open session
	err     error
}

// NewWriter returns a writer. After the first error of to it writes nothing more, and returns that
// error again.
func NewWriter(to io.Writer) *Writer {
	return &Writer{to: to, at: map[int]time.Duration{}}
}

// Note writes a remark outside of sessions.
func (w *Writer) Note(text string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.remark(text)
	return w.flush()
}

// Begin writes the start of a session.
func (w *Writer) Begin(session int, remote string, started time.Time) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.session, w.at[session] = session, 0
	w.remark(sessionRemark + strconv.Itoa(session) + " from " + remote + " at " + started.UTC().Format(time.RFC3339Nano))
	return w.flush()
}

// End writes the reason for the end of a session.
func (w *Writer) End(session int, at time.Duration, why string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.turn(session, at)
	w.remark(why)
	delete(w.at, session)
	return w.flush()
}

// Remark writes a remark about a session.
func (w *Writer) Remark(session int, at time.Duration, text string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.turn(session, at)
	w.remark(text)
	return w.flush()
}

// Lines writes lines that one side has sent, with their line ends, at a time of the session. An
// unfinished last line continues with the next call.
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

// turn writes which session the next lines belong to, and when they were sent.
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
