package servermtm

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"pop3mtm/mtm/pop3"
	"pop3mtm/mtm/store"
	"pop3mtm/mtm/symbian"
)

// listing holds the server's mailbox, from STAT, LIST and UIDL.
type listing struct {
	messages []message // by number, ascending
	withUIDs bool      // UIDL works
	// complete is true when the three agree, so that a missing message is gone. Otherwise no entry
	// is deleted because of this listing (QUIRK 62, 63).
	complete bool
}

// list requests the mailbox. LIST must work; without UIDL messages are identified by their headers
// (behaviour section 4).
func (s *Session) list(ctx context.Context) (*listing, error) {
	const step = "listing the mailbox"
	stat, refused, err := s.stat(ctx)
	if err != nil {
		return nil, fail(ctx, step, symbian.ErrServer, err)
	}
	if s.view.remote = stat.Count; refused == nil && stat.Count == 0 {
		return &listing{withUIDs: true, complete: true}, nil
	}
	sizes, err := s.line.wire.List(ctx)
	switch {
	case err != nil:
		return nil, fail(ctx, step, symbian.ErrServer, first(refused, err))
	case len(sizes) == 0 && refused != nil:
		err = fmt.Errorf("%w; LIST gives no messages either, so it is not known whether there are any", refused)
	case len(sizes) == 0: // QUIRK 87: an empty list does not mean an empty mailbox
		err = fmt.Errorf("LIST gives none of the %d messages that STAT counts", stat.Count)
	}
	if err != nil {
		return nil, &Fault{Step: step, Code: symbian.ErrServer, Err: err}
	}
	uids, named, err := s.uids(ctx)
	if err != nil {
		return nil, fail(ctx, step, symbian.ErrServer, err)
	}
	l := join(sizes, uids, named)
	if refused != nil {
		s.view.remote, l.complete = len(l.messages), false
	}
	l.complete = l.complete && len(l.messages) == stat.Count
	s.view.longest = 0
	for _, m := range l.messages {
		s.view.longest = max(s.view.longest, m.size)
	}
	s.limitHeaders()
	return l, nil
}

// stat requests the number of messages. A refusal is an error, since it may be temporary.
// QUIRK 109: a server that refuses STAT in every visit may still have mail: from the second refusal
// in a row on, only LIST counts.
func (s *Session) stat(ctx context.Context) (stat pop3.Stat, refused, err error) {
	stat, err = s.line.wire.Stat(ctx)
	_, known := s.server.facts[store.FactNoStat]
	e, is := errors.AsType[*pop3.ReplyError](err)
	is = is && e.Code == ""
	switch {
	case is && known:
		return stat, e, nil
	case is:
		b := s.box.Store.NewBatch()
		b.SetFact(s.box.Service, store.FactNoStat, 1)
		return stat, nil, first(commit(b), fmt.Errorf("%w; if the server refuses STAT in the next connection too, only LIST is used", err))
	case err == nil && known:
		delete(s.server.facts, store.FactNoStat)
		b := s.box.Store.NewBatch()
		b.DropFact(s.box.Service, store.FactNoStat)
		return stat, nil, commit(b)
	}
	return stat, nil, err
}

// join matches LIST and UIDL by message number, never by the order of rows. QUIRK 104: a value that
// cannot be read, or that differs between two rows with one number, is unknown. The other rows
// count, but the listing is not complete.
func join(sizes []pop3.Listing, uids []pop3.UID, withUIDs bool) *listing {
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
	l.sort()
	if unread += l.merge(); unread > 0 {
		l.addNamed(uids, unread)
		l.sort()
	}
	if withUIDs {
		l.name(uids)
	}
	return l
}

func (l *listing) sort() {
	slices.SortFunc(l.messages, func(a, b message) int { return a.number - b.number })
}

// merge makes one message of rows with the same number. It returns the number of rows removed,
// since each may have been meant for another message.
func (l *listing) merge() (gone int) {
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

// name assigns their unique-ids to the messages.
func (l *listing) name(uids []pop3.UID) {
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

// newest returns the messages with the highest numbers, at most limit; all for a negative limit.
func (l *listing) newest(limit int) []message {
	if limit < 0 || limit >= len(l.messages) {
		return l.messages
	}
	return l.messages[len(l.messages)-limit:]
}

// uids requests the unique-ids. named is false when messages are to be identified by their headers.
// For a server that has given unique-ids before and refuses them now it returns an error, since
// otherwise all mail would be fetched again.
func (s *Session) uids(ctx context.Context) (uids []pop3.UID, named bool, err error) {
	if s.line.settings.IgnoreUIDL {
		return nil, false, nil
	}
	uids, err = s.line.wire.Uidl(ctx)
	if _, refused := errors.AsType[*pop3.ReplyError](err); !refused || errors.Is(err, pop3.ErrTemporary) { // QUIRK 61
		return uids, true, err
	}
	const advice = "%w; the server %s, and without them mail would be fetched twice: try again later, or set ignore-uidl"
	if s.line.wire.Capabilities().Has("UIDL") {
		return nil, false, fmt.Errorf(advice, err, "lists unique-ids")
	}
	known, unread := s.box.knowsUIDs(ctx)
	if known {
		return nil, false, fmt.Errorf(advice, err, "has given unique-ids before")
	}
	return nil, false, unread
}

// knowsUIDs reports whether an entry or a copy has a unique-id that the server gave.
func (m *Mailbox) knowsUIDs(ctx context.Context) (bool, error) {
	folders, err := m.folders(ctx)
	for _, parent := range append([]store.ID{m.Service}, folders...) {
		refs, failed := m.Store.UIDs(ctx, parent, m.Service, 0)
		if err = first(err, failed); err != nil {
			break
		}
		for _, ref := range refs {
			if !byHeader(ref) {
				return true, nil
			}
		}
	}
	return false, err
}

// folders returns the folders that may have copies.
func (m *Mailbox) folders(ctx context.Context) (list []store.ID, err error) {
	list = []store.ID{store.Local}
	for i := 0; i < len(list) && err == nil; i++ {
		err = m.Store.Each(ctx, list[i], func(e *store.Entry) error {
			if e.Type == store.TypeFolder {
				list = append(list, e.ID)
			}
			return nil
		})
	}
	return list, err
}
