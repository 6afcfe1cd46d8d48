package mail

import (
	"bytes"
	"io"
	"iter"
	"net/mail"
	"strings"
	"time"
)

// maxHeader is the largest header block that is read, in octets; the rest of a longer one is passed
// over.
const maxHeader = 1 << 20

// Header is a header block. It keeps the octets as they came and looks fields up in them.
type Header struct {
	raw      []byte
	fallback string
	cut      bool
}

// ParseHeader returns the header block at the start of raw. A line that is no field is passed over,
// with the lines that continue it. fallback names the charset of octets above 127 that are not
// UTF-8; "" means windows-1252. The Header refers to raw.
func ParseHeader(raw []byte, fallback string) Header {
	whole := len(raw) <= maxHeader
	raw = raw[:min(len(raw), maxHeader)]
	end := HeaderEnd(raw)
	if end >= 0 {
		raw = raw[:end]
	}
	return Header{raw: raw, fallback: fallback, cut: !whole && end < 0}
}

// HeaderEnd returns where the header block of raw ends, behind its blank line, or -1.
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

// NextField splits the first field off a header block: its name, the value with its line ends, and
// what follows. Lines that are no fields are passed over; name is nil at the end.
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

// fieldEnd returns where the field at the start of raw ends, its continuation lines included (RFC
// 5322 section 2.2.3).
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

// splitField splits a line at its colon. The name is nil when it is not one (RFC 5322 section 2.2);
// blanks before the colon are allowed (section 4.5).
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

// Unfold joins the lines of a field's value with a blank, each without the white space around it.
// The result may refer to value and is never nil.
func Unfold(value []byte) []byte {
	value = bytes.TrimSpace(value)
	if len(value) == 0 {
		return []byte{} // TrimSpace gives nil
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

// Values yields the unfolded values of all fields of a name.
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

// Cut reports whether the header is longer than maxHeader, so that fields may be missing.
func (h Header) Cut() bool { return h.cut }

// ReadHeader reads the header block at the start of r.
func ReadHeader(r io.Reader, fallback string) (Header, error) {
	raw, err := io.ReadAll(io.LimitReader(r, maxHeader+1))
	return ParseHeader(raw, fallback), err
}

// HeaderBlock returns the octets of the header block at the start of r, its blank line included, or
// the first MiB of one that is longer.
func HeaderBlock(r io.Reader) ([]byte, error) {
	raw, err := io.ReadAll(io.LimitReader(r, maxHeader))
	if end := HeaderEnd(raw); end >= 0 {
		raw = raw[:end]
	}
	return raw, err
}

// Has reports whether there is a field of that name.
func (h Header) Has(name string) bool {
	for range h.Values(name) {
		return true
	}
	return false
}

// Value returns the first field of a name, unfolded, as its octets came; "" without one.
func (h Header) Value(name string) string {
	for value := range h.Values(name) {
		return value
	}
	return ""
}

// Text returns the first field of a name as people read it, in UTF-8.
func (h Header) Text(name string) string {
	return strings.TrimSpace(DecodeText(h.Value(name), h.fallback))
}

// Addresses returns the addresses of all fields of a name, in order.
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

// parseIDs reads message identifiers: what stands in angle brackets, else each word with an @.
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

// Date returns when the message was written, in UTC: Date, else another field that tells it.
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

// MediaParam returns a parameter of the Content-Type, "" for none.
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
