package store

import (
	"context"
	"database/sql/driver"
)

// noteSoon is how many deletions may wait for a note until one is written.
const noteSoon = 1000

// noteDeleted writes what was deleted into a segment, as notes: so it stays deleted when the index
// is lost. The index records the deletion first, and the note comes later: what a crash in between
// leaves is noted by the next program that writes. A note without a deletion would be worse, it
// takes a message away that is kept.
func (s *Store) noteDeleted(ctx context.Context) error {
	for {
		waits := false
		err := s.index.read(ctx, func(c *conn) error {
			n, _, err := c.number(ctx, "SELECT EXISTS (SELECT 1 FROM deleted WHERE noted = 0)")
			waits = n != 0
			return err
		})
		if err != nil || !waits {
			return err
		}
		if err := s.noteSome(ctx); err != nil {
			return err
		}
	}
}

// noteSome writes one note. It holds the index meanwhile, so that nobody takes a deletion
// back which is being noted.
func (s *Store) noteSome(ctx context.Context) error {
	var h held
	defer func() { _ = s.writers.release(&h) }() // what mattered was synced before
	g, err := s.writers.take(&h)
	if err != nil {
		return err
	}
	g.mu.Lock()
	start := g.position()
	g.mu.Unlock()
	var end int64
	err = s.index.change(ctx, func(c *conn) error {
		list, e := c.unnoted()
		if e != nil {
			return e
		}
		var content []byte
		for _, d := range list {
			content = d.append(content)
		}
		if e = g.appendNote(noteDeleted, content); e != nil {
			return e
		}
		g.mu.Lock()
		end = g.position()
		g.mu.Unlock()
		if e = g.sync(end); e != nil {
			return e
		}
		return c.noted(list, g, end)
	})
	if err != nil && end > 0 {
		_ = g.cutBack(start) // an error spoils the segment, and later bodies avoid it
	}
	s.writers.give(g)
	if err == nil {
		vouched(map[*segment]int64{g: end})
	}
	return err
}

// unnoted lists deletions without a note.
func (c *conn) unnoted() (list []deletion, err error) {
	err = c.query(context.Background(), `SELECT deleted.segment, offset, crc, ifnull(birth, 0) FROM deleted
		LEFT JOIN segments ON segments.id = deleted.segment WHERE noted = 0 ORDER BY 1, 2 LIMIT ?`,
		func(row []driver.Value) error {
			list = append(list, deletion{location{asInt(row[0]), asInt(row[1])}, asInt(row[3]), uint32(asInt(row[2]))})
			return nil
		}, deletedPerNote)
	return list, err
}

// noted says that segment g has a note of the deletions, up to end.
func (c *conn) noted(list []deletion, g *segment, end int64) error {
	for _, d := range list {
		if _, err := c.exec(context.Background(), "UPDATE deleted SET noted = ? WHERE segment = ? AND offset = ?",
			g.id, d.segment, d.offset); err != nil {
			return err
		}
	}
	return noteEnds(c, map[*segment]int64{g: end})
}

// deletedSome counts deletions that wait for a note; enough of them are noted at once. A
// failure leaves them waiting.
func (s *Store) deletedSome(ctx context.Context, n int) {
	if n > 0 && s.unnoted.Add(int64(n)) >= noteSoon {
		s.unnoted.Store(0)
		_ = s.noteDeleted(ctx)
	}
}
