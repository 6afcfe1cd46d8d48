package servermtm

import "pop3mtm/mtm/mail"

// fields are the header fields that an entry is made of: the text of the first of each name,
// unfolded, nil when it is missing. They refer to the header that they were read from.
type fields struct {
	from, subject, messageID, received, date []byte
	xPriority, importance, priority          []byte
	notificationTo, receiptTo                []byte
}

// readFields reads a header block in one pass and copies only what is folded: every message of a
// mailbox passes here. Lines that are no fields are left out, the rest is still good.
func readFields(raw []byte) fields {
	var f fields
	for {
		var name, text []byte
		if name, text, raw = mail.NextField(raw); name == nil {
			return f
		}
		if slot := f.slot(name); slot != nil && *slot == nil {
			*slot = mail.Unfold(text)
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
