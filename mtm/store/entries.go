package store

import (
	"context"
	"fmt"
)

// Entry returns the entry with an id. The error is ErrNotFound, or ErrCorrupt when its row is
// damaged.
func (s *Store) Entry(ctx context.Context, id ID) (Entry, error) {
	var e Entry
	var r entryRow
	err := s.index.read(ctx, func(c *conn) error {
		return c.query(ctx, "SELECT "+shownColumns+" FROM entries"+withShown+"WHERE id = ?",
			func(row cells) error { return r.readShown(row, &e) }, id)
	})
	if err == nil && e.ID == 0 {
		err = fmt.Errorf("entry %d: %w", id, ErrNotFound)
	}
	return e, err
}

// Entries returns the entries with these ids, in the order of ids. The error is ErrNotFound when
// one does not exist, or ErrCorrupt when a row is damaged.
func (s *Store) Entries(ctx context.Context, ids []ID) ([]Entry, error) {
	var r entryRow
	var e Entry
	found := make(map[ID]Entry, len(ids))
	err := s.index.read(ctx, func(c *conn) error {
		return c.queryChunks(ctx, "SELECT "+shownColumns+" FROM entries"+withShown+"WHERE id IN", ids,
			func(row cells) error {
				err := r.readShown(row, &e)
				found[e.ID] = e
				return err
			})
	})
	if err != nil {
		return nil, err
	}
	list := make([]Entry, len(ids))
	for i, id := range ids {
		var ok bool
		if list[i], ok = found[id]; !ok {
			return nil, fmt.Errorf("entry %d: %w", id, ErrNotFound)
		}
	}
	return list, nil
}

// Children returns the children of parent in the order of their ids. The list is empty when parent
// does not exist.
func (s *Store) Children(ctx context.Context, parent ID) ([]Entry, error) {
	var list []Entry
	err := s.Each(ctx, parent, func(e *Entry) error { list = append(list, *e); return nil })
	return list, err
}

// Each calls f for each child of parent in the order of their ids, as they were when the call
// began. It does not hold them all in memory. When f returns an error, Each returns it. f must not
// keep the pointer; it may use the store.
//
// Each skips a child whose row is damaged, and returns ErrCorrupt after the others.
func (s *Store) Each(ctx context.Context, parent ID, f func(*Entry) error) error {
	return s.EachIn(ctx, parent, Order{}, f)
}

// UIDs returns the children of parent that belong to service and have a UID, in the order of their
// ids. Unless flags is 0, they must have one of these flags. A UID may occur twice, as on some
// servers.
func (s *Store) UIDs(ctx context.Context, parent, service ID, flags Flags) ([]Ref, error) {
	var list []Ref
	err := s.EachUID(ctx, parent, service, flags, func(ref *Ref) { list = append(list, *ref) })
	return list, err
}

// EachUID calls f for each entry that UIDs returns. f must not keep the pointer. A search for New,
// Unread, Pending or PendingPopulate does not read the rows of older messages without them.
func (s *Store) EachUID(ctx context.Context, parent, service ID, flags Flags, f func(*Ref)) error {
	return s.index.snapshot(ctx, func(c *conn) error {
		all, err := c.shown(ctx)
		if err != nil {
			return err
		}
		how := all[parent]
		var ref Ref
		visit := func(row cells) error { //nolint:unparam // queries can stop at an error
			ref = Ref{ID: ID(row.int(0)), Size: row.int(1), Flags: Flags(row.int(2)), Kind: BodyKind(row.int(3))}
			if ref.Flags = how.aged(ref.ID, ref.Flags); flags == 0 || ref.Flags&flags != 0 {
				ref.UID = row.text(4)
				f(&ref)
			}
			return nil
		}
		for _, part := range how.searches(flags) {
			if err = c.query(ctx, part.query(), visit, append([]any{parent, service}, part.args...)...); err != nil {
				return err
			}
		}
		return nil
	})
}

// query returns the query of a part of a search for entries with a UID.
func (part search) query() string {
	return "SELECT id, size, flags, body_kind, uid FROM entries WHERE parent = ?1 AND service = ?2 AND uid <> ''" +
		part.condition + " ORDER BY id"
}

// Counts holds numbers of messages directly below an entry.
type Counts struct{ Messages, Unread, New int }

// Count returns the numbers of messages directly below parent, including invisible ones. They are 0
// when parent does not exist.
func (s *Store) Count(ctx context.Context, parent ID) (Counts, error) {
	var n Counts
	err := s.index.read(ctx, func(c *conn) error {
		return c.query(ctx, `SELECT count(*), count(CASE WHEN `+shownFlags+` & ?2 THEN 1 END), count(CASE WHEN `+shownFlags+` & ?3 THEN 1 END)
			FROM entries`+withShown+`WHERE parent = ?1 AND type = ?4`, func(row cells) error {
			n = Counts{int(row.int(0)), int(row.int(1)), int(row.int(2))}
			return nil
		}, parent, Unread, New, int(TypeMessage))
	})
	return n, err
}
