package servermtm

import (
	"bufio"
	"bytes"
	"mime"
	"net/mail"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/emersion/go-message/charset"
	"github.com/emersion/go-message/textproto"

	"pop3mtm/mtm/store"
)

// Limits on what a header may bring into the index (behaviour section 4).
const (
	maxHeader = 256 << 10 // octets of one message's header that are kept
	maxField  = 5000      // octets of one field's text
)

// headerReader makes entries from headers; it is reused, not safe for concurrent use.
type headerReader struct {
	words  mime.WordDecoder
	buffer *bufio.Reader
	now    func() time.Time
}

func newHeaderReader(now func() time.Time) *headerReader {
	return &headerReader{
		words:  mime.WordDecoder{CharsetReader: charset.Reader},
		buffer: bufio.NewReaderSize(nil, 4096),
		now:    now,
	}
}

// cutHeader gives the header block, its blank line included, of what TOP sent. A
// header that never ends is taken as it is (behaviour section 4).
func cutHeader(raw []byte) []byte {
	for i := 0; ; {
		lf := bytes.IndexByte(raw[i:], '\n')
		if lf < 0 {
			return raw
		}
		line := raw[i : i+lf]
		i += lf + 1
		if len(line) == 0 || (len(line) == 1 && line[0] == '\r') {
			return raw[:i]
		}
	}
}

// fill sets the fields of a new mailbox entry that come from the header. A field
// that cannot be read stays empty: a broken header never hides a message.
func (r *headerReader) fill(e *store.Entry, raw []byte) {
	r.buffer.Reset(bytes.NewReader(raw))
	// What stands before a malformed line is still good.
	h, _ := textproto.ReadHeader(r.buffer)
	e.Details = r.text(h.Get("From"))
	e.Description = r.text(h.Get("Subject"))
	e.MessageID = messageID(h.Get("Message-Id"))
	e.Date = r.date(&h)
	e.Flags |= priority(&h)
	if h.Has("Disposition-Notification-To") || h.Has("Return-Receipt-To") {
		e.Email |= store.Receipt
	}
}

// text decodes RFC 2047 words and bounds the result; unreadable words stay as
// they are, unprintable octets become replacement characters.
func (r *headerReader) text(field string) string {
	if len(field) > maxField {
		field = field[:maxField]
	}
	if strings.Contains(field, "=?") {
		if decoded, err := r.words.DecodeHeader(field); err == nil {
			field = decoded
		}
	}
	if len(field) > maxField {
		field = field[:maxField]
	}
	if !utf8.ValidString(field) {
		field = strings.ToValidUTF8(field, "\uFFFD")
	}
	return strings.TrimSpace(field)
}

// date is that of the first Received field, else of Date, else now (behaviour
// section 4), in UTC.
func (r *headerReader) date(h *textproto.Header) time.Time {
	if received := h.Get("Received"); received != "" {
		if i := strings.LastIndexByte(received, ';'); i >= 0 {
			if t, ok := parseDate(received[i+1:]); ok {
				return t
			}
		}
	}
	if t, ok := parseDate(h.Get("Date")); ok {
		return t
	}
	return r.now().UTC().Truncate(time.Second)
}

func parseDate(s string) (time.Time, bool) {
	s = strings.TrimSpace(s)
	if s == "" || len(s) > 200 {
		return time.Time{}, false
	}
	t, err := mail.ParseDate(s)
	if err != nil || t.Year() < 1 || t.Year() > 9999 {
		return time.Time{}, false
	}
	return t.UTC(), true
}

// messageID is the field without brackets (RFC 5322 section 3.6.4).
func messageID(field string) string {
	field = strings.TrimSpace(field)
	if len(field) > maxField {
		field = field[:maxField]
	}
	return strings.ToValidUTF8(strings.TrimSuffix(strings.TrimPrefix(field, "<"), ">"), "\uFFFD")
}

// priority reads the three fields in use for it; what none of them says is normal.
func priority(h *textproto.Header) store.Flags {
	value := strings.ToLower(strings.TrimSpace(h.Get("X-Priority")))
	if value == "" {
		value = strings.ToLower(strings.TrimSpace(h.Get("Importance")))
	}
	if value == "" {
		value = strings.ToLower(strings.TrimSpace(h.Get("Priority")))
	}
	switch {
	case value == "":
		return 0
	case value[0] == '1', value[0] == '2', value == "high", value == "urgent":
		return store.PriorityHigh
	case value[0] == '4', value[0] == '5', value == "low", value == "non-urgent":
		return store.PriorityLow
	}
	return 0
}
