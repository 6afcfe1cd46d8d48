package fakeserver

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"slices"
	"syscall"
)

// input holds what the client has sent and the session has not read. While a session waits for a
// command over TCP without TLS it has no buffer, so that it costs little.
type input struct {
	conn   io.Reader
	lender *lender
	buffer *bufio.Reader // nil while it would be empty; it reads from the input

	ready  syscall.RawConn              // tells when conn can be read; nil: only reading tells
	try    func(fd uintptr) (done bool) // in.attempt
	direct bool                         // reads are from fd, and do not wait
	fd     uintptr
	failed error // of the attempt
}

// use continues with a connection. What was received before is dropped.
func (in *input) use(conn io.Reader) {
	in.release()
	in.conn, in.ready = conn, nil
	// Another type may read in another way than its file descriptor.
	if tcp, ok := conn.(*net.TCPConn); ok && canTry {
		in.ready, _ = tcp.SyscallConn() // nil after a failure
		in.try = in.attempt
	}
}

// Read reads what is not in the buffer.
func (in *input) Read(p []byte) (int, error) {
	if in.direct {
		return tryRead(in.fd, p)
	}
	return in.conn.Read(p)
}

// wait waits until there is something to read; without a buffer, if that is possible.
func (in *input) wait() error {
	if in.ready == nil || in.buffered() > 0 {
		return nil // reading the next line waits
	}
	if err := in.ready.Read(in.try); err != nil {
		return err
	}
	return in.failed
}

// attempt reads into a buffer if there is something to read, and reports whether the wait is over.
func (in *input) attempt(fd uintptr) (done bool) {
	in.fd, in.direct = fd, true
	_, in.failed = in.reader().Peek(1)
	in.direct = false
	if in.failed != nil {
		in.release()
	}
	return !errors.Is(in.failed, errNothingYet)
}

var errNothingYet = errors.New("nothing to read yet")

func (in *input) reader() *bufio.Reader {
	if in.buffer == nil {
		in.buffer = in.lender.reader(in)
	}
	return in.buffer
}

// release gives the buffer back, with what it holds.
func (in *input) release() {
	if in.buffer != nil {
		in.lender.takeReader(in.buffer)
		in.buffer = nil
	}
}

// buffered returns the number of octets that were received and not read.
func (in *input) buffered() int {
	if in.buffer == nil {
		return 0
	}
	return in.buffer.Buffered()
}

// lineWaiting reports whether a whole line was received, so that the replies to pipelined commands
// are sent together.
func (in *input) lineWaiting() bool {
	if in.buffer == nil {
		return false
	}
	b, err := in.buffer.Peek(in.buffer.Buffered())
	return err == nil && bytes.IndexByte(b, '\n') >= 0
}

// peek returns received octets, and waits for at least one. They are valid until the next call.
func (in *input) peek() ([]byte, error) {
	b := in.reader()
	return b.Peek(max(b.Buffered(), 1))
}

// discard drops the next n octets.
func (in *input) discard(n int) error {
	_, err := in.reader().Discard(n)
	return err
}

// line returns the next line of at most limit octets without its line end. The slice is valid
// until the next call. A longer line is discarded.
func (in *input) line(limit int) (l []byte, fits bool, err error) {
	if err = in.wait(); err != nil {
		return nil, false, err
	}
	b := in.reader()
	l, err = b.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		l = slices.Clone(l)
		for errors.Is(err, bufio.ErrBufferFull) {
			var more []byte
			if more, err = b.ReadSlice('\n'); len(l) <= limit {
				l = append(l, more...)
			}
		}
	}
	if err != nil || len(l) > limit {
		return nil, false, err
	}
	// RFC 1939 section 3: a command ends with CRLF. A bare LF is accepted too, as by
	// all servers.
	l = l[:len(l)-1]
	if len(l) > 0 && l[len(l)-1] == '\r' {
		l = l[:len(l)-1]
	}
	return l, true, nil
}
