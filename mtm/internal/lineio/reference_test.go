package lineio

import (
	"bytes"
	"io"
)

// slowBody is the rule of CopyBody, octet by octet. used counts the octets up to and with the
// end, when there is one.
func slowBody(in []byte, bareLF bool) (body []byte, used int, ended bool) {
	p2, p1 := byte('\r'), byte('\n')
	for i := 0; i < len(in); {
		if p1 == '\n' && in[i] == '.' {
			mayEnd := p2 == '\r' || bareLF
			after := in[i+1:]
			switch {
			case len(after) == 0, mayEnd && len(after) == 1 && after[0] == '\r':
				return body, len(in), false
			case mayEnd && after[0] == '\n':
				return body, i + 2, true
			case mayEnd && bytes.HasPrefix(after, []byte("\r\n")):
				return body, i + 3, true
			case after[0] == '.':
				i++
				p1 = '.'
			}
		}
		body = append(body, in[i])
		p2, p1 = p1, in[i]
		i++
	}
	return body, len(in), false
}

// pieces hands out its octets in pieces of the given sizes, over and over; a size of
// 0 is a read of nothing.
type pieces struct {
	in    []byte
	sizes []byte
	at    int
}

func (p *pieces) Read(b []byte) (int, error) {
	if len(p.in) == 0 {
		return 0, io.EOF
	}
	n := len(p.in)
	if len(p.sizes) > 0 {
		n = int(p.sizes[p.at%len(p.sizes)])
		if n == 0 && p.at%len(p.sizes) == 0 {
			n = 1
		}
		p.at++
	}
	n = copy(b[:min(n, len(b))], p.in)
	p.in = p.in[n:]
	return n, nil
}

// writes keeps each Write apart.
type writes struct{ got [][]byte }

func (w *writes) Write(b []byte) (int, error) {
	w.got = append(w.got, bytes.Clone(b))
	return len(b), nil
}

func (w *writes) bytes() []byte { return bytes.Join(w.got, nil) }
