package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"
	"sync"
)

var insertOne, insertMany = insertQuery(1), insertQuery(rowsPerInsert)

// rowsPerInsert entries go into one INSERT; more would bring nothing.
const rowsPerInsert = 32

// Commit makes the batch durable and then visible: it syncs the segments that
// hold its bodies, writes the index meanwhile, and ends with one synced transaction. When it
// returns nil everything is on the disk and the IDs of added entries are set;
// on an error nothing of the batch is visible. Either way the batch is over.
//
// It waits for other batches of this process, and up to Options.BusyTimeout
// for other processes (ErrLocked). ctx ends the waiting, not the writing.
// Other errors: ErrDiskFull, ErrNotFound for a parent or updated entry that is
// gone, ErrStaleBody, ErrFixedEntry, ErrReadOnly, ErrClosed.
func (b *Batch) Commit(ctx context.Context) error {
	if b.done {
		return ErrClosed
	}
	if b.open != nil {
		b.Rollback()
		return errors.New("a body of the batch was neither closed nor discarded")
	}
	ends := b.ends()
	synced := b.syncing(ends)
	if len(b.ops) == 0 {
		err := synced()
		b.Rollback()
		return err
	}
	t := &commit{b: b, ends: ends}
	err := b.change(ctx, func(c *conn) error {
		t.c = c
		return errors.Join(t.run(), synced())
	})
	if t.wipes {
		b.s.wiped(ctx)
	}
	if err != nil {
		_ = synced() // nothing is cut off that is being synced
		t.undo()
		b.Rollback()
		return err
	}
	for _, c := range t.copied {
		c.to.ID = c.id
	}
	b.committed(ends)
	b.s.deletedSome(ctx, t.refs.dead)
	return nil
}

// change is Store.change; when its outcome is in doubt the bodies must stay
// where they are.
func (b *Batch) change(ctx context.Context, f func(c *conn) error) error {
	err := b.s.change(ctx, f)
	if errors.Is(err, errInDoubt) {
		b.bodies = nil
	}
	return err
}

// committed ends the batch after the index has taken it.
func (b *Batch) committed(ends map[*segment]int64) {
	for g, end := range ends {
		g.mu.Lock()
		g.committed = max(g.committed, end)
		g.mu.Unlock()
	}
	b.done = true
	b.release()
}

// ends says where the bodies end, by segment.
func (b *Batch) ends() map[*segment]int64 {
	ends := make(map[*segment]int64, len(b.segments))
	for _, p := range b.bodies {
		ends[p.g] = max(ends[p.g], p.body.end())
	}
	return ends
}

// syncing begins to make the bodies durable, beside what is done until synced is called, which waits for it.
func (b *Batch) syncing(ends map[*segment]int64) (synced func() error) {
	result := make(chan error, 1)
	go func() {
		var err error
		for g, end := range ends {
			err = errors.Join(err, g.sync(end))
		}
		result <- err
	}()
	return sync.OnceValue(func() error { return <-result })
}

// commit is the index transaction of one batch.
type commit struct {
	wipes   bool // settings are deleted, see wipe
	b       *Batch
	c       *conn
	ends    map[*segment]int64
	limits  map[int64]int64 // how far each segment that was looked at may be referred to
	parents map[ID]bool     // entries known to exist
	nextID  ID
	added   []addedEntry
	waiting int // of added, how many are not yet inserted
	copied  []copiedEntry
	args    []driver.NamedValue
	row     entryRow
	refs    refs
}

// addedEntry is an entry that has its id, and what it had before.
type addedEntry struct {
	entry       *Entry
	id, related ID
}

// undo gives the entries back what they had before, since nothing was written.
func (t *commit) undo() {
	for _, a := range slices.Backward(t.added) {
		a.entry.ID, a.entry.Related = a.id, a.related
	}
}

// run makes all changes. It runs to the end once begun, so it needs no ctx.
func (t *commit) run() error {
	if err := t.begin(); err != nil {
		return err
	}
	first := t.nextID
	for _, change := range t.b.ops {
		if err := change(t); err != nil {
			return err
		}
	}
	if err := t.insert(); err != nil {
		return err
	}
	if t.nextID == first {
		return nil
	}
	_, err := t.c.exec(context.Background(), "UPDATE store SET next_entry = ?", t.nextID)
	return err
}

// begin notes the ends of the segments and reads the next free id.
func (t *commit) begin() error {
	ctx := context.Background()
	t.limits, t.parents = make(map[int64]int64), make(map[ID]bool)
	if err := noteEnds(t.c, t.ends); err != nil {
		return err
	}
	next, found, err := t.c.number(ctx, "SELECT next_entry FROM store")
	if err == nil && !found {
		err = fmt.Errorf("%w: the table store is empty", ErrCorrupt)
	}
	t.nextID = ID(next)
	if err != nil {
		return err
	}
	return t.beginRefs()
}

// noteEnds makes the index vouch for the segments up to the given ends.
func noteEnds(c *conn, ends map[*segment]int64) error {
	for g, end := range ends {
		g.mu.Lock()
		notes := g.notes
		g.mu.Unlock()
		if err := c.vouch(segmentRow{g.id, end, g.key.birth, notes}); err != nil {
			return err
		}
	}
	return nil
}

func (t *commit) add(e, source *Entry) error {
	if err := t.check(e); err != nil {
		return err
	}
	if err := t.refer(e.Body); err != nil {
		return err
	}
	t.added = append(t.added, addedEntry{e, e.ID, e.Related})
	if e.ID = t.nextID; source != nil {
		e.Related = source.ID
	}
	t.nextID++
	t.waiting++
	if t.waiting == rowsPerInsert {
		return t.insert()
	}
	return nil
}

// insert writes the added entries that are waiting.
func (t *commit) insert() error {
	list := t.added[len(t.added)-t.waiting:]
	t.waiting = 0
	for len(list) > 0 {
		n, query := 1, insertOne
		if len(list) >= rowsPerInsert {
			n, query = rowsPerInsert, insertMany
		}
		args := t.arguments(n * len(columns))
		for i, a := range list[:n] {
			t.row.bind(args[i*len(columns):], a.entry)
		}
		if _, err := t.c.execValues(context.Background(), query, args); err != nil {
			return err
		}
		list = list[n:]
	}
	return nil
}

func (t *commit) arguments(n int) []driver.NamedValue {
	if t.args == nil {
		t.args = make([]driver.NamedValue, max(rowsPerInsert*len(columns), copyParameters+rowsPerCopy*len(copyColumns)))
		for i := range t.args {
			t.args[i].Ordinal = i + 1
		}
	}
	return t.args[:n]
}

func (t *commit) update(e *Entry) error {
	if err := t.check(e); err != nil {
		return err
	}
	old, err := t.checkMove(e)
	if err == nil && old.location() != e.Body.location() {
		err = errors.Join(t.refer(e.Body), t.unrefer(old))
	}
	if err != nil {
		return err
	}
	args := t.arguments(len(columns))
	t.row.bind(args, e)
	n, err := t.c.execValues(context.Background(), updateRow, args)
	if err == nil && n == 0 {
		err = fmt.Errorf("entry %d: %w", e.ID, ErrNotFound)
	}
	return err
}

// shortestRun is how many ids in a row are reached by their range and not one by one.
const shortestRun = 16

// setFlags changes ids in a row, as a refresh gives them, by one walk.
func (t *commit) setFlags(ids []ID, set, unset Flags) error {
	const changed = "(flags & ~?1) | ?2"
	change := "UPDATE entries SET " + assign(assignment{"flags", changed}) + " WHERE flags <> " + changed + " AND id "
	ctx := context.Background()
	set, unset = set&^derived, unset&^derived
	if !slices.IsSorted(ids) { // the caller's slice stays as it is
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

func (t *commit) setUID(ids []ID, uid string) error {
	if len(uid) > maxText {
		return fmt.Errorf("a UID is longer than %d octets", maxText)
	}
	crcOf := func(s string) int64 { return int64(crc32.Checksum([]byte(s), castagnoli())) }
	ctx := context.Background()
	for _, id := range ids {
		var before string
		err := t.c.query(ctx, "SELECT uid FROM entries WHERE id = ?",
			func(row []driver.Value) error { before = asText(row[0]); return nil }, id)
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

func (t *commit) setSizes(sizes map[ID]int64) error {
	query := "UPDATE entries SET " + assign(assignment{"size", "?1"}) + " WHERE id = ?2"
	for id, size := range sizes {
		if _, err := t.c.exec(context.Background(), query, size, id); err != nil {
			return err
		}
	}
	return nil
}

func (t *commit) settings(service ID, m map[string]string) error {
	if err := t.exists(service); err != nil {
		return err
	}
	if err := t.wipe([]ID{service}); err != nil {
		return err
	}
	return writeSettings(context.Background(), t.c, service, m)
}

// remove deletes entries with all below them.
func (t *commit) remove(ids []ID) error {
	for _, id := range ids {
		if id < firstFree {
			return fmt.Errorf("entry %d cannot be deleted: %w", id, ErrFixedEntry)
		}
	}
	if err := t.insert(); err != nil { // what was added may be below them
		return err
	}
	ctx := context.Background()
	if err := t.forgetGhosts(ids); err != nil {
		return err
	}
	for len(ids) > 0 {
		var below []ID
		err := t.c.queryChunks(ctx, "SELECT id FROM entries WHERE parent IN", ids,
			func(row []driver.Value) error { below = append(below, ID(asInt(row[0]))); return nil })
		if err == nil {
			err = t.unfinished("operations.entry IN", ids, &below)
		}
		if err == nil {
			err = t.unreferAll(ids)
		}
		secrets := false
		if err == nil {
			secrets, err = t.haveSettings(ids)
		}
		if err == nil && secrets {
			err = t.wipe(ids)
		}
		if err != nil {
			return err
		}
		for _, query := range []string{"DELETE FROM entries WHERE id IN", "DELETE FROM outgoing WHERE entry IN",
			"DELETE FROM recipients WHERE entry IN", "DELETE FROM operations WHERE entry IN",
			"DELETE FROM hidden WHERE service IN",
			"DELETE FROM facts WHERE service IN", "DELETE FROM breaks WHERE entry IN"} {
			if err := t.c.execChunks(ctx, query, ids, 0, 0); err != nil {
				return err
			}
		}
		ids = below
	}
	clear(t.parents)
	return nil
}
