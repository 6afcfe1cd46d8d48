package mail

import (
	"bytes"
	"io"
	"iter"
	"net/mail"
	"strings"
	"time"
)

// maxHeader limits the header block that is read, in octets. The rest of a longer one is ignored.
const maxHeader = 1 << 20

// Header is a header block. It keeps the octets unchanged and finds fields in them.
type Header struct {
	raw      []byte
	fallback string
	cut      bool
}

// ParseHeader returns the header block at the start of raw. It skips a line that is not a field,
// with its continuation lines. fallback is the charset of octets above 127 that are not UTF-8; ""
// means windows-1252. The Header refers to raw.
func ParseHeader(raw []byte, fallback string) Header {
	whole := len(raw) <= maxHeader
	raw = raw[:min(len(raw), maxHeader)]
	end := HeaderEnd(raw)
	if end >= 0 {
		raw = raw[:end]
	}
	return Header{raw: raw, fallback: fallback, cut: !whole && end < 0}
}

// HeaderEnd returns the offset of the end of the header block of raw, after its blank line, or -1
// when there is no blank line.
func HeaderEnd(raw []byte) int {
	for i := 0; ; {
		lf := bytes.IndexByte(raw[i:], '\n')
		if lf < 0 {
			return -1
		}
		line := raw[i : i+lf]
		i += lf + 1
		if len(line) == 0 || len(line) == 1 && line[0] == '\r' {
			return i
		}
	}
}

// NextField returns the name of the first field of a header block, its value with line ends, and
// the rest of the block. It skips lines that are not fields. At the end name is nil.
func NextField(raw []byte) (name, value, rest []byte) {
	for len(raw) > 0 {
		end := fieldEnd(raw)
		line := raw[:end]
		raw = raw[end:]
		if name, value := splitField(line); name != nil {
			return name, value, raw
		}
	}
	return nil, nil, nil
}

// fieldEnd returns the end of the field at the start of raw, with its continuation lines
// (RFC 5322 section 2.2.3).
func fieldEnd(raw []byte) int {
	for end := 0; ; {
		lf := bytes.IndexByte(raw[end:], '\n')
		if lf < 0 {
			return len(raw)
		}
		end += lf + 1
		if end == len(raw) || raw[end] != ' ' && raw[end] != '\t' {
			return end
		}
	}
}

// splitField splits a line at its colon. The name is nil when the line is not a field (RFC 5322
// section 2.2). Blanks before the colon are allowed (section 4.5).
func splitField(line []byte) (name, value []byte) {
	for i, c := range line {
		switch {
		case c == ':':
			name = bytes.TrimRight(line[:i], " \t")
			if len(name) == 0 || bytes.ContainsAny(name, " \t") {
				return nil, nil
			}
			return name, line[i+1:]
		case c <= ' ' && c != ' ' && c != '\t', c >= 0x7f:
			return nil, nil
		}
	}
	return nil, nil
}

// Unfold returns the lines of a field's value, without the white space around each, joined by a
// blank. The result may refer to value and is never nil.
func Unfold(value []byte) []byte {
	value = bytes.TrimSpace(value)
	if len(value) == 0 {
		return []byte{} // TrimSpace returns nil
	}
	if bytes.IndexByte(value, '\n') < 0 {
		return value
	}
	joined := make([]byte, 0, len(value))
	for line := range bytes.SplitSeq(value, []byte("\n")) {
		if line = bytes.TrimSpace(line); len(line) > 0 && len(joined) > 0 {
			joined = append(joined, ' ')
		}
		joined = append(joined, line...)
	}
	return joined
}

// Values yields the unfolded values of all fields with a name.
func (h Header) Values(name string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for raw := h.raw; len(raw) > 0; {
			var key, value []byte
			if key, value, raw = NextField(raw); key == nil {
				return
			}
			if len(key) == len(name) && strings.EqualFold(string(key), name) && !yield(string(Unfold(value))) {
				return
			}
		}
	}
}

// Cut reports whether the header is longer than 1 MiB, so that fields may be missing.
func (h Header) Cut() bool { return h.cut }

// ReadHeader reads the header block at the start of r, at most 1 MiB of it. See ParseHeader for
// fallback. It returns the error of r.
func ReadHeader(r io.Reader, fallback string) (Header, error) {
	raw, err := io.ReadAll(io.LimitReader(r, maxHeader+1))
	return ParseHeader(raw, fallback), err
}

// HeaderBlock returns the octets of the header block at the start of r with its blank line, or the
// first MiB of a longer one. The error is that of r.
func HeaderBlock(r io.Reader) ([]byte, error) {
	raw, err := io.ReadAll(io.LimitReader(r, maxHeader))
	if end := HeaderEnd(raw); end >= 0 {
		raw = raw[:end]
	}
	return raw, err
}

// Has reports whether the header has a field with a name.
func (h Header) Has(name string) bool {
	for range h.Values(name) {
		return true
	}
	return false
}

// Value returns the value of the first field with a name, unfolded and not decoded;
// "" when it is missing.
func (h Header) Value(name string) string {
	for value := range h.Values(name) {
		return value
	}
	return ""
}

// Text returns the value of the first field with a name as people read it:
// unfolded, decoded, in UTF-8.
func (h Header) Text(name string) string {
	return strings.TrimSpace(DecodeText(h.Value(name), h.fallback))
}

// Addresses returns the addresses of all fields with a name, in order, decoded.
func (h Header) Addresses(name string) []*mail.Address {
	var list []*mail.Address
	for value := range h.Values(name) {
		list = append(list, parseAddresses(value, h.fallback)...)
	}
	return list
}

// IDs returns the message identifiers of a field, without brackets (RFC 5322 section 3.6.4).
func (h Header) IDs(name string) []string {
	var list []string
	for value := range h.Values(name) {
		list = append(list, parseIDs(value)...)
	}
	return list
}

// parseIDs returns the message identifiers in a value: the texts in angle brackets,
// else all words with an @.
func parseIDs(value string) []string {
	var list []string
	for rest := value; ; {
		_, after, opens := strings.Cut(rest, "<")
		id, behind, closes := strings.Cut(after, ">")
		if !opens || !closes {
			break
		}
		if id = strings.TrimSpace(id); id != "" {
			list = append(list, id)
		}
		rest = behind
	}
	if list != nil {
		return list
	}
	for word := range strings.FieldsSeq(value) {
		if word = strings.Trim(word, "<>,;"); strings.Contains(word, "@") {
			list = append(list, word)
		}
	}
	return list
}

// Date returns when the message was written, in UTC: from Date, else from
// another field that says it.
func (h Header) Date() (time.Time, bool) {
	for _, name := range []string{"Date", "Resent-Date", "Delivery-Date", "X-Original-Date"} {
		for value := range h.Values(name) {
			if t, ok := ParseDate([]byte(value)); ok {
				return t, true
			}
		}
	}
	return h.received()
}

// MediaParam returns a parameter of the Content-Type, "" when it is missing.
func (h Header) MediaParam(name string) string {
	_, list := parseParams(h.Value("Content-Type"))
	return list.text(name, h.fallback)
}

// received returns the date of the first Received field that has one.
func (h Header) received() (time.Time, bool) {
	for value := range h.Values("Received") {
		if t, ok := ReceivedDate([]byte(value)); ok {
			return t, true
		}
	}
	return time.Time{}, false
}
