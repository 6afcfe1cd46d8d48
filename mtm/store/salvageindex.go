package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
)

// oldIndex holds what could be read of a damaged index.
type oldIndex struct {
	entries  []Entry // those with undamaged rows, in the order of ids
	settings map[ID]map[string]string
	facts    map[ID]map[Fact]int64
	outgoing map[ID]Outgoing
	shown    map[ID]shown // how the messages of accounts are shown
	ghosts   map[ID]bool  // placeholders of queued operations
	segments map[int64]segmentRow
	unknown  map[location]bool
	deleted  []deletion
	sound    bool // the tables about entries and bodies are undamaged

	lost func(Loss)
}

// readOldIndex reads the index of the store in dir from a private copy, as far as SQLite can. It
// returns an empty index for a store without one.
func readOldIndex(ctx context.Context, dir string, lost func(Loss)) (x *oldIndex, err error) {
	x = &oldIndex{settings: make(map[ID]map[string]string), facts: make(map[ID]map[Fact]int64),
		outgoing: make(map[ID]Outgoing), ghosts: make(map[ID]bool), segments: make(map[int64]segmentRow),
		unknown: make(map[location]bool), lost: lost}
	c, remove, err := openOld(ctx, dir)
	if err != nil || c == nil {
		if errors.Is(err, ErrDiskFull) || errors.Is(err, ErrNewer) {
			return nil, err
		}
		lost(Loss{Text: "the index: folders and flags are lost, and accounts are recovered only as far as the messages name them"})
		return x, nil
	}
	defer func() { err = errors.Join(err, c.close(), remove()) }()
	list, checked, failed := c.columnsHere(ctx)
	x.sound = failed == nil
	x.readEntries(ctx, c, list, checked)
	x.readRest(ctx, c)
	return x, nil
}

// openOld makes a private copy of an index and opens it. It returns nil when SQLite cannot open it.
func openOld(ctx context.Context, dir string) (c *conn, remove func() error, err error) {
	folder, err := os.MkdirTemp("", "mtm-salvage-")
	if err != nil {
		return nil, nil, diskError(err)
	}
	to := indexFile{path: filepath.Join(folder, indexName), copied: true}
	defer func() {
		if c == nil {
			err = errors.Join(err, to.remove())
		}
	}()
	f, err := os.OpenFile(to.path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, nil, diskError(err)
	}
	err = errors.Join(copyIndex(filepath.Join(dir, indexName), f), f.Close())
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, ErrNotStore) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, diskError(err)
	}
	_ = migrateCopy(ctx, to.path, dir) // a damaged index stays as it is
	c, err = dialURI(ctx, to.path, url.Values{"immutable": {"1"}}, "query_only(1)", "cell_size_check(1)")
	if err != nil {
		return nil, nil, nil //nolint:nilerr // it cannot be read at all
	}
	if _, err := version(ctx, c, dir); err != nil {
		_ = c.close()
		c = nil
		if !errors.Is(err, ErrNewer) {
			err = nil
		}
		return nil, nil, err
	}
	return c, to.remove, nil
}

// readEntries reads the rows of entries, and skips those that cannot be read.
func (x *oldIndex) readEntries(ctx context.Context, c *conn, list string, checked bool) {
	var r entryRow
	var e Entry
	next := int64(1)
	for {
		before := next
		err := c.query(ctx, "SELECT "+list+" FROM entries WHERE id >= ? ORDER BY id", func(row cells) error {
			next = row.int(0) + 1
			if sound := r.read(row, &e); checked && !sound {
				x.sound = false
				x.lost(Loss{Entry: e.ID, Text: "its row in the index is damaged: its folder and flags are lost"})
				return nil
			}
			x.entries = append(x.entries, e)
			return nil
		}, next)
		if err == nil {
			return
		}
		x.sound = false
		found, ok := nextReadable(ctx, c, next, next == before)
		if !ok {
			x.lost(Loss{Text: fmt.Sprintf("rows of the index from entry %d on cannot be read", next)})
			return
		}
		x.lost(Loss{Text: fmt.Sprintf("rows of the index between entries %d and %d cannot be read", next-1, found)})
		next = found
	}
}

// nextReadable returns the lowest id from id on whose row can be read, or above id when stuck.
func nextReadable(ctx context.Context, c *conn, id int64, stuck bool) (int64, bool) {
	probe := func(from int64) (int64, bool) {
		n, found, err := c.number(ctx, "SELECT id FROM entries WHERE id >= ? ORDER BY id LIMIT 1", from)
		return n, err == nil && found
	}
	if n, ok := probe(id); ok && stuck {
		return n + 1, true
	} else if ok {
		return n, true
	}
	bad, step := id, int64(1)
	for ; step < 1<<40; step *= 2 {
		if _, ok := probe(id + step); ok {
			break
		}
		bad = id + step
	}
	good := id + step
	if _, ok := probe(good); !ok {
		return 0, false
	}
	for good-bad > 1 {
		middle := bad + (good-bad)/2
		if _, ok := probe(middle); ok {
			good = middle
		} else {
			bad = middle
		}
	}
	return probe(good)
}

// readRest reads the other tables, each up to the first damage.
func (x *oldIndex) readRest(ctx context.Context, c *conn) {
	for _, table := range []struct {
		query string
		what  string
		sound bool // x.sound depends on this table
		take  func(row cells)
	}{
		{"SELECT service, name, value FROM settings", "settings of accounts", false, func(row cells) {
			id := ID(row.int(0))
			if x.settings[id] == nil {
				x.settings[id] = make(map[string]string)
			}
			x.settings[id][row.text(1)] = row.text(2)
		}},
		{"SELECT service, name, value FROM facts", "facts about servers", false, func(row cells) {
			id := ID(row.int(0))
			if x.facts[id] == nil {
				x.facts[id] = make(map[Fact]int64)
			}
			x.facts[id][Fact(row.text(1))] = row.int(2)
		}},
		{"SELECT ghost, entry, kind FROM operations ORDER BY id", "queued operations", false, func(row cells) {
			if ghost := ID(row.int(0)); ghost != 0 {
				x.ghosts[ghost] = true
			}
			x.lost(Loss{Entry: ID(row.int(1)), Text: fmt.Sprintf("the %s that waited for the next connection: ask for it again", QueueKind(row.int(2)))})
		}},
		{"SELECT id, length, birth, notes FROM segments", "the lengths of segments", true, func(row cells) {
			x.segments[row.int(0)] = segmentRow{row.int(0), row.int(1), row.int(2), row.int(3)}
		}},
		{"SELECT segment, offset FROM unknown", "which bodies are unknown", true,
			func(row cells) { x.unknown[location{row.int(0), row.int(1)}] = true }},
		{"SELECT segment, offset, crc FROM deleted WHERE noted >= 0", "which bodies were deleted", true, func(row cells) {
			x.deleted = append(x.deleted, deletion{location: location{row.int(0), row.int(1)}, crc: uint32(row.int(2))})
		}},
	} {
		err := c.query(ctx, table.query, func(row cells) error { table.take(row); return nil })
		if err != nil {
			x.sound = x.sound && !table.sound
			x.lost(Loss{Text: "a table of the index cannot be read to its end: " + table.what})
		}
	}
	var err error
	if x.shown, err = c.shownHere(ctx); err != nil {
		x.lost(Loss{Text: "which accounts are offline, and which of their messages are new"})
	}
	for i := range x.entries {
		e := &x.entries[i]
		e.Flags = x.shown[e.Parent].aged(e.ID, e.Flags)
		if e.Type != TypeMessage || e.Sending == SendUnknown || e.Sending == SendNotApplicable {
			continue
		}
		o, err := c.outgoing(ctx, e.ID)
		if err == nil {
			x.outgoing[e.ID] = o
		} else if !errors.Is(err, ErrNotFound) {
			x.lost(Loss{Entry: e.ID, Text: "its recipients cannot be read"})
		}
	}
}
