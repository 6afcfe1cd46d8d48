package store

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"
)

// rowsPerInsert is how many entries one INSERT adds. More would not be faster.
const rowsPerInsert = 32

// tree changes entries, for one commit.
type tree struct {
	c       *conn
	bodies  *references
	limits  map[int64]int64 // committed lengths of segments, see limit
	parents map[ID]bool     // entries that are known to exist
	shown   map[ID]shown    // see allShown
	first   ID              // the id of the first new entry
	nextID  ID
	highest ID // the highest id in the table
	added   []addedEntry
	waiting int // number of added entries that are not yet inserted
	copied  []copiedEntry
	args    []value
	row     entryRow
	inserts map[int]string // width -> insertQuery of rowsPerInsert
}

// addedEntry is an added entry, with its id and Related from before, for undo.
type addedEntry struct {
	entry       *Entry
	id, related ID
}

// copiedEntry is a copy and its id, which Commit sets.
type copiedEntry struct {
	to *Copied
	id ID
}

// newTree returns a tree, and reads the next free id.
func newTree(c *conn, bodies *references) (*tree, error) {
	t := &tree{c: c, bodies: bodies, limits: make(map[int64]int64), parents: make(map[ID]bool)}
	next, found, err := c.number(context.Background(), "SELECT next_entry FROM store")
	if err == nil && !found {
		err = fmt.Errorf("%w: the table store is empty", ErrCorrupt)
	}
	t.first, t.nextID = ID(next), ID(next)
	return t, errors.Join(err, t.findHighest())
}

func (t *tree) findHighest() error {
	highest, _, err := t.c.number(context.Background(), "SELECT max(id) FROM entries")
	t.highest = ID(highest)
	return err
}

// finish writes the remaining changes.
func (t *tree) finish() error {
	if err := t.insert(); err != nil || t.nextID == t.first {
		return err
	}
	_, err := t.c.exec(context.Background(), "UPDATE store SET next_entry = ?", t.nextID)
	return err
}

// took sets the ids of copies, after the transaction was committed.
func (t *tree) took() {
	for _, c := range t.copied {
		c.to.ID = c.id
	}
}

// undo restores the ids and Related of added entries, after a failed transaction.
func (t *tree) undo() {
	for _, a := range slices.Backward(t.added) {
		a.entry.ID, a.entry.Related = a.id, a.related
	}
}

func (t *tree) add(e, source *Entry) error {
	if err := t.check(e); err != nil {
		return err
	}
	if err := t.bodies.refer(e.Body); err != nil {
		return err
	}
	t.added = append(t.added, addedEntry{e, e.ID, e.Related})
	if e.ID = t.nextID; source != nil {
		e.Related = source.ID
	}
	t.nextID++
	t.waiting++
	if t.waiting == rowsPerInsert || t.waiting == 1 && !t.follows(e.ID) {
		return t.insert()
	}
	return nil
}

// insert writes the added entries that are not yet inserted.
func (t *tree) insert() error {
	list := t.added[len(t.added)-t.waiting:]
	t.waiting = 0
	for len(list) > 0 {
		n := 1
		if len(list) >= rowsPerInsert && t.follows(list[0].entry.ID) {
			n = rowsPerInsert
		}
		columns := 0
		for _, a := range list[:n] {
			columns = max(columns, width(a.entry))
		}
		first := givenFrom(n)
		each := columns - first
		args := t.arguments(n * each)
		for i, a := range list[:n] {
			t.row.bind(args[i*each:(i+1)*each], first, a.entry)
		}
		if _, err := t.c.execValues(context.Background(), t.insertion(n, columns), args); err != nil {
			return err
		}
		if err := t.reached(list[n-1].entry.ID); err != nil {
			return err
		}
		list = list[n:]
	}
	return nil
}

// follows reports whether SQLite gives this id to the next row. It does not when the entry before
// was deleted, or when a damaged row has a higher id.
func (t *tree) follows(id ID) bool { return id == t.highest+1 }

// reached checks the id of the last row added.
func (t *tree) reached(id ID) error {
	if got := ID(t.c.raw.LastInsertRowID()); got != id {
		return fmt.Errorf("%w: an entry got the id %d instead of %d", ErrCorrupt, got, id)
	}
	t.highest = max(t.highest, id)
	return nil
}

// insertion returns insertQuery, and keeps the long statements for the commit.
func (t *tree) insertion(rows, width int) string {
	if rows == 1 {
		return insertQuery(rows, width)
	}
	if t.inserts[width] == "" {
		if t.inserts == nil {
			t.inserts = make(map[int]string)
		}
		t.inserts[width] = insertQuery(rows, width)
	}
	return t.inserts[width]
}

func (t *tree) arguments(n int) []value {
	if t.args == nil {
		t.args = make([]value, max(rowsPerInsert*len(columns), copyParameters+rowsPerCopy*len(copyColumns)))
	}
	return t.args[:n]
}

func (t *tree) update(e *Entry) error {
	if err := t.check(e); err != nil {
		return err
	}
	old, err := t.checkMove(e)
	if err == nil {
		err = t.settleFor(e.ID, e.Parent, e.Flags)
	}
	if err == nil && old.location() != e.Body.location() {
		err = errors.Join(t.bodies.refer(e.Body), t.bodies.unrefer(old))
	}
	if err != nil {
		return err
	}
	args := t.arguments(len(columns))
	t.row.bind(args, 0, e)
	n, err := t.c.execValues(context.Background(), updateRow, args)
	if err == nil && n == 0 {
		err = fmt.Errorf("entry %d: %w", e.ID, ErrNotFound)
	}
	return err
}

// shortestRun is how many successive ids are at least updated by range and not one by one.
const shortestRun = 16

// setFlags updates successive ids, as a refresh produces them, with one statement.
func (t *tree) setFlags(ids []ID, set, unset Flags) error {
	const changed = "(flags & ~?1) | ?2"
	change := "UPDATE entries SET " + assign(assignment{"flags", changed}) + " WHERE flags <> " + changed + " AND id "
	ctx := context.Background()
	set, unset = set&^derived, unset&^derived
	if err := t.settleAll(ids, set); err != nil {
		return err
	}
	if !slices.IsSorted(ids) { // the caller's slice must not change
		ids = slices.Sorted(slices.Values(ids))
	}
	var single []ID
	for len(ids) > 0 {
		n := 1
		for n < len(ids) && ids[n] == ids[n-1]+1 {
			n++
		}
		if n < shortestRun {
			single = append(single, ids[:n]...)
		} else if _, err := t.c.exec(ctx, change+"BETWEEN ?3 AND ?4", unset, set, ids[0], ids[n-1]); err != nil {
			return err
		}
		ids = ids[n:]
	}
	return t.c.execChunks(ctx, change+"IN", single, int64(unset), int64(set))
}

func (t *tree) setUID(ids []ID, uid string) error {
	if len(uid) > maxText {
		return fmt.Errorf("a UID is longer than %d octets", maxText)
	}
	crcOf := func(s string) int64 { return int64(crc32.Checksum([]byte(s), castagnoli())) }
	ctx := context.Background()
	for _, id := range ids {
		var before string
		err := t.c.query(ctx, "SELECT uid FROM entries WHERE id = ?",
			func(row cells) error { before = row.text(0); return nil }, id)
		if err == nil {
			_, err = t.c.exec(ctx, "UPDATE entries SET uid = ?1, checksum = checksum + ?3 WHERE id = ?2",
				uid, id, crcOf(uid)-crcOf(before))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (t *tree) setSizes(sizes map[ID]int64) error {
	query := "UPDATE entries SET " + assign(assignment{"size", "?1"}) + " WHERE id = ?2"
	for id, size := range sizes {
		if _, err := t.c.exec(context.Background(), query, size, id); err != nil {
			return err
		}
	}
	return nil
}

// below returns the children of entries.
func (t *tree) below(ids []ID) (list []ID, err error) {
	err = t.c.queryChunks(context.Background(), "SELECT id FROM entries WHERE parent IN", ids,
		func(row cells) error { list = append(list, ID(row.int(0))); return nil })
	return list, err
}

// remove deletes entries, but not the entries below them.
func (t *tree) remove(ids []ID) error {
	clear(t.parents)
	if err := t.bodies.unreferAll(ids); err != nil {
		return err
	}
	if err := t.c.execChunks(context.Background(), "DELETE FROM entries WHERE id IN", ids, 0, 0); err != nil {
		return err
	}
	return t.findHighest()
}

// addNamed adds an entry unless its parent has one of the same type and name.
func (t *tree) addNamed(e *Entry, existed *bool) error {
	if err := t.insert(); err != nil { // the other one may be of this batch
		return err
	}
	id, found, err := t.c.number(context.Background(),
		"SELECT id FROM entries WHERE parent = ? AND type = ? AND name = ? ORDER BY id LIMIT 1", e.Parent, int(e.Type), e.Name)
	if *existed = found; err != nil || !found {
		if err == nil {
			err = t.add(e, nil)
		}
		return err
	}
	e.ID = ID(id)
	return t.setFlags([]ID{e.ID}, 0, InPreparation)
}
