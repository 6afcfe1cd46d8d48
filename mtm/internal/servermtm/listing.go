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

// listing holds the server's mailbox, from STAT, LIST and UIDL. The index of a message counts from
// 0 in the order of the numbers. Only the goroutine that uses the connection may read it.
type listing struct {
	count    int
	numbers  []int32 // nil when they are 1 to count
	sizes    sizes
	uids     names // empty without UIDL
	reader   nameReader
	withUIDs bool // UIDL works
	// complete is true when the three agree, so that a missing message is gone. Otherwise no entry
	// is deleted because of this listing (QUIRK 62, 63).
	complete bool
}

// listed returns a listing of messages that are sorted by number.
func listed(messages []message, withUIDs, complete bool) *listing {
	l := &listing{withUIDs: withUIDs, complete: complete, count: len(messages), numbers: make([]int32, len(messages))}
	for i, m := range messages {
		l.numbers[i] = int32(m.number)
		if l.sizes.add(m.size); m.unsized {
			l.sizes.unsize(i)
		}
		l.uids.add([]byte(m.uid))
	}
	return l
}

func (l *listing) number(i int) int {
	if l.numbers == nil {
		return i + 1
	}
	return int(l.numbers[i])
}

// index returns the index of the message with a number, -1 when it is not listed.
func (l *listing) index(number int) int {
	if i := number - 1; i >= 0 && i < l.count && l.number(i) == number { // nearly always
		return i
	}
	if i, ok := slices.BinarySearch(l.numbers, int32(number)); ok {
		return i
	}
	return -1
}

// uid returns the unique-id of a message, empty when UIDL gives none. It is valid until the next
// call.
func (l *listing) uid(i int) []byte {
	if l.uids.count == 0 {
		return nil
	}
	return l.reader.at(&l.uids, i)
}

// at returns the message with an index.
func (l *listing) at(i int) message {
	size, unsized := l.sizes.at(i)
	return message{number: l.number(i), size: size, uid: string(l.uid(i)), unsized: unsized}
}

// find returns the message with a number, which must be listed.
func (l *listing) find(number int) message { return l.at(l.index(number)) }

// sizeOf returns the size of the message with a number, 0 when LIST gives none or does not list it.
func (l *listing) sizeOf(number int) (size int64, unsized bool) {
	i := l.index(number)
	if i < 0 {
		return 0, false
	}
	return l.sizes.at(i)
}

// newest returns the lowest index of the messages with the highest numbers, at most limit; 0 for a
// negative limit.
func (l *listing) newest(limit int) int {
	if limit < 0 {
		return 0
	}
	return max(0, l.count-limit)
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
	var got intake
	err = s.line.wire.ListEach(ctx, got.size)
	switch {
	case err != nil:
		return nil, fail(ctx, step, symbian.ErrServer, first(refused, err))
	case got.rows() == 0 && refused != nil:
		err = fmt.Errorf("%w; LIST gives no messages either, so it is not known whether there are any", refused)
	case got.rows() == 0: // QUIRK 87: an empty list does not mean an empty mailbox
		err = fmt.Errorf("LIST gives none of the %d messages that STAT counts", stat.Count)
	}
	if err != nil {
		return nil, &Fault{Step: step, Code: symbian.ErrServer, Err: err}
	}
	named, err := s.uids(ctx, &got)
	if err != nil {
		return nil, fail(ctx, step, symbian.ErrServer, err)
	}
	l := got.listing(named)
	if l == nil {
		err = fmt.Errorf("the mailbox has more than %d messages, and LIST and UIDL do not give each in order, with a size and a unique-id", mostOddRows)
		return nil, &Fault{Step: step, Code: symbian.ErrServer, Err: err}
	}
	if refused != nil {
		s.view.remote, l.complete = l.count, false
	}
	l.complete = l.complete && l.count == stat.Count
	s.view.longest = l.sizes.largest
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

// uids requests the unique-ids. named is false when messages are to be identified by their headers.
// For a server that has given unique-ids before and refuses them now it returns an error, since
// otherwise all mail would be fetched again.
func (s *Session) uids(ctx context.Context, got *intake) (named bool, err error) {
	if s.line.settings.IgnoreUIDL {
		return false, nil
	}
	err = s.line.wire.UidlEach(ctx, got.uid)
	if _, refused := errors.AsType[*pop3.ReplyError](err); !refused || errors.Is(err, pop3.ErrTemporary) { // QUIRK 61
		return true, err
	}
	const advice = "%w; the server %s, and without them mail would be fetched twice: try again later, or set ignore-uidl"
	if s.line.wire.Capabilities().Has("UIDL") {
		return false, fmt.Errorf(advice, err, "lists unique-ids")
	}
	known, unread := s.box.knowsUIDs(ctx)
	if known {
		return false, fmt.Errorf(advice, err, "has given unique-ids before")
	}
	return false, unread
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
