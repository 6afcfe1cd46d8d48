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

// listing is the server's mailbox as STAT, LIST and UIDL show it together.
type listing struct {
	messages []message // by number, ascending
	withUIDs bool      // UIDL works
	// complete: the three agree, so that a message that is missing here is gone.
	// Otherwise nothing local is deleted because of this listing (QUIRK 62, 63).
	complete bool
}

// list asks for the mailbox. LIST must work; without UIDL messages are identified by their headers
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
		err = fmt.Errorf("%w; LIST gives no messages either, so whether there are any is not known", refused)
	case len(sizes) == 0: // QUIRK 87: a mailbox that lost its list is not an empty one
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

// stat asks how many messages there are. A refusal is an error, since that may be a trouble of
// today's. QUIRK 109: a server that refuses STAT in each visit may have mail all the same: from the
// second visit in a row on LIST alone says what there is.
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
		return stat, nil, first(commit(b), fmt.Errorf("%w; if it refuses that in the next connection too, LIST is used without it", err))
	case err == nil && known:
		delete(s.server.facts, store.FactNoStat)
		b := s.box.Store.NewBatch()
		b.DropFact(s.box.Service, store.FactNoStat)
		return stat, nil, commit(b)
	}
	return stat, nil, err
}

// join matches LIST and UIDL by message number, never by line order. QUIRK 104: what a row does not
// say readably, or two rows of one number say differently, is unknown; all other rows count, and
// such a list is not complete.
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

// merge makes one message of rows with the same number, and returns how many rows are gone: each
// may have been meant for another message.
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

// addNamed adds messages that UIDL lists and LIST does not, as many as LIST has
// rows that cannot be read.
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
func (l *listing) name(uids []pop3.UID) {
	named := 0
	contradicted := make(map[int]bool)
	for _, row := range uids {
		m := l.find(row.Number)
		switch {
		case row.UID == "":
			l.complete = false
		case m == nil: // in UIDL and not in LIST: it exists all the same
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

// newest keeps the limit highest numbers; a negative limit keeps all.
func (l *listing) newest(limit int) []message {
	if limit < 0 || limit >= len(l.messages) {
		return l.messages
	}
	return l.messages[len(l.messages)-limit:]
}

// uids asks for the unique-ids. named is false when messages are to be named by their
// headers. A server that has unique-ids, and refuses them now, is not: all mail would come
// again under other names.
func (s *Session) uids(ctx context.Context) (uids []pop3.UID, named bool, err error) {
	if s.line.settings.IgnoreUIDL {
		return nil, false, nil
	}
	uids, err = s.line.wire.Uidl(ctx)
	if _, refused := errors.AsType[*pop3.ReplyError](err); !refused || errors.Is(err, pop3.ErrTemporary) { // QUIRK 61
		return uids, true, err
	}
	const advice = "%w; it %s, and without them mail would come twice: try again later, or set ignore-uidl"
	if s.line.wire.Capabilities().Has("UIDL") {
		return nil, false, fmt.Errorf(advice, err, "lists unique-ids")
	}
	known, unread := s.box.knowsUIDs(ctx)
	if known {
		return nil, false, fmt.Errorf(advice, err, "has told unique-ids before")
	}
	return nil, false, unread
}

// knowsUIDs says whether an entry or a copy of one has a name that the server gave.
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

// folders are all that copies may be in.
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
