package servermtm

import (
	"context"
	"fmt"
	"slices"

	"pop3mtm/mtm/pop3"
	"pop3mtm/mtm/progress"
)

// message is one row of what the server lists.
type message struct {
	number  int
	size    int64  // octets as LIST tells; 0 when it does not, since no message has none
	uid     string // "" when UIDL gives none
	unsized bool   // LIST does not tell the size, which is 0 here
}

// listing is the server's mailbox as STAT, LIST and UIDL show it together.
type listing struct {
	messages []message // by number, ascending
	withUIDs bool      // UIDL works
	// complete: the three agree, so that a message that is missing here is gone.
	// Otherwise nothing local is deleted because of this listing (QUIRK 62, 63).
	complete bool
}

// list asks for the mailbox. STAT and LIST must work; without UIDL messages are
// told apart by their headers (behaviour section 4).
func (s *Session) list(ctx context.Context) (*listing, error) {
	const step = "listing the mailbox"
	stat, err := s.wire.Stat(ctx)
	if err != nil {
		return nil, fail(ctx, step, progress.ServerProblem, err)
	}
	s.remote = stat.Count
	if stat.Count == 0 {
		return &listing{withUIDs: true, complete: true}, nil
	}
	sizes, err := s.wire.List(ctx)
	if err != nil {
		return nil, fail(ctx, step, progress.ServerProblem, err)
	}
	if len(sizes) == 0 { // QUIRK 87: a mailbox that lost its list is not an empty one
		return nil, &Fault{Step: step, Code: progress.ServerProblem, Err: fmt.Errorf("LIST gives none of the %d messages that STAT counts", stat.Count)}
	}
	uids, named, err := s.uids(ctx)
	if err != nil {
		return nil, fail(ctx, step, progress.ServerProblem, err)
	}
	l, err := join(sizes, uids, named)
	if err != nil {
		return nil, &Fault{Step: step, Code: progress.ServerProblem, Err: err}
	}
	l.complete = l.complete && len(l.messages) == stat.Count
	s.longest = 0
	for _, m := range l.messages {
		s.longest = max(s.longest, m.size)
	}
	s.limitHeaders()
	return l, nil
}

// join matches LIST and UIDL by message number, never by line order. QUIRK 104: what a row does not say readably is unknown,
// all other rows count, and such a list is not complete.
func join(sizes []pop3.Listing, uids []pop3.UID, withUIDs bool) (*listing, error) {
	l := &listing{withUIDs: withUIDs, complete: true, messages: make([]message, 0, len(sizes))}
	unread := 0 // rows of LIST without a number
	for _, row := range sizes {
		l.complete = l.complete && row.Octets != pop3.UnknownOctets
		if row.Number == 0 {
			unread++
			continue
		}
		l.messages = append(l.messages, message{number: row.Number, size: max(0, row.Octets), unsized: row.Octets == pop3.UnknownOctets})
	}
	if unread > 0 {
		l.addNamed(uids, unread)
	}
	slices.SortFunc(l.messages, func(a, b message) int { return a.number - b.number })
	for i := 1; i < len(l.messages); i++ {
		if l.messages[i].number == l.messages[i-1].number {
			return nil, fmt.Errorf("LIST gives message %d twice", l.messages[i].number)
		}
	}
	if !withUIDs {
		return l, nil
	}
	return l, l.name(uids)
}

// addNamed adds messages that UIDL lists and LIST does not, as many as LIST has rows that cannot be read.
func (l *listing) addNamed(uids []pop3.UID, unread int) {
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

// name gives the messages their unique-ids.
func (l *listing) name(uids []pop3.UID) error {
	named := 0
	for _, row := range uids {
		m := l.find(row.Number)
		switch {
		case row.UID == "":
			l.complete = false
		case m == nil: // in UIDL and not in LIST: it exists all the same
			l.complete = false
		case m.uid != "":
			return fmt.Errorf("UIDL gives message %d twice", row.Number)
		default:
			m.uid = row.UID
			named++
		}
	}
	l.complete = l.complete && named == len(l.messages)
	return nil
}

func (l *listing) find(number int) *message {
	if i := number - 1; i >= 0 && i < len(l.messages) && l.messages[i].number == number { // nearly always
		return &l.messages[i]
	}
	i, ok := slices.BinarySearchFunc(l.messages, number, func(m message, n int) int { return m.number - n })
	if !ok {
		return nil
	}
	return &l.messages[i]
}

// newest keeps the limit highest numbers; a negative limit keeps all.
func (l *listing) newest(limit int) []message {
	if limit < 0 || limit >= len(l.messages) {
		return l.messages
	}
	return l.messages[len(l.messages)-limit:]
}
