package servermtm

import (
	"strings"
	"time"

	"pop3mtm/mtm/mail"
	"pop3mtm/mtm/store"
)

// Limits on what a header may bring into the index (behaviour section 4).
const (
	maxHeader = 256 << 10 // octets of one message's header that are kept
	maxField  = 5000      // octets of one field's text
)

// headerReader makes entries from headers; it is reused, not safe for concurrent use.
type headerReader struct {
	now      func() time.Time
	fallback string // the account's charset for octets that name none
}

func newHeaderReader(now func() time.Time, fallback string) *headerReader {
	return &headerReader{now, fallback}
}

// cutHeader gives the header block, its blank line included, of what TOP sent. A
// header that never ends is taken as it is (behaviour section 4).
func cutHeader(raw []byte) []byte {
	if end := mail.HeaderEnd(raw); end >= 0 {
		return raw[:end]
	}
	return raw
}

// fill sets the fields of a new mailbox entry that come from the header. A field
// that cannot be read stays empty: a broken header never hides a message.
func (r *headerReader) fill(e *store.Entry, raw []byte) {
	f := readFields(raw)
	e.Details = r.text(f.from)
	e.Description = r.text(f.subject)
	e.MessageID = messageID(f.messageID)
	e.Date = r.date(&f, raw)
	e.Flags |= priority(&f)
	if f.notificationTo != nil || f.receiptTo != nil {
		e.Email |= store.Receipt
	}
}

// text decodes a field and bounds the result.
func (r *headerReader) text(raw []byte) string {
	text := mail.DecodeText(string(raw[:min(len(raw), maxField)]), r.fallback)
	if len(text) > maxField {
		text = strings.ToValidUTF8(text[:maxField], "")
	}
	return strings.TrimSpace(text)
}

// date is that of the first Received field, else of Date, else of another field that tells one,
// else now (behaviour section 4), in UTC.
func (r *headerReader) date(f *fields, raw []byte) time.Time {
	if t, ok := mail.ReceivedDate(f.received); ok {
		return t
	}
	if t, ok := mail.ParseDate(f.date); ok {
		return t
	}
	if t, ok := mail.ParseHeader(raw, r.fallback).Date(); ok {
		return t
	}
	return r.now().UTC().Truncate(time.Second)
}

// messageID is the field without brackets (RFC 5322 section 3.6.4).
func messageID(raw []byte) string {
	field := string(raw[:min(len(raw), maxField)])
	return strings.ToValidUTF8(strings.TrimSuffix(strings.TrimPrefix(field, "<"), ">"), "\uFFFD")
}

// priority reads the three fields in use for it; what none of them says is normal.
func priority(f *fields) store.Flags {
	for _, field := range [][]byte{f.xPriority, f.importance, f.priority} {
		if len(field) == 0 {
			continue
		}
		value := strings.ToLower(string(field[:min(len(field), maxField)]))
		switch {
		case value[0] == '1', value[0] == '2', value == "high", value == "urgent":
			return store.PriorityHigh
		case value[0] == '4', value[0] == '5', value == "low", value == "non-urgent":
			return store.PriorityLow
		}
		return 0
	}
	return 0
}

// FillFromHeader fills the fields of an entry that come from its header. One
// without a date gets none.
func FillFromHeader(e *store.Entry, raw []byte) {
	newHeaderReader(func() time.Time { return time.Time{} }, "").fill(e, cutHeader(raw[:min(len(raw), maxHeader)]))
}
