package store

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"time"
)

// Order selects the children that EachIn visits, and their order. The zero value selects all
// children in the order of their ids.
type Order struct {
	// ByDate orders the children by date, those without a date first. Children with the same date
	// are ordered by id: the newest has the highest id in Outbox, Drafts and Sent, and the lowest
	// id elsewhere, since a session stores the newest first.
	ByDate   bool
	Backward bool      // reverse the order
	Since    time.Time // skip children with an earlier date or without a date; the zero time skips none
	Flags    Flags     // skip children that have none of these flags; 0 skips none
}

// EachIn calls f for the selected children of parent in the given order; see Each. It reads only a
// few entries more than f has seen, so an error of f saves reading the rest. By date it needs 16
// octets of memory for each child.
func (s *Store) EachIn(ctx context.Context, parent ID, o Order, f func(*Entry) error) error {
	v := visit{Order: o}
	err := s.index.snapshot(ctx, func(c *conn) error {
		all, err := c.shown(ctx)
		if err != nil {
			return err
		}
		v.how = all[parent]
		return ahead(func(pass func(*Entry) error) error {
			v.f = pass
			if o.ByDate {
				return v.byDate(ctx, c, parent)
			}
			return v.byID(ctx, c, parent)
		}, f)
	})
	return cmp.Or(err, v.bad)
}

// visit holds the state of one call of EachIn.
type visit struct {
	Order
	how shown
	f   func(*Entry) error
	row entryRow
	bad error // about the first damaged row

	entries []Entry // of one chunk
}

// read reads a row. It returns false when the row is damaged or has none of the selected flags.
func (v *visit) read(row cells, e *Entry) bool {
	if err := v.row.readSound(row, e); err != nil {
		v.bad = cmp.Or(v.bad, err)
		return false
	}
	e.Flags = v.how.seen(e.ID, e.Flags)
	return v.Flags == 0 || e.Flags&v.Flags != 0
}

// rowFlags returns the flags of which a stored row must have one. Readers may see fewer flags than
// are stored, and in addition only unready ones.
func (o Order) rowFlags() Flags {
	if o.Flags&unready != 0 {
		return 0
	}
	return o.Flags
}

const withFlags = " AND (?1 = 0 OR flags & ?1)"

// since returns an SQL condition for the date.
func (o Order) since() string {
	if o.Since.IsZero() {
		return ""
	}
	return fmt.Sprintf(" AND date >= %d", o.Since.Add(time.Second-1).Unix())
}

func (o Order) idQuery() string {
	return "SELECT " + rowColumns + " FROM entries WHERE parent = ?2" + withFlags + o.since() + " ORDER BY id" + o.direction()
}

func (o Order) direction() string {
	if o.Backward {
		return " DESC"
	}
	return ""
}

func (v *visit) byID(ctx context.Context, c *conn, parent ID) error {
	var e Entry
	return c.query(ctx, v.idQuery(), func(row cells) error {
		if !v.read(row, &e) {
			return nil
		}
		return v.f(&e)
	}, v.rowFlags(), parent)
}

func (o Order) dateQuery() string { return "SELECT id, date FROM entries WHERE parent = ?" + o.since() }

// dated is a child to be sorted by date. tie is its id, negated where the highest id comes first.
type dated struct{ date, tie int64 }

func (d dated) id() ID { return ID(max(d.tie, -d.tie)) }

func (v *visit) byDate(ctx context.Context, c *conn, parent ID) error {
	sign := int64(-1)
	if parent == Outbox || parent == Drafts || parent == Sent {
		sign = 1
	}
	var list []dated
	err := c.query(ctx, v.dateQuery(), func(row cells) error {
		d := dated{math.MinInt64, sign * row.int(0)}
		if date, ok := row.number(1); ok {
			d.date = date
		}
		list = append(list, d)
		return nil
	}, parent)
	slices.SortFunc(list, func(a, b dated) int { return cmp.Or(cmp.Compare(a.date, b.date), cmp.Compare(a.tie, b.tie)) })
	if v.Backward {
		slices.Reverse(list)
	}
	for some := range slices.Chunk(list, manyIDs) {
		if err == nil {
			err = v.inOrder(ctx, c, some)
		}
	}
	return err
}

// inOrder visits the entries of one chunk, which it reads with one statement.
func (v *visit) inOrder(ctx context.Context, c *conn, list []dated) error {
	ids := make([]ID, len(list))
	for i, d := range list {
		ids[i] = d.id()
	}
	sorted := slices.Sorted(slices.Values(ids))
	if v.entries == nil {
		v.entries = make([]Entry, manyIDs)
	}
	clear(v.entries)
	var e Entry
	read := func(row cells) error { //nolint:unparam // queries can stop at an error
		if i, wanted := slices.BinarySearch(sorted, ID(row.int(0))); wanted && v.read(row, &e) {
			v.entries[i] = e
		}
		return nil
	}
	const query = " FROM entries WHERE true" + withFlags + " AND id "
	var err error
	if first, last := sorted[0], sorted[len(sorted)-1]; int(last-first) < 2*len(sorted) { // without a search for each row
		err = c.query(ctx, "SELECT "+rowColumns+query+"BETWEEN ?2 AND ?3", read, v.rowFlags(), first, last)
	} else {
		err = c.chunks("SELECT "+rowColumns+query+"IN", ids, int64(v.rowFlags()), 0, func(query string, args []value) error {
			return c.run(ctx, query, args, read)
		})
	}
	for _, id := range ids {
		i, _ := slices.BinarySearch(sorted, id)
		if v.entries[i].ID == id && err == nil {
			err = v.f(&v.entries[i])
		}
	}
	return err
}
