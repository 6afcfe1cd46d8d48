package store

import (
	"context"
	"errors"
	"sync"
)

// segmentRow is the index's row of a segment.
type segmentRow struct {
	id     int64
	length int64 // the committed length of the file
	birth  int64 // see segmentKey
	notes  int64 // approximate octets of notes
}

// segmentRow returns the index's row of a segment.
func (x *index) segmentRow(ctx context.Context, id int64) (row segmentRow, found bool, err error) {
	err = x.read(ctx, func(c *conn) error {
		return c.query(ctx, "SELECT id, length, birth, notes FROM segments WHERE id = ?", func(v cells) error {
			row, found = segmentRow{v.int(0), v.int(1), v.int(2), v.int(3)}, true
			return nil
		}, id)
	})
	return row, found, err
}

// vouch writes the index's row of a segment. The committed length never shrinks.
func (c *conn) vouch(r segmentRow) error {
	_, err := c.exec(context.Background(), `INSERT INTO segments (id, length, birth, notes) VALUES (?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET length = max(length, excluded.length), notes = max(notes, excluded.notes)`,
		r.id, r.length, r.birth, r.notes)
	return err
}

// noteEnds sets the committed lengths of segments in the index.
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

// placed is a finished body and the segment that holds it.
type placed struct {
	g     *segment
	start int64 // offset of the notes before the body
	body  Body
}

// vouched records in the segments that their ends were committed.
func vouched(ends map[*segment]int64) {
	for g, end := range ends {
		g.mu.Lock()
		g.committed = max(g.committed, end)
		g.mu.Unlock()
	}
}

// syncing starts to sync the segments in a goroutine, and returns a function that waits for the end
// and returns the error.
func syncing(ends map[*segment]int64) (synced func() error) {
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
