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
}

// measure reads r to its end in one pass with bounded memory and returns its form. buf is
// scratch space.
func measure(r io.Reader, buf []byte) (form, error) {
	var read, lf, crlf int64
	var beforeLast, last byte
	for {
		n, err := r.Read(buf)
		if b := buf[:n]; n > 0 {
			read += int64(n)
			lf += int64(bytes.Count(b, []byte("\n")))
			crlf += int64(bytes.Count(b, []byte("\r\n")))
			if last == '\r' && b[0] == '\n' {
				crlf++
			}
			beforeLast, last = last, b[n-1]
			if n > 1 {
				beforeLast = b[n-2]
			}
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return form{}, err
		}
		if err != nil {
			break
		}
	}
	f := form{octets: read, unix: lf > 0 && crlf == 0}
	ended := last == '\n' && (beforeLast == '\r' || f.unix)
	if f.unix {
		f.octets += lf
	}
	if read > 0 && !ended {
		f.octets += 2
	}
	return f, nil
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
