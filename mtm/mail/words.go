package mail

import (
	"strings"
	"unicode/utf8"
)

// maxCharsetName limits the names of charsets, in octets.
const maxCharsetName = 60

// DecodeText returns an unfolded header value in UTF-8. It decodes the encoded words of RFC 2047,
// and reads other octets above 127 as UTF-8, or if they are not valid, in the fallback charset.
// Adjacent words of one charset are decoded together, so that a character may be split between
// them. Of a word in an unknown charset the ASCII letters are kept; other words are not affected.
func DecodeText(value, fallback string) string {
	if !strings.Contains(value, "=?") {
		return plainText(value, fallback)
	}
	d := wordDecoder{fallback: fallback}
	last := strings.LastIndex(value, "?=") // no word ends after it
	for rest := value; ; {
		start := strings.Index(rest, "=?")
		if start < 0 || len(value)-len(rest)+start > last {
			d.literal(rest)
			break
		}
		word, after, ok := cutWord(rest[start:])
		if !ok {
			d.literal(rest[:start+2])
			rest = rest[start+2:]
			continue
		}
		d.literal(rest[:start])
		d.word(word)
		rest = after
	}
	d.flush()
	return d.out.String()
}

// plainText returns text without encoded words in UTF-8.
func plainText(text, fallback string) string {
	if utf8.ValidString(text) {
		return text
	}
	return decodeString("", text, fallback)
}

// word is an encoded word. Its text is not decoded yet.
type word struct {
	charset string
	base64  bool
	text    string
}

// cutWord returns the encoded word at the start of s and the rest. RFC 2047 section 2 forbids
// blanks and octets above 127 in it; mail programs send both.
func cutWord(s string) (w word, rest string, ok bool) {
	rest = s[2:]
	end := strings.IndexByte(rest[:min(len(rest), maxCharsetName)], '?')
	if end < 1 || strings.ContainsAny(rest[:end], " \t\"<>") {
		return w, "", false
	}
	name, rest := rest[:end], rest[end+1:]
	if len(rest) < 2 || rest[1] != '?' || !strings.ContainsRune("bBqQ", rune(rest[0])) {
		return w, "", false
	}
	w.base64 = rest[0] == 'b' || rest[0] == 'B'
	text, behind, found := strings.Cut(rest[2:], "?=")
	if !found {
		return w, "", false
	}
	w.charset, _, _ = strings.Cut(name, "*") // RFC 2231 section 5: a language may follow
	w.text = text
	return w, behind, true
}

// wordDecoder joins literal text and words. It holds the octets of words of one charset until
// something else follows.
type wordDecoder struct {
	fallback string
	out      strings.Builder
	charset  string
	octets   []byte
	blanks   string // between the last word and what follows
	afterOne bool   // the last thing was a word
}

func (d *wordDecoder) literal(text string) {
	if text == "" {
		return
	}
	if d.afterOne && strings.Trim(text, " \t\r\n") == "" {
		d.blanks += text
		return
	}
	d.flush()
	d.out.WriteString(plainText(text, d.fallback))
}

func (d *wordDecoder) word(w word) {
	if d.afterOne && !strings.EqualFold(w.charset, d.charset) {
		d.blanks = "" // RFC 2047 section 6.2: blanks between words are not shown
		d.flush()
	}
	d.afterOne, d.blanks, d.charset = true, "", w.charset
	if w.base64 {
		var b base64Decoder
		d.octets = b.finish(b.decode(d.octets, []byte(w.text)))
		return
	}
	d.octets = decodeQ(d.octets, w.text)
}

// flush writes the words that are held, and the blanks after them.
func (d *wordDecoder) flush() {
	if d.afterOne {
		d.out.WriteString(decodeString(d.charset, string(d.octets), d.fallback))
		d.out.WriteString(d.blanks)
	}
	d.octets, d.blanks, d.afterOne = d.octets[:0], "", false
}

// decodeQ appends the decoded octets of a word in the encoding Q (RFC 2047 section 4.2) to dst.
func decodeQ(dst []byte, text string) []byte {
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case c == '_':
			c = ' '
		case c == '=' && i+2 < len(text) && hexDigit(text[i+1]) >= 0 && hexDigit(text[i+2]) >= 0:
			c = byte(hexDigit(text[i+1])<<4 | hexDigit(text[i+2]))
			i += 2
		}
		dst = append(dst, c)
	}
	return dst
}

// hexDigit returns the value of a hexadecimal digit, or -1.
func hexDigit(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	}
	return -1
}
