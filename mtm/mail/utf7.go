package mail

import (
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/transform"
)

// utf7 decodes UTF-7 (RFC 2152). x/text does not have it, and cention-sany/utf7 has
// not changed since 2017.
type utf7 struct{}

// NewDecoder implements encoding.Encoding.
func (utf7) NewDecoder() *encoding.Decoder {
	return &encoding.Decoder{Transformer: &utf7Decoder{}}
}

// NewEncoder implements encoding.Encoding.
func (utf7) NewEncoder() *encoding.Encoder { return encoding.Nop.NewEncoder() }

// utf7Decoder holds the bits of a shifted run that are not a complete UTF-16 unit yet.
type utf7Decoder struct {
	shifted bool
	empty   bool // nothing has followed the + yet
	bits    uint32
	count   int
	high    rune // the first half of a pair of units, 0 for none
}

// Reset implements transform.Transformer.
func (d *utf7Decoder) Reset() { *d = utf7Decoder{} }

// Transform implements transform.Transformer.
func (d *utf7Decoder) Transform(dst, src []byte, _ bool) (nDst, nSrc int, err error) {
	const most = 2 * utf8.UTFMax // half a pair that is invalid, and a character
	for nSrc < len(src) {
		if len(dst)-nDst < most {
			return nDst, nSrc, transform.ErrShortDst
		}
		nDst += d.octet(dst[nDst:], src[nSrc])
		nSrc++
	}
	return nDst, nSrc, nil
}

// octet decodes one octet and returns the number of octets written to dst.
func (d *utf7Decoder) octet(dst []byte, c byte) int {
	if !d.shifted {
		if c == '+' {
			*d = utf7Decoder{shifted: true, empty: true}
			return 0
		}
		return utf8.EncodeRune(dst, rune(c))
	}
	value := base64Value(c)
	if value < 0 {
		n := 0
		switch {
		case c == '-' && d.empty:
			n = utf8.EncodeRune(dst, '+')
		case c != '-':
			n = utf8.EncodeRune(dst, rune(c))
		}
		*d = utf7Decoder{}
		return n
	}
	d.empty = false
	d.bits, d.count = d.bits<<6|uint32(value), d.count+6
	if d.count < 16 {
		return 0
	}
	d.count -= 16
	unit := rune(d.bits >> d.count & 0xffff)
	return d.unit(dst, unit)
}

// unit decodes a unit of UTF-16.
func (d *utf7Decoder) unit(dst []byte, unit rune) int {
	if high := d.high; high != 0 {
		d.high = 0
		if r := utf16.DecodeRune(high, unit); r != utf8.RuneError {
			return utf8.EncodeRune(dst, r)
		}
	}
	if unit >= 0xd800 && unit < 0xdc00 {
		d.high = unit
		return 0
	}
	return utf8.EncodeRune(dst, unit)
}
