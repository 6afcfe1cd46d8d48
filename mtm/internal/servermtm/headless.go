package servermtm

import (
	"context"
	"slices"
	"time"

	"pop3mtm/mtm/store"
)

// Some entries have no header: that of their message broke the connection, or the message did before its header was asked for.

// withHeadless adds the messages of entries without a header to those whose header is asked for, by number, the highest first. Of
// those with the flag Failed it is asked for last.
func (r *refresh) withHeadless(missing []*message) []*message {
	r.headless = make(map[int]store.ID)
	r.late = slices.DeleteFunc(r.late, func(l late) bool { return l.header })
	for i, ref := range r.local {
		number := int(r.claimed[i])
		if number == 0 || ref.Kind != store.BodyNone || r.skip[ref.ID] {
			continue
		}
		if ref.Flags.Has(store.Failed) {
			r.late = append(r.late, late{
				item:   item{id: ref.ID, uid: ref.UID, number: number, size: ref.Size, visits: r.breaks[ref.ID]},
				header: true,
			})
			continue
		}
		r.headless[number] = ref.ID
		missing = append(missing, r.server.find(number))
	}
	if len(r.headless) > 0 {
		slices.SortFunc(missing, func(a, b *message) int { return b.number - a.number })
	}
	return missing
}

// claimBroken takes the entry of a message without a name that broke a visit, by its size: its header must not be asked for.
func (r *refresh) claimBroken(m *message) bool {
	if len(r.breaks) == 0 {
		return false
	}
	for i, ref := range r.local {
		if r.claimed[i] == 0 && ref.Size == m.size && r.breaks[ref.ID] > 0 && byHeader(ref) {
			r.take(i, m.number)
			return true
		}
	}
	return false
}

// sameSize finds the entry of a message without a name that no header has claimed, 0 for none.
func (r *refresh) sameSize(size int64) store.ID {
	for i, ref := range r.local {
		if r.claimed[i] == 0 && ref.Size == size && byHeader(ref) {
			return ref.ID
		}
	}
	return 0
}

// addHeader gives an entry without a header the one that has come.
func (s *headerSink) addHeader(b *store.Batch, id store.ID, row headerRow, raw []byte) (*store.Entry, error) {
	e, err := s.Store.Entry(context.Background(), id)
	if err != nil {
		return nil, err
	}
	s.complete(&e, raw)
	e.Body = row.body
	row.carries.Mark(&e)
	if e.Body.Kind == store.BodyNone {
		if e.Body, err = writeBody(b, s.origin(e.UID), raw); err != nil {
			return nil, err
		}
	}
	b.Update(&e)
	return &e, nil
}

// complete fills an entry from a header.
func (s *Session) complete(e *store.Entry, raw []byte) {
	named := !byHeader(store.Ref{UID: e.UID, Size: e.Size})
	newHeaderReader(time.Now, s.settings.Charset).fill(e, raw)
	e.Flags = e.Flags.Without(store.Failed)
	if !named {
		e.UID = headerUID(e.MessageID, e.Size)
	}
}

// fillEntry fills an entry of the store from a header.
func (w *work) fillEntry(ctx context.Context, b *store.Batch, id store.ID, raw []byte) error {
	e, err := w.Store.Entry(ctx, id)
	if err != nil {
		return err
	}
	w.complete(&e, raw)
	if e.Body.Kind == store.BodyNone {
		e.Body, err = writeBody(b, w.origin(e.UID), raw)
	}
	b.Update(&e)
	return err
}
