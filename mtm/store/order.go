package store

import (
	"cmp"
	"context"
	"database/sql/driver"
	"fmt"
	"math"
	"slices"
	"time"
)

// Order says which children of an entry EachIn visits, and in which order. The zero value visits
// all of them by their ids.
type Order struct {
	// ByDate visits them by their dates, those without a date first. Among entries with the same
	// date, a refresh and a get give the newest one the lowest id; messages written here, in
	// Outbox, Drafts and Sent, get rising ids.
	ByDate   bool
	Backward bool      // the last first
	Since    time.Time // leaves out those with an earlier date, or with none; the zero time leaves out none
	Flags    Flags     // leaves out those that have none of these flags; 0 leaves out none
}

// EachIn is Each in another order. It reads entries only when their turn comes, so an error of f
// saves reading the rest; by date it holds 16 octets for each child.
func (s *Store) EachIn(ctx context.Context, parent ID, o Order, f func(*Entry) error) error {
	v := visit{Order: o, f: f}
	err := s.index.snapshot(ctx, func(c *conn) error {
		all, err := c.shown(ctx)
		if err != nil {
			return err
		}
		v.how = all[parent]
		if o.ByDate {
			return v.byDate(ctx, c, parent)
		}
		return v.byID(ctx, c, parent)
	})
	return cmp.Or(err, v.bad)
}

// visit is one call of EachIn.
type visit struct {
	Order
	how shown
	f   func(*Entry) error
	row entryRow
	bad error // of the first row that is damaged
}

// read reads a row; false when it is damaged or has none of the flags.
func (v *visit) read(row []driver.Value, e *Entry) bool {
	if err := v.row.readSound(row, e); err != nil {
		v.bad = cmp.Or(v.bad, err)
		return false
	}
	e.Flags = v.how.seen(e.ID, e.Flags)
	return v.Flags == 0 || e.Flags&v.Flags != 0
}

// rowFlags returns the flags of which a row must have one: readers may see fewer flags than the row
// has, but only Invisible in addition.
func (o Order) rowFlags() Flags {
	if o.Flags.Has(Invisible) {
		return 0
	}
	return o.Flags
}

const withFlags = " AND (?1 = 0 OR flags & ?1)"

// since returns a condition for the date.
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
	return c.query(ctx, v.idQuery(), func(row []driver.Value) error {
		if !v.read(row, &e) {
			return nil
		}
		return v.f(&e)
	}, v.rowFlags(), parent)
}

func (o Order) dateQuery() string { return "SELECT id, date FROM entries WHERE parent = ?" + o.since() }

// dated is an entry in the order of dates; tie is its id, negated where the highest comes first.
type dated struct{ date, tie int64 }

func (d dated) id() ID { return ID(max(d.tie, -d.tie)) }

func (v *visit) byDate(ctx context.Context, c *conn, parent ID) error {
	sign := int64(-1)
	if parent == Outbox || parent == Drafts || parent == Sent {
		sign = 1
	}
	var list []dated
	err := c.query(ctx, v.dateQuery(), func(row []driver.Value) error {
		d := dated{math.MinInt64, sign * asInt(row[0])}
		if date, ok := row[1].(int64); ok {
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

// inOrder visits the entries of one chunk, which one statement reads.
func (v *visit) inOrder(ctx context.Context, c *conn, list []dated) error {
	ids := make([]ID, len(list))
	for i, d := range list {
		ids[i] = d.id()
	}
	found := make(map[ID]*Entry, len(list))
	err := c.chunks("SELECT "+rowColumns+" FROM entries WHERE true"+withFlags+" AND id IN", ids, int64(v.rowFlags()), 0,
		func(query string, args []driver.NamedValue) error {
			return c.queryValues(ctx, query, func(row []driver.Value) error {
				if e := new(Entry); v.read(row, e) {
					found[e.ID] = e
				}
				return nil
			}, args)
		})
	for _, id := range ids {
		if e := found[id]; e != nil && err == nil {
			err = v.f(e)
		}
	}
	return err
}
