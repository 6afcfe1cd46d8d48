package servermtm

import (
	"slices"

	"pop3mtm/mtm/pop3"
)

// join matches LIST and UIDL by message number, never by the order of rows. QUIRK 104: a value that
// cannot be read, or that differs between two rows with one number, is unknown. The other rows
// count, but the listing is not complete.
func join(sizes []pop3.Listing, uids []pop3.UID, withUIDs bool) *listing {
	l := &joined{complete: true, messages: make([]message, 0, len(sizes))}
	unread := 0 // rows of LIST without a number
	for _, row := range sizes {
		l.complete = l.complete && row.Octets != pop3.UnknownOctets
		if row.Number == 0 {
			unread++
			continue
		}
		l.messages = append(l.messages, message{number: row.Number, size: max(0, row.Octets), unsized: row.Octets == pop3.UnknownOctets})
	}
	l.sort()
	if unread += l.merge(); unread > 0 {
		l.addNamed(uids, unread)
		l.sort()
	}
	if withUIDs {
		l.name(uids)
	}
	return listed(l.messages, withUIDs, l.complete)
}

// joined is a listing that is being made.
type joined struct {
	messages []message // by number, ascending
	complete bool
}

func (l *joined) sort() {
	slices.SortFunc(l.messages, func(a, b message) int { return a.number - b.number })
}

// merge makes one message of rows with the same number. It returns the number of rows removed,
// since each may have been meant for another message.
func (l *joined) merge() (gone int) {
	kept := l.messages[:0]
	for _, m := range l.messages {
		last := len(kept) - 1
		if last < 0 || kept[last].number != m.number {
			kept = append(kept, m)
			continue
		}
		if gone++; kept[last].size != m.size {
			kept[last].size, kept[last].unsized, l.complete = 0, true, false
		}
	}
	l.messages = kept
	return gone
}

// addNamed adds messages that UIDL lists and LIST does not, at most as many as
// LIST has unreadable rows.
func (l *joined) addNamed(uids []pop3.UID, unread int) {
	listed := make(map[int]bool, len(l.messages))
	for _, m := range l.messages {
		listed[m.number] = true
	}
	for _, row := range uids {
		if unread > 0 && row.UID != "" && !listed[row.Number] {
			l.messages = append(l.messages, message{number: row.Number})
			listed[row.Number] = true
			unread--
		}
	}
}

// name assigns their unique-ids to the messages.
func (l *joined) name(uids []pop3.UID) {
	named := 0
	contradicted := make(map[int]bool)
	for _, row := range uids {
		m := l.find(row.Number)
		switch {
		case row.UID == "":
			l.complete = false
		case m == nil: // in UIDL but not in LIST: the message still exists
			l.complete = false
		case m.uid == row.UID || contradicted[row.Number]:
		case m.uid != "":
			m.uid, contradicted[row.Number] = "", true
			named--
		default:
			m.uid = row.UID
			named++
		}
	}
	l.complete = l.complete && named == len(l.messages)
}

// find returns the message with a number, or nil.
func (l *joined) find(number int) *message {
	i, ok := slices.BinarySearchFunc(l.messages, number, func(m message, n int) int { return m.number - n })
	if !ok {
		return nil
	}
	return &l.messages[i]
}
