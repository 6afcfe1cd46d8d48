package maildrop

import (
	"bytes"
	"errors"
	"io"
)

// form holds what serving needs to know about a file: its size on the wire and its line ends.
type form struct {
	octets int64 // as served
	unix   bool  // every LF is bare, so each is served as CRLF
	ended  bool  // it ends with a line end, or is empty
}

// tally finds the form of octets that come in pieces.
type tally struct {
	read, lf         int64 // lf is not counted further after a CRLF
	crlf             bool
	beforeLast, last byte
}

func (t *tally) add(b []byte) {
	if len(b) == 0 {
		return
	}
	t.read += int64(len(b))
	if !t.crlf {
		if t.crlf = t.last == '\r' && b[0] == '\n' || bytes.Contains(b, []byte("\r\n")); !t.crlf {
			t.lf += int64(bytes.Count(b, []byte("\n")))
		}
	}
	t.beforeLast, t.last = t.last, b[len(b)-1]
	if len(b) > 1 {
		t.beforeLast = b[len(b)-2]
	}
}

func (t *tally) form() form {
	f := form{octets: t.read, unix: t.lf > 0 && !t.crlf}
	f.ended = t.read == 0 || t.last == '\n' && (t.beforeLast == '\r' || f.unix)
	if f.unix {
		f.octets += t.lf
	}
	if !f.ended {
		f.octets += 2
	}
	return f
}

// measure reads r to its end in one pass with bounded memory and returns its form. buf is
// scratch space.
func measure(r io.Reader, buf []byte) (form, error) {
	var t tally
	for {
		n, err := r.Read(buf)
		t.add(buf[:n])
		if errors.Is(err, io.EOF) {
			return t.form(), nil
		}
		if err != nil {
			return form{}, err
		}
	}
}

// expand turns the LFs of the octets from raw to the end of b into CRLFs, from the front of b on.
// It reports whether exactly raw LFs were found.
func expand(b []byte, raw int) bool {
	out := 0
	for raw > out {
		i := bytes.IndexByte(b[raw:], '\n')
		if i < 0 {
			return false
		}
		out += copy(b[out:], b[raw:raw+i])
		raw += i + 1
		b[out], b[out+1] = '\r', '\n'
		out += 2
	}
	return bytes.IndexByte(b[raw:], '\n') < 0
}

// crlfReader turns each LF into CRLF.
type crlfReader struct {
	r  io.Reader
	lf bool // a CR was returned, its LF is still to come
}

// Read reads into the second half of p and expands the octets from the front of p: the
// octets written never overtake those still to be expanded.
func (c *crlfReader) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if c.lf {
		c.lf = false
		p[0] = '\n'
		return 1, nil
	}
	if len(p) == 1 {
		n, err := c.r.Read(p)
		if n == 1 && p[0] == '\n' {
			p[0], c.lf, err = '\r', true, nil
		}
		return n, err
	}
	half := p[len(p)-len(p)/2:]
	n, err := c.r.Read(half)
	in, out := half[:n], 0
	for {
		i := bytes.IndexByte(in, '\n')
		if i < 0 {
			break
		}
		out += copy(p[out:], in[:i])
		out += copy(p[out:], "\r\n")
		in = in[i+1:]
	}
	out += copy(p[out:], in)
	return out, err
}
