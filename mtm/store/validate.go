package store

import (
	"context"
	"fmt"
)

// check returns an error for an entry that cannot be stored.
func (t *tree) check(e *Entry) error {
	if e.Type < TypeRoot || e.Type > TypeMessage {
		return fmt.Errorf("entry %q has an invalid type", e.Name+e.Description)
	}
	if len(e.Name) > maxText || len(e.UID) > maxText {
		return fmt.Errorf("entry %d: name or UID is longer than %d octets", e.ID, maxText)
	}
	if e.ID != Root || e.Parent != 0 {
		if err := t.exists(e.Parent); err != nil {
			return err
		}
	}
	return t.checkBody(e.Body)
}

// checkBody returns ErrStaleBody for a body beyond the committed length of its segment.
func (t *tree) checkBody(b Body) error {
	if b.Kind == BodyNone {
		return nil
	}
	limit, err := t.limit(b.Segment)
	if err != nil {
		return err
	}
	if b.Offset < 0 || b.Length < 0 || b.end() > limit {
		return fmt.Errorf("segment %d, offset %d: %w; read the entry again", b.Segment, b.Offset, ErrStaleBody)
	}
	return nil
}

// exists returns ErrNotFound when an entry does not exist.
func (t *tree) exists(id ID) error {
	if t.parents[id] {
		return nil
	}
	_, found, err := t.c.number(context.Background(), "SELECT 1 FROM entries WHERE id = ?", id)
	if err == nil && !found {
		err = fmt.Errorf("entry %d: %w", id, ErrNotFound)
	}
	t.parents[id] = err == nil
	return err
}

// limit returns the committed length of a segment, including this batch's bodies.
func (t *tree) limit(segment int64) (int64, error) {
	if n, ok := t.limits[segment]; ok {
		return n, nil
	}
	n, _, err := t.c.number(context.Background(), "SELECT length FROM segments WHERE id = ?", segment)
	if err == nil {
		t.limits[segment] = n
	}
	return n, err
}

// checkMove returns an error when an update would move a built-in entry, change its type, or move
// an entry below itself. It returns the body that the entry has now.
func (t *tree) checkMove(e *Entry) (had Body, err error) {
	var parent ID
	var kind Type
	ctx := context.Background()
	err = t.c.query(ctx, "SELECT "+bodyColumns+", parent, type FROM entries WHERE id = ?",
		func(row cells) error {
			had, parent, kind = scanBody(row, 0), ID(row.int(5)), Type(row.int(6))
			return nil
		}, e.ID)
	if err != nil || kind == 0 || parent == e.Parent && kind == e.Type {
		return had, err
	}
	if e.ID < firstFree {
		return had, fmt.Errorf("entry %d cannot be moved: %w", e.ID, ErrFixedEntry)
	}
	below, _, err := t.c.number(ctx, `WITH RECURSIVE up (id) AS (
		VALUES (?1) UNION SELECT parent FROM entries JOIN up USING (id)
	) SELECT count(*) FROM up WHERE id = ?2`, e.Parent, e.ID)
	if err == nil && below > 0 {
		err = fmt.Errorf("entry %d cannot be moved below itself", e.ID)
	}
	return had, err
}
