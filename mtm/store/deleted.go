package store

import (
	"context"
)

// noteSoon is how many deletions may be without a note before one is written.
const noteSoon = 1000

// noteDeleted writes deletions into a segment as notes, so that deleted messages stay deleted when
// the index is lost.
//
// The note comes after the deletion in the index: a note without a deletion would take away a
// message that is kept. After a crash the next program that writes adds missing notes.
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

// noteSome writes one note. It holds the write lock of the index, so that no such deletion is
// undone meanwhile.
func (s *Store) noteSome(ctx context.Context) error {
	var h held
	defer func() { _ = s.writers.release(&h) }() // what matters is already synced
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

// unnoted returns deletions without a note, at most deletedPerNote.
func (c *conn) unnoted() (list []deletion, err error) {
	err = c.query(context.Background(), `SELECT deleted.segment, offset, crc, ifnull(birth, 0) FROM deleted
		LEFT JOIN segments ON segments.id = deleted.segment WHERE noted = 0 ORDER BY 1, 2 LIMIT ?`,
		func(row cells) error {
			list = append(list, deletion{location{row.int(0), row.int(1)}, row.int(3), uint32(row.int(2))})
			return nil
		}, deletedPerNote)
	return list, err
}

// noted records that segment g has a note of the deletions, which ends at end.
func (c *conn) noted(list []deletion, g *segment, end int64) error {
	for _, d := range list {
		if _, err := c.exec(context.Background(), "UPDATE deleted SET noted = ? WHERE segment = ? AND offset = ?",
			g.id, d.segment, d.offset); err != nil {
			return err
		}
	}
	return noteEnds(c, map[*segment]int64{g: end})
}

// deletedSome counts deletions without a note, and writes the notes when there are enough. After an
// error they are written later.
func (s *Store) deletedSome(ctx context.Context, n int) {
	if n > 0 && s.unnoted.Add(int64(n)) >= noteSoon {
		s.unnoted.Store(0)
		_ = s.noteDeleted(ctx)
	}
}
