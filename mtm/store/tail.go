package store

import (
	"context"
	"errors"
	"io"
	"os"
)

// tail holds the records of a segment after its committed length.
type tail struct {
	row     segmentRow // the new row, with the length up to the last complete record
	bodies  []unknownBody
	gaps    []gap // up to row.length
	deleted []deletion
	known   bool // the index has a row of the segment
	retired bool
}

// unknownBody is a complete record without an entry and without a known deletion.
type unknownBody struct {
	Body
	uid string
}

// gap is a range of octets that are not a complete record: an unfinished write, or damage.
type gap struct{ offset, length int64 }

// readTail reads the records of f after the committed length in row. It returns nil when there are
// no octets.
func readTail(f *os.File, id int64, row segmentRow) (*tail, error) {
	st, err := f.Stat()
	if err != nil || st.Size() <= row.length && row.id != 0 {
		return nil, err
	}
	key := readKey(f)
	if !key.known && row.birth != 0 {
		key = keyOf(row.birth)
	}
	if !key.known {
		key.key = guessKey(f, st.Size())
	}
	t := &tail{row: segmentRow{id, row.length, key.birth, row.notes}, known: row.id != 0}
	sc := &scanner{f: f, segment: id, pos: row.length, size: st.Size(), key: key, bodies: true}
	var from *origin
	for {
		r, err := sc.next()
		if errors.Is(err, io.EOF) {
			return t, nil
		}
		if err != nil {
			return nil, err
		}
		if !r.intact {
			from = nil
			continue
		}
		if r.Offset > t.row.length { // octets after the last complete record are cut off, and not a gap
			t.gaps, from = append(t.gaps, gap{t.row.length, r.Offset - t.row.length}), nil
		}
		from = t.take(r, from)
	}
}

// take adds an intact record to the tail. It returns the origin of the next record if this one is
// the note of it.
func (t *tail) take(r scanned, from *origin) *origin {
	t.row.length = r.end()
	switch r.note {
	case 0:
		if r.Kind >= BodyPartial {
			u := unknownBody{Body: r.Body}
			if from != nil {
				u.uid = from.uid
			}
			t.bodies = append(t.bodies, u)
		}
		return nil
	case noteOrigin:
		if o, ok := parseOrigin(r.content); ok {
			return &o
		}
	case noteDeleted:
		if list, ok := parseDeletions(r.content); ok {
			t.deleted = append(t.deleted, list...)
		}
	case noteRetired:
		t.retired = true
	case noteBirth, noteMailbox:
	}
	if r.note != 0 {
		t.row.notes += r.end() - r.Offset
	}
	return nil
}

// worthless reports whether the tail can be cut off: it has no complete message and no deletion, or
// its segment is retired and not in the index, so that all its records were copied.
func (t *tail) worthless() bool {
	return len(t.bodies)+len(t.deleted) == 0 || t.retired && !t.known
}

func (t *tail) adopt(c *conn) error {
	if err := c.vouch(t.row); err != nil {
		return err
	}
	for _, b := range t.bodies {
		if _, err := c.exec(context.Background(), "INSERT OR IGNORE INTO unknown VALUES (?, ?, ?, ?, ?, ?)",
			b.Segment, b.Offset, b.Length, b.CRC, int64(b.Kind), b.uid); err != nil {
			return err
		}
	}
	for _, g := range t.gaps {
		if _, err := c.exec(context.Background(), "INSERT OR IGNORE INTO unknown VALUES (?, ?, ?, 0, 0, '')",
			t.row.id, g.offset, g.length); err != nil {
			return err
		}
	}
	return nil
}

// adoptDeletions adds the deletions in the tail's notes to the index, for segments that still
// exist.
func (t *tail) adoptDeletions(c *conn) error {
	for _, d := range t.deleted {
		if _, err := c.exec(context.Background(), `INSERT OR IGNORE INTO deleted
			SELECT ?1, ?2, 0, ?3, ?4 FROM segments WHERE id = ?1 AND (birth = ?5 OR birth = 0 OR ?5 = 0)`,
			d.segment, d.offset, d.crc, t.row.id, d.birth); err != nil {
			return err
		}
	}
	return nil
}
