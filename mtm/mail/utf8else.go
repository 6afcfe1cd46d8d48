package mail

import (
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/transform"
)

// utf8Else decodes UTF-8, and each octet that is not UTF-8 in another charset, so that nothing is
// lost. It skips a byte order mark at the start.
type utf8Else struct{ single *charmap.Charmap }

// NewDecoder implements encoding.Encoding.
func (u utf8Else) NewDecoder() *encoding.Decoder {
	return &encoding.Decoder{Transformer: &utf8ElseDecoder{single: u.single}}
}

// NewEncoder implements encoding.Encoding.
func (utf8Else) NewEncoder() *encoding.Encoder { return encoding.Nop.NewEncoder() }

type utf8ElseDecoder struct {
	single *charmap.Charmap
	begun  bool
}

// Reset implements transform.Transformer.
func (d *utf8ElseDecoder) Reset() { d.begun = false }

// Transform implements transform.Transformer.
func (d *utf8ElseDecoder) Transform(dst, src []byte, atEOF bool) (nDst, nSrc int, err error) {
	for nSrc < len(src) {
		if c := src[nSrc]; c < utf8.RuneSelf {
			if nDst == len(dst) {
				return nDst, nSrc, transform.ErrShortDst
			}
			dst[nDst] = c
			nDst, nSrc, d.begun = nDst+1, nSrc+1, true
			continue
		}
		r, n := utf8.DecodeRune(src[nSrc:])
		if r == utf8.RuneError && n == 1 {
			if !atEOF && !utf8.FullRune(src[nSrc:]) {
				return nDst, nSrc, transform.ErrShortSrc
			}
			r = d.single.DecodeByte(src[nSrc])
		}
		if r == '\uFEFF' && !d.begun {
			d.begun = true
			nSrc += n
			continue
		}
		if nDst+utf8.RuneLen(r) > len(dst) {
			return nDst, nSrc, transform.ErrShortDst
		}
		nDst += utf8.EncodeRune(dst[nDst:], r)
		nSrc += n
		d.begun = true
	}
	return nDst, nSrc, nil
}
