package mail

import (
	"bufio"
	"bytes"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/ianaindex"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/transform"
)

// DefaultFallback is the charset of octets that are not UTF-8, when the message names no charset.
const DefaultFallback = "windows-1252"

// reading says how the octets of a text are converted to UTF-8.
type reading int

const (
	guessed reading = iota // UTF-8 where valid, else the fallback
	western                // Latin-1 and similar charsets: some programs name them and send UTF-8
	asUTF8                 // UTF-8, and the fallback for invalid octets
	asUTF7
	exactly // by an encoding
)

// charsetNamed returns the charset with a name. Like browsers, it reads Latin-1 and US-ASCII as
// windows-1252 and gb2312 as gbk, since that is what programs send under these names.
func charsetNamed(name string) (reading, encoding.Encoding) {
	name = strings.ToLower(strings.Trim(name, " \t\"'"))
	switch name {
	case "", "unknown-8bit", "x-unknown", "8bit", "binary", "default":
		return guessed, nil
	case "utf-8", "utf8", "utf8mb4", "x-utf-8", "x-utf_8j", "unicode-1-1-utf-8", "cp65001":
		return asUTF8, nil
	case "utf-7", "utf7", "unicode-1-1-utf-7", "x-unicode-2-0-utf-7", "csunicode11utf7":
		return asUTF7, nil
	case "hz-gb-2312", "hz":
		return exactly, simplifiedchinese.HZGB2312
	}
	if len(name) > maxCharsetName {
		return guessed, nil
	}
	enc := lookUp(name)
	switch enc {
	case nil, encoding.Replacement:
		return guessed, nil
	case charmap.Windows1252, charmap.ISO8859_1:
		return western, nil
	}
	return exactly, enc
}

// lookUp searches the table of browsers, then that of IANA, and tries other spellings
// such as cp850 for cp-850.
func lookUp(name string) encoding.Encoding {
	short := strings.NewReplacer("_", "-", "iso8859", "iso-8859").Replace(name)
	bare := strings.ReplaceAll(strings.TrimPrefix(short, "x-"), "cp-", "cp")
	for _, try := range []string{name, short, bare, strings.Replace(bare, "cp12", "windows-12", 1)} {
		if enc, err := htmlindex.Get(try); err == nil {
			return enc
		}
		for _, index := range []*ianaindex.Index{ianaindex.MIME, ianaindex.IANA} {
			if enc, err := index.Encoding(try); err == nil && enc != nil {
				return enc
			}
		}
	}
	return nil
}

// KnownCharset reports whether a charset with this name can be read.
func KnownCharset(name string) bool {
	how, _ := charsetNamed(name)
	return how != guessed
}

// singles returns the charset for octets that are not UTF-8: the fallback if it has one octet per
// character, else windows-1252.
func singles(fallback string) *charmap.Charmap {
	if how, enc := charsetNamed(fallback); how == exactly {
		if m, ok := enc.(*charmap.Charmap); ok {
			return m
		}
	}
	return charmap.Windows1252
}

// chooseMarked is choose for a text that may begin with a byte order mark.
func chooseMarked(name, fallback string, sample []byte, whole bool) encoding.Encoding {
	if _, mark, certain := charset.DetermineEncoding(sample[:min(3, len(sample))], ""); certain {
		name = mark
	}
	return choose(name, fallback, sample, whole)
}

// choose returns the encoding for a text of a named charset. sample is the beginning of the text,
// or all of it if whole is true.
func choose(name, fallback string, sample []byte, whole bool) encoding.Encoding {
	how, enc := charsetNamed(name)
	utf := utf8Else{singles(fallback)}
	switch how {
	case asUTF8:
		return utf
	case asUTF7:
		return utf7{}
	case exactly:
		return enc
	case western:
		if isUTF8(sample, whole) {
			return utf8Else{charmap.Windows1252}
		}
		return charmap.Windows1252
	}
	if bytes.Contains(sample, []byte("\x1b$B")) || bytes.Contains(sample, []byte("\x1b$@")) {
		return japanese.ISO2022JP
	}
	if how, enc := charsetNamed(fallback); how == exactly && !isUTF8(sample, whole) {
		return enc
	}
	return utf
}

// isUTF8 reports whether sample is UTF-8 and has more than ASCII. Unless whole is true, its last
// character may be cut off.
func isUTF8(sample []byte, whole bool) bool {
	many := false
	for i := 0; i < len(sample); {
		if sample[i] < utf8.RuneSelf {
			i++
			continue
		}
		r, n := utf8.DecodeRune(sample[i:])
		if r == utf8.RuneError && n == 1 {
			return many && !whole && !utf8.FullRune(sample[i:])
		}
		many = true
		i += n
	}
	return many
}

// decodeString returns octets of a charset as UTF-8.
func decodeString(name, octets, fallback string) string {
	sample := []byte(octets)
	text, err := choose(name, fallback, sample, true).NewDecoder().Bytes(sample)
	if err != nil {
		return strings.ToValidUTF8(octets, "\uFFFD")
	}
	return strings.TrimPrefix(string(text), "\uFEFF")
}

// sampleSize is the number of octets of a text that are examined to choose its charset.
const sampleSize = 32 << 10

// newTextReader returns a reader of the text of r, which has about size octets, in UTF-8. name is
// the charset in the message, "" for none. fallback is the charset of octets that are then not
// UTF-8, "" for windows-1252. Only octets that are not valid in the charset become U+FFFD.
func newTextReader(r io.Reader, name, fallback string, size int64) io.Reader {
	const least = 512
	in := bufio.NewReaderSize(r, int(min(max(size, least), sampleSize)))
	return &textReader{in: in, name: name, fallback: fallback, start: true}
}

// textReader passes ASCII on unchanged, and chooses the charset at the first other octet.
type textReader struct {
	in             *bufio.Reader
	name, fallback string
	start          bool
	ascii          int // buffered octets that are passed on unchanged
	decoded        io.Reader
}

// Read implements io.Reader.
func (t *textReader) Read(p []byte) (int, error) {
	if t.decoded != nil || len(p) == 0 {
		return t.read(p)
	}
	if t.ascii == 0 {
		ahead, err := t.in.Peek(t.in.Size())
		if len(ahead) == 0 {
			return 0, err
		}
		if t.ascii = plainLength(ahead); t.ascii == 0 || t.start && t.notASCII() {
			enc := chooseMarked(t.name, t.fallback, ahead, err != nil)
			t.decoded = withoutMark(transform.NewReader(t.in, enc.NewDecoder()))
			return t.read(p)
		}
		t.start = false
	}
	n, err := t.in.Read(p[:min(len(p), t.ascii)])
	t.ascii -= n
	return n, err
}

// withoutMark skips a byte order mark at the start.
func withoutMark(r io.Reader) io.Reader {
	text := bufio.NewReader(r)
	if first, _, err := text.ReadRune(); err == nil && first != '\uFEFF' {
		_ = text.UnreadRune() // a rune was read
	}
	return text
}

func (t *textReader) read(p []byte) (int, error) {
	if t.decoded == nil {
		return 0, nil
	}
	n, err := t.decoded.Read(p)
	return n, err
}

// notASCII reports whether octets below 128 do not mean ASCII in the charset, as
// in UTF-16 and UTF-7.
func (t *textReader) notASCII() bool {
	how, enc := charsetNamed(t.name)
	if how == asUTF7 {
		return true
	}
	if how != exactly {
		return false
	}
	plain, err := enc.NewDecoder().String("Az09~\\ ~{")
	return err != nil || plain != "Az09~\\ ~{"
}

// plainLength returns the number of octets at the start of p that are ASCII and
// cannot switch the charset.
func plainLength(p []byte) int {
	for i, c := range p {
		if c >= utf8.RuneSelf || c == 0x1b {
			return i
		}
	}
	return len(p)
}
