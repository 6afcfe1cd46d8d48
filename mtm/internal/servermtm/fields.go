package servermtm

import "pop3mtm/mtm/mail"

// fields holds the header fields for an entry: the unfolded value of the first field of each name,
// nil when it is missing. The values refer to the header that they were read from.
type fields struct {
	from, subject, messageID, received, date []byte
	xPriority, importance, priority          []byte
	notificationTo, receiptTo                []byte
}

// readFields reads a header block in one pass and copies only folded values, since every header of
// a mailbox is read here. It skips lines that are not fields.
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

// longestName is the length of the longest name that slot knows.
const longestName = len("disposition-notification-to")

// slot returns the place for a field with this name, in any case; nil for a
// field that is not needed.
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
