package servermtm

import (
	"strings"
	"time"

	"pop3mtm/mtm/mail"
	"pop3mtm/mtm/store"
)

// Limits on what is stored of a header (behaviour section 4).
const (
	maxHeader = 256 << 10 // octets of one message's header
	maxField  = 5000      // octets of one field
)

// headerReader fills entries from headers. It is reused, and not safe for concurrent use.
type headerReader struct {
	now      func() time.Time
	fallback string // the account's setting Charset
}

func newHeaderReader(now func() time.Time, fallback string) *headerReader {
	return &headerReader{now, fallback}
}

// cutHeader returns the header block, with its blank line, of a reply to TOP. A header without a
// blank line is returned unchanged (behaviour section 4).
func cutHeader(raw []byte) []byte {
	if end := mail.HeaderEnd(raw); end >= 0 {
		return raw[:end]
	}
	return raw
}

// fill sets the fields of a new mailbox entry that come from the header. A field that cannot be
// read stays empty, so that a broken header never hides a message.
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

// text returns a decoded field of limited length.
func (r *headerReader) text(raw []byte) string {
	text := mail.DecodeText(string(raw[:min(len(raw), maxField)]), r.fallback)
	if len(text) > maxField {
		text = strings.ToValidUTF8(text[:maxField], "")
	}
	return strings.TrimSpace(text)
}

// date returns the date of the first Received field, else of Date, else of another field that has
// one, else now (behaviour section 4), in UTC.
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

// messageID returns the field without brackets (RFC 5322 section 3.6.4).
func messageID(raw []byte) string {
	field := string(raw[:min(len(raw), maxField)])
	return strings.ToValidUTF8(strings.TrimSuffix(strings.TrimPrefix(field, "<"), ">"), "\uFFFD")
}

// priority returns the priority from the three fields that are in use for it;
// the default is normal.
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

// FillFromHeader fills the fields of an entry that come from its header. Without a date in
// the header it sets none.
func FillFromHeader(e *store.Entry, raw []byte) {
	newHeaderReader(func() time.Time { return time.Time{} }, "").fill(e, cutHeader(raw[:min(len(raw), maxHeader)]))
}
