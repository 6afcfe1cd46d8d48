package store

import (
	"context"
	"database/sql/driver"
	"fmt"
)

// shown says how the children of a service are shown. So a visit changes one
// row, and not each message.
type shown struct {
	hidden     bool
	newFrom    ID // children below this id are not New, whatever their flags say
	unreadFrom ID // the same of Unread
}

// soundShown is true of a row of shown that is what was written; any other counts for nothing.
const soundShown = "sum = account + hidden + new_from + unread_from"

// withShown joins to entries how they are shown, for shownFlags and agedFlags. Where all have one
// parent, shown.seen and shown.aged cost less.
const withShown = " LEFT JOIN shown ON account = parent AND " + soundShown + " "

var (
	// shownFlags are the flags of an entry that its readers see.
	shownFlags = fmt.Sprintf("iif(hidden, (%s | %d) & ~%d, %[1]s)", agedFlags(""), Invisible, Unread)
	// shownColumns are the columns that entryRow.readShown reads.
	shownColumns = rowColumns + ", " + shownFlags
)

// agedFlags are the flags of an entry as they are when it is not hidden; prefix names the table.
func agedFlags(prefix string) string {
	return fmt.Sprintf("(%[1]sflags & ~(iif(%[1]sid < new_from, %[2]d, 0) | iif(%[1]sid < unread_from, %[3]d, 0)))", prefix, New, Unread)
}

// aged returns the flags of a child of the service as they are when it is not hidden.
func (s shown) aged(id ID, flags Flags) Flags {
	if id < s.newFrom {
		flags &^= New
	}
	if id < s.unreadFrom {
		flags &^= Unread
	}
	return flags
}

// seen returns the flags of a child of the service as its readers see them.
func (s shown) seen(id ID, flags Flags) Flags {
	if flags = s.aged(id, flags); s.hidden {
		flags = flags&^Unread | Invisible
	}
	return flags
}

// shown reads how the children of services are shown; of those that are not in the
// map, as their flags say.
func (c *conn) shown(ctx context.Context) (map[ID]shown, error) {
	all := make(map[ID]shown)
	err := c.query(ctx, "SELECT account, hidden, new_from, unread_from FROM shown WHERE "+soundShown,
		func(row []driver.Value) error {
			all[ID(asInt(row[0]))] = shown{asInt(row[1]) != 0, ID(asInt(row[2])), ID(asInt(row[3]))}
			return nil
		})
	return all, err
}

// Hidden reports whether Hide was the last that was said of the service's children.
func (s *Store) Hidden(ctx context.Context, service ID) (hidden bool, err error) {
	err = s.index.read(ctx, func(c *conn) error {
		all, failed := c.shown(ctx)
		hidden = all[service].hidden
		return failed
	})
	return hidden, err
}

// allShown is what conn.shown reads, read once a commit.
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

// setShown changes how the children of a service are shown.
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
	_, err = t.c.exec(context.Background(), "INSERT OR REPLACE INTO shown VALUES (?, ?, ?, ?, ?)", service, now.hidden,
		now.newFrom, now.unreadFrom, int64(service)+boolInt(now.hidden)+int64(now.newFrom)+int64(now.unreadFrom))
	return err
}

func (t *tree) hide(service ID) error {
	return t.setShown(service, func(s *shown) { s.hidden = true })
}

func (t *tree) show(service ID) error {
	return t.setShown(service, func(s *shown) { s.hidden = false })
}

// age ends New, Unread or both of the children of a service below an id.
func (t *tree) age(service, before ID, flags Flags) error {
	before = min(before, t.nextID) // what is added later is not meant
	return t.setShown(service, func(s *shown) {
		if flags.Has(New) {
			s.newFrom = max(s.newFrom, before)
		}
		if flags.Has(Unread) {
			s.unreadFrom = max(s.unreadFrom, before)
		}
	})
}

// settle writes what age has ended into the rows of a service's children, because one of them is to
// be New or Unread again.
func (t *tree) settle(service ID, s shown) error {
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

// settleFor settles what stands against setting flags of an entry with a parent.
func (t *tree) settleFor(id, parent ID, flags Flags) error {
	if flags&(New|Unread) == 0 {
		return nil
	}
	all, err := t.allShown()
	if s, ok := all[parent]; ok && err == nil && s.aged(id, flags) != flags {
		err = t.settle(parent, s)
	}
	return err
}

// settleAll is settleFor for many entries.
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
		err = t.c.queryChunks(context.Background(), "SELECT id, parent FROM entries WHERE id IN", ids, func(row []driver.Value) error {
			id := ID(asInt(row[0]))
			stands = stands || ID(asInt(row[1])) == service && s.aged(id, flags) != flags
			return nil
		})
		if err == nil && stands {
			err = t.settle(service, s)
		}
	}
	return err
}
