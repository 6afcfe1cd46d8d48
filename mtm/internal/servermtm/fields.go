package servermtm

import "bytes"

// fields are the header fields that an entry is made of: the text of the first of each name, unfolded, nil when there
// is none. They refer to the header that they were read from.
type fields struct {
	from, subject, messageID, received, date []byte
	xPriority, importance, priority          []byte
	notificationTo, receiptTo                []byte
}

// readFields reads a header block in one pass and copies only what is folded: every message of a mailbox passes here.
// Lines that are no fields are left out, the rest is still good.
func readFields(raw []byte) fields {
	var f fields
	for len(raw) > 0 {
		end := fieldEnd(raw)
		name, text, ok := bytes.Cut(raw[:end], []byte(":"))
		raw = raw[end:]
		if !ok {
			continue
		}
		if slot := f.slot(bytes.TrimRight(name, " \t")); slot != nil && *slot == nil {
			*slot = unfold(text)
		}
	}
	return f
}

// fieldEnd is where the field at the start of raw ends, its continuation lines included (RFC 5322 section 2.2.3).
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

// longestName is that of the longest field that slot knows.
const longestName = len("disposition-notification-to")

// slot is where a field of this name belongs, in any case; nil for one that is not wanted.
func (f *fields) slot(name []byte) *[]byte {
	var lower [longestName]byte
	if len(name) > len(lower) {
		return nil
	}
	for i, c := range name {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		lower[i] = c
	}
	switch string(lower[:len(name)]) {
	case "from":
		return &f.from
	case "subject":
		return &f.subject
	case "message-id":
		return &f.messageID
	case "received":
		return &f.received
	case "date":
		return &f.date
	case "x-priority":
		return &f.xPriority
	case "importance":
		return &f.importance
	case "priority":
		return &f.priority
	case "disposition-notification-to":
		return &f.notificationTo
	case "return-receipt-to":
		return &f.receiptTo
	}
	return nil
}

// unfold joins the lines of a field's text with a blank, each without the white space around it. It is never nil.
func unfold(text []byte) []byte {
	text = bytes.TrimSpace(text)
	if len(text) == 0 {
		return []byte{} // TrimSpace gives nil
	}
	if bytes.IndexByte(text, '\n') < 0 {
		return text
	}
	joined := make([]byte, 0, len(text))
	for line := range bytes.SplitSeq(text, []byte("\n")) {
		if line = bytes.TrimSpace(line); len(line) > 0 && len(joined) > 0 {
			joined = append(joined, ' ')
		}
		joined = append(joined, line...)
	}
	return joined
}
