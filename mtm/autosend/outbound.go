package autosend

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// lookEach is how much of a message is sent before its state is read again.
const lookEach = 64 << 10

// transmit writes a message for the connection, without the fields named Bcc. It calls look before
// each 64 KiB of the body and at the end, and stops at its error.
func transmit(out *lineEnds, message io.Reader, look func() error) error {
	in := bufio.NewReaderSize(message, lookEach)
	if err := transmitHeader(out, in); err != nil {
		return err
	}
	for {
		if err := look(); err != nil {
			return err
		}
		_, err := io.CopyN(out, in, lookEach)
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
	}
	if err := out.end(); err != nil {
		return err
	}
	return look()
}

func transmitHeader(out *lineEnds, in *bufio.Reader) error {
	for skip, start := false, true; ; {
		line, err := in.ReadSlice('\n')
		if err != nil && err != io.EOF && !errors.Is(err, bufio.ErrBufferFull) {
			return err
		}
		over := start && len(bytes.TrimRight(line, "\r\n")) == 0
		if start && (over || line[0] != ' ' && line[0] != '\t') {
			name, _, _ := bytes.Cut(line, []byte(":"))
			skip = bytes.EqualFold(bytes.TrimSpace(name), []byte("Bcc"))
		}
		if !skip {
			if _, e := out.Write(line); e != nil {
				return e
			}
		}
		if over || err == io.EOF {
			return nil
		}
		start = err == nil
	}
}

// lineEnds turns each bare CR into a line end: a server that took it for one could find a final dot
// there (RFC 5321 section 2.3.8). The writer below turns bare LF into CRLF.
type lineEnds struct {
	to     io.Writer
	cr     bool  // the last octet was a CR that is not written yet
	failed error // of to
}

// Write implements io.Writer.
func (l *lineEnds) Write(p []byte) (int, error) {
	n := len(p)
	for len(p) > 0 && l.failed == nil {
		if l.cr {
			l.cr = false
			l.write([]byte("\r\n"))
			if p[0] == '\n' {
				p = p[1:]
			}
			continue
		}
		i := bytes.IndexByte(p, '\r')
		if i < 0 {
			l.write(p)
			break
		}
		l.write(p[:i])
		l.cr = true
		p = p[i+1:]
	}
	if l.failed != nil {
		return 0, l.failed
	}
	return n, nil
}

func (l *lineEnds) write(p []byte) {
	if len(p) > 0 && l.failed == nil {
		_, l.failed = l.to.Write(p)
	}
}

// end writes a CR that came last.
func (l *lineEnds) end() error {
	if l.cr {
		l.cr = false
		l.write([]byte("\r\n"))
	}
	return l.failed
}
