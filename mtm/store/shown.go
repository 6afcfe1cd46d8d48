package store

import (
	"context"
	"fmt"
)

// shown holds how readers see the children of a service. So a session changes one row instead of
// one for each message.
type shown struct {
	hidden        bool
	newFrom       ID // children with lower ids are not New, whatever their stored flags
	unreadFrom    ID // the same for Unread
	preparingFrom ID // children with this id or a higher one are unready; 0 for none
}

// unready are the flags of entries that are still being written.
const unready = Invisible | InPreparation

// soundShown is a condition for undamaged rows of the table shown. Damaged rows are ignored.
const soundShown = "sum = account + hidden + new_from + unread_from + preparing_from"

// withShown joins the table shown to entries, for shownFlags and agedFlags. For entries of one
// parent, shown.seen and shown.aged are faster.
const withShown = " LEFT JOIN shown ON account = parent AND " + soundShown + " "

var (
	// shownFlags is an SQL expression for the flags that readers see.
	shownFlags = fmt.Sprintf("iif(hidden, (%s | %d) & ~%d, %[1]s)", agedFlags(""), Invisible, Unread)
	// shownColumns lists the columns for entryRow.readShown.
	shownColumns = rowColumns + ", " + shownFlags
)

// agedFlags returns an SQL expression for the flags of an entry that is not hidden. prefix names
// the table.
func agedFlags(prefix string) string {
	return fmt.Sprintf("((%[1]sflags & ~(iif(%[1]sid < new_from, %[2]d, 0) | iif(%[1]sid < unread_from, %[3]d, 0)))"+
		" | iif(preparing_from > 0 AND %[1]sid >= preparing_from, %[4]d, 0))", prefix, New, Unread, unready)
}

// aged returns the flags of a child as readers see them when it is not hidden.
func (s shown) aged(id ID, flags Flags) Flags {
	if id < s.newFrom {
		flags &^= New
	}
	if id < s.unreadFrom {
		flags &^= Unread
	}
	if s.preparingFrom > 0 && id >= s.preparingFrom {
		flags |= unready
	}
	return flags
}

// lasting splits flags for a search: children with an id below from have none of them, unless they
// have one of rest.
func (s shown) lasting(flags Flags) (rest Flags, from ID) {
	from = 1 << 62
	for flag, aged := range map[Flags]ID{New: s.newFrom, Unread: s.unreadFrom} {
		if flags.Has(flag) {
			from = min(from, aged)
		}
	}
	return flags &^ (New | Unread), from
}

// waiting are the flags that few entries have. An index finds these, see schemaWaiting.
const waiting = Pending | PendingPopulate

// search is a part of a search for flags: an SQL condition, and its arguments from ?3 on.
type search struct {
	condition string
	args      []any
}

// searches returns the parts of a search for children that have one of the flags. Together they
// select each row that may have one, once and in the order of the ids.
func (s shown) searches(flags Flags) (parts []search) {
	if (Order{Flags: flags}).rowFlags() == 0 {
		return []search{{}}
	}
	rest, from := s.lasting(flags)
	if rest != 0 && from > 0 {
		older := search{" AND id < ?3 AND flags & ?4", []any{from, rest}}
		if rest&^waiting == 0 {
			older.condition += fmt.Sprintf(" AND flags & %d", waiting)
		}
		parts = append(parts, older)
	}
	if flags != rest {
		parts = append(parts, search{" AND id >= ?3 AND flags & ?4", []any{from, flags}})
	}
	return parts
}

// hides reports whether age would hide flags that are to be set in an entry.
func (s shown) hides(id ID, flags Flags) bool { return flags&^s.aged(id, flags) != 0 }

// seen returns the flags of a child as readers see them.
func (s shown) seen(id ID, flags Flags) Flags {
	if flags = s.aged(id, flags); s.hidden {
		flags = flags&^Unread | Invisible
	}
	return flags
}

// shown returns how readers see the children of services. For a service that is not in the map they
// see the stored flags.
func (c *conn) shown(ctx context.Context) (map[ID]shown, error) {
	return c.readShown(ctx, "SELECT account, hidden, new_from, unread_from, preparing_from FROM shown WHERE "+soundShown)
}

// shownHere does the same for an index of another version.
func (c *conn) shownHere(ctx context.Context) (map[ID]shown, error) {
	here, err := c.columnsOf(ctx, "shown")
	if err != nil || here["preparing_from"] {
		return c.shown(ctx)
	}
	return c.readShown(ctx, "SELECT account, hidden, new_from, unread_from, 0 FROM shown WHERE sum = account + hidden + new_from + unread_from")
}

func (c *conn) readShown(ctx context.Context, query string) (map[ID]shown, error) {
	all := make(map[ID]shown)
	err := c.query(ctx, query, func(row cells) error {
		all[ID(row.int(0))] = shown{row.int(1) != 0, ID(row.int(2)), ID(row.int(3)), ID(row.int(4))}
		return nil
	})
	return all, err
}

// Hidden reports whether the service's children are hidden, by Hide without a later Show.
func (s *Store) Hidden(ctx context.Context, service ID) (hidden bool, err error) {
	err = s.index.read(ctx, func(c *conn) error {
		all, failed := c.shown(ctx)
		hidden = all[service].hidden
		return failed
	})
	return hidden, err
}

// allShown returns the result of conn.shown, which it reads once per commit.
func (t *tree) allShown() (map[ID]shown, error) {
	if t.shown == nil {
		all, err := t.c.shown(context.Background())
		if err != nil {
			return nil, err
		}
		t.shown = all
	}
	return t.shown, nil
}

// setShown changes how readers see the children of a service.
func (t *tree) setShown(service ID, change func(s *shown)) error {
	all, err := t.allShown()
	if err != nil {
		return err
	}
	now := all[service]
	if change(&now); now == all[service] {
		return nil
	}
	if err = t.exists(service); err != nil {
		return err
	}
	all[service] = now
	_, err = t.c.exec(context.Background(), "INSERT OR REPLACE INTO shown VALUES (?, ?, ?, ?, ?, ?)", service, now.hidden, now.newFrom, now.unreadFrom,
		int64(service)+boolInt(now.hidden)+int64(now.newFrom+now.unreadFrom+now.preparingFrom), now.preparingFrom)
	return err
}

func (t *tree) hide(service ID) error {
	return t.setShown(service, func(s *shown) { s.hidden = true })
}

func (t *tree) show(service ID) error {
	return t.setShown(service, func(s *shown) { s.hidden, s.preparingFrom = false, 0 })
}

// prepare makes children that are added from now on unready, until show.
func (t *tree) prepare(service ID) error {
	return t.setShown(service, func(s *shown) {
		if s.preparingFrom == 0 {
			s.preparingFrom = t.nextID
		}
	})
}

// age clears New, Unread or both of the children of a service with ids below before.
func (t *tree) age(service, before ID, flags Flags) error {
	before = min(before, t.nextID) // entries that are added later are not affected
	return t.setShown(service, func(s *shown) {
		if flags.Has(New) {
			s.newFrom = max(s.newFrom, before)
		}
		if flags.Has(Unread) {
			s.unreadFrom = max(s.unreadFrom, before)
		}
	})
}

// settle clears the flags that age has cleared in the rows of a service's children too, because one
// of them is to be New or Unread again.
func (t *tree) settle(service ID, s shown) error {
	if err := t.insert(); err != nil { // entries of this batch may be among them
		return err
	}
	query := "UPDATE entries SET " + assign(assignment{"flags", "flags & ~?1"}) + " WHERE parent = ?2 AND id < ?3 AND flags & ?1 <> 0"
	for flag, from := range map[Flags]ID{New: s.newFrom, Unread: s.unreadFrom} {
		if from == 0 {
			continue
		}
		if _, err := t.c.exec(context.Background(), query, flag, service, from); err != nil {
			return err
		}
	}
	return t.setShown(service, func(s *shown) { s.newFrom, s.unreadFrom = 0, 0 })
}

// settleFor calls settle when age would hide flags that are to be set in an entry.
func (t *tree) settleFor(id, parent ID, flags Flags) error {
	if flags&(New|Unread) == 0 {
		return nil
	}
	all, err := t.allShown()
	if s, ok := all[parent]; ok && err == nil && s.hides(id, flags) {
		err = t.settle(parent, s)
	}
	return err
}

// settleAll does the same for many entries.
func (t *tree) settleAll(ids []ID, flags Flags) error {
	if flags&(New|Unread) == 0 {
		return nil
	}
	all, err := t.allShown()
	for service, s := range all {
		if err != nil {
			break
		}
		if s.newFrom+s.unreadFrom == 0 {
			continue
		}
		stands := false
		err = t.c.queryChunks(context.Background(), "SELECT id, parent FROM entries WHERE id IN", ids, func(row cells) error {
			id := ID(row.int(0))
			stands = stands || ID(row.int(1)) == service && s.hides(id, flags)
			return nil
		})
		if err == nil && stands {
			err = t.settle(service, s)
		}
	}
	return err
}
