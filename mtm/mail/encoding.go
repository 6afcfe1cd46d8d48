package mail

import (
	"bytes"
	"io"
	"strings"
)

// Encoding is a transfer encoding (RFC 2045 section 6).
type Encoding int

// The encodings. The octets of an unknown encoding are not decoded.
const (
	Identity Encoding = iota
	Base64
	QuotedPrintable
	UUEncode
)

// parseEncoding returns the encoding named by the first word of a Content-Transfer-Encoding.
func parseEncoding(value string) Encoding {
	value = strings.ToLower(strings.TrimLeft(value, " \t\"'"))
	if end := strings.IndexAny(value, " \t;,(\"'"); end >= 0 {
		value = value[:end]
	}
	switch value {
	case "base64", "base-64", "b":
		return Base64
	case "quoted-printable", "quotedprintable", "quoted_printable", "q":
		return QuotedPrintable
	case "x-uuencode", "x-uue", "uuencode", "uue", "x-uu":
		return UUEncode
	}
	return Identity
}

// decoder decodes a transfer encoding, piece by piece. Both methods append to dst. No input is an
// error: octets that cannot be decoded are skipped or kept.
type decoder interface {
	decode(dst, src []byte) []byte
	finish(dst []byte) []byte
}

func (e Encoding) decoder() decoder {
	switch e {
	case Base64:
		return &base64Decoder{unsure: true}
	case QuotedPrintable:
		return &qpDecoder{}
	case UUEncode:
		return &uuDecoder{}
	case Identity:
	}
	return identity{}
}

type identity struct{}

func (identity) decode(dst, src []byte) []byte { return append(dst, src...) }
func (identity) finish(dst []byte) []byte      { return dst }

// newDecodingReader returns a reader of the decoded octets of r.
func newDecodingReader(r io.Reader, e Encoding) io.Reader {
	if e == Identity {
		return r
	}
	return &decodingReader{r: r, d: e.decoder(), in: make([]byte, 4<<10)}
}

type decodingReader struct {
	r       io.Reader
	d       decoder
	in, out []byte
	next    int // in out
	err     error
}

// Read implements io.Reader.
func (d *decodingReader) Read(p []byte) (int, error) {
	for d.next == len(d.out) {
		if d.err != nil {
			return 0, d.err
		}
		n, err := d.r.Read(d.in)
		d.out, d.next, d.err = d.d.decode(d.out[:0], d.in[:n]), 0, err
		if err == io.EOF {
			d.out = d.d.finish(d.out)
		}
	}
	n := copy(p, d.out[d.next:])
	d.next += n
	return n, nil
}

// base64Decoder decodes base64 (RFC 2045 section 6.8). Padding may be anywhere or missing; other
// octets are skipped. Content whose first line is clearly not base64 is kept unchanged.
type base64Decoder struct {
	bits   uint32
	count  int    // sextets in bits
	unsure bool   // the first line has not ended yet
	first  []byte // the beginning of the first line
	plain  bool   // the content is not base64
}

func (d *base64Decoder) decode(dst, src []byte) []byte {
	if d.unsure {
		const most = 1000 // octets of the first line
		d.first = append(d.first, src...)
		line := bytes.TrimLeft(d.first, " \t\r\n")
		if bytes.IndexByte(line, '\n') < 0 && len(line) < most {
			return dst
		}
		return d.begin(dst)
	}
	if d.plain {
		return append(dst, src...)
	}
	for _, c := range src {
		value := base64Value(c)
		switch {
		case value >= 0:
			d.bits, d.count = d.bits<<6|uint32(value), d.count+1
			if d.count == 4 {
				dst = append(dst, byte(d.bits>>16), byte(d.bits>>8), byte(d.bits))
				d.bits, d.count = 0, 0
			}
		case c == '=':
			dst = d.group(dst)
		}
	}
	return dst
}

// begin decodes the held octets once the first line is complete.
func (d *base64Decoder) begin(dst []byte) []byte {
	line, _, _ := bytes.Cut(bytes.TrimLeft(d.first, " \t\r\n"), []byte("\n"))
	line = bytes.TrimRight(line, " \t\r")
	others := 0
	for _, c := range line {
		if base64Value(c) < 0 && c != '=' {
			others++
		}
	}
	const few = 20 // at most one octet in this many may be stray; with more the content is text
	d.unsure, d.plain = false, others > 1 && others*few > len(line)
	first := d.first
	d.first = nil
	return d.decode(dst, first)
}

func (d *base64Decoder) finish(dst []byte) []byte {
	if d.unsure {
		dst = d.begin(dst)
	}
	return d.group(dst)
}

// group appends the octets of an incomplete group.
func (d *base64Decoder) group(dst []byte) []byte {
	switch d.count {
	case 2:
		dst = append(dst, byte(d.bits>>4))
	case 3:
		dst = append(dst, byte(d.bits>>10), byte(d.bits>>2))
	}
	d.bits, d.count = 0, 0
	return dst
}

// base64Value returns the value of a letter of base64, or -1.
func base64Value(c byte) int {
	switch {
	case 'A' <= c && c <= 'Z':
		return int(c - 'A')
	case 'a' <= c && c <= 'z':
		return int(c-'a') + 26
	case '0' <= c && c <= '9':
		return int(c-'0') + 52
	case c == '+':
		return 62
	case c == '/':
		return 63
	}
	return -1
}

// qpDecoder decodes quoted-printable (RFC 2045 section 6.7). An = that does not begin a code is
// kept; blanks at the end of a line are removed.
type qpDecoder struct {
	held []byte // blanks, or the beginning of a code
}

// maxBlanks limits the blanks that are held back; a valid line has at most 76 octets.
const maxBlanks = 1000

func (d *qpDecoder) decode(dst, src []byte) []byte {
	for len(src) > 0 {
		if len(d.held) == 0 {
			n := bytes.IndexAny(src, "= \t")
			if n < 0 {
				return append(dst, src...)
			}
			dst, src = append(dst, src[:n]...), src[n:]
		}
		dst = d.octet(dst, src[0])
		src = src[1:]
	}
	return dst
}

// octet decodes c, which may continue the held octets or begin new ones.
func (d *qpDecoder) octet(dst []byte, c byte) []byte {
	if len(d.held) > 0 && d.held[0] == '=' {
		return d.code(dst, c)
	}
	switch c {
	case ' ', '\t':
		if d.held = append(d.held, c); len(d.held) >= maxBlanks {
			return d.finish(dst)
		}
		return dst
	case '\r', '\n':
		d.held = d.held[:0]
	default:
		dst = d.finish(dst)
	}
	if c == '=' {
		d.held = append(d.held, c)
		return dst
	}
	return append(dst, c)
}

// code handles an octet after an =.
func (d *qpDecoder) code(dst []byte, c byte) []byte {
	last := d.held[len(d.held)-1]
	switch {
	case len(d.held) == 1 && hexDigit(c) >= 0:
		d.held = append(d.held, c)
		return dst
	case len(d.held) == 2 && hexDigit(last) >= 0 && hexDigit(c) >= 0:
		d.held = d.held[:0]
		return append(dst, byte(hexDigit(last)<<4|hexDigit(c)))
	case last == '\r' && c == '\n', c == '\n' && hexDigit(last) < 0: // a soft line break
		d.held = d.held[:0]
		return dst
	case last != '\r' && hexDigit(last) < 0 && (c == ' ' || c == '\t' || c == '\r') && len(d.held) < maxBlanks:
		d.held = append(d.held, c)
		return dst
	}
	dst = append(dst, d.held...)
	d.held = d.held[:0]
	return d.octet(dst, c)
}

func (d *qpDecoder) finish(dst []byte) []byte {
	if len(d.held) != 1 || d.held[0] != '=' { // an = at the very end is a soft line break
		dst = append(dst, d.held...)
	}
	d.held = d.held[:0]
	return dst
}
