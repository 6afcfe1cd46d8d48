package store

import (
	"context"
	"database/sql/driver"
	"fmt"
)

// refs keeps account of the bodies that entries have, for one commit.
type refs struct {
	fresh   map[location]bool // bodies of this batch that no entry has yet
	shared  bool              // some body has more than one entry
	deleted bool              // some body was deleted
	dead    int               // how many bodies this commit deleted
}

func (t *commit) beginRefs() error {
	if len(t.b.bodies) > 0 {
		t.refs.fresh = make(map[location]bool, len(t.b.bodies))
		for _, p := range t.b.bodies {
			t.refs.fresh[p.body.location()] = true
		}
	}
	return t.c.query(context.Background(),
		"SELECT EXISTS (SELECT 1 FROM shared), EXISTS (SELECT 1 FROM deleted)", func(row []driver.Value) error {
			t.refs.shared, t.refs.deleted = asInt(row[0]) != 0, asInt(row[1]) != 0
			return nil
		})
}

// refer takes note that an entry has the body.
func (t *commit) refer(b Body) error {
	if b.Kind == BodyNone {
		return nil
	}
	at, ctx := b.location(), context.Background()
	if t.refs.fresh[at] {
		delete(t.refs.fresh, at)
		return nil
	}
	if t.refs.deleted {
		revived, err := t.c.exec(ctx, "DELETE FROM deleted WHERE segment = ? AND offset = ? AND noted = 0", at.segment, at.offset)
		if err != nil || revived > 0 {
			return err
		}
		_, noted, err := t.c.number(ctx, "SELECT noted FROM deleted WHERE segment = ? AND offset = ?", at.segment, at.offset)
		if err == nil && noted {
			err = fmt.Errorf("segment %d, offset %d: %w; read the entry again", at.segment, at.offset, ErrStaleBody)
		}
		if err != nil {
			return err
		}
	}
	t.refs.shared = true
	_, err := t.c.exec(ctx, `INSERT INTO shared VALUES (?, ?, 2)
		ON CONFLICT (segment, offset) DO UPDATE SET uses = uses + 1`, at.segment, at.offset)
	return err
}

// unrefer takes note that an entry no longer has the body. Headers of messages on a server are worth no note: the next
// session brings them again.
func (t *commit) unrefer(b Body) error {
	if b.Kind == BodyNone {
		return nil
	}
	at, ctx := b.location(), context.Background()
	if t.refs.shared {
		left, found, err := t.c.number(ctx, `UPDATE shared SET uses = uses - 1
			WHERE segment = ? AND offset = ? RETURNING uses`, at.segment, at.offset)
		if err == nil && found && left < 2 {
			_, err = t.c.exec(ctx, "DELETE FROM shared WHERE segment = ? AND offset = ?", at.segment, at.offset)
		}
		if err != nil || found {
			return err
		}
	}
	if b.Kind < BodyPartial {
		return nil
	}
	t.refs.deleted = true
	t.refs.dead++
	_, err := t.c.exec(ctx, "INSERT OR REPLACE INTO deleted VALUES (?, ?, ?, ?, 0)", at.segment, at.offset, b.Length, b.CRC)
	return err
}

// unreferAll is unrefer for the bodies of entries that are about to be deleted.
func (t *commit) unreferAll(ids []ID) error {
	var list []Body
	err := t.c.queryChunks(context.Background(), "SELECT "+bodyColumns+` FROM entries
		WHERE body_kind <> 0 AND id IN`, ids, func(row []driver.Value) error {
		list = append(list, scanBody(row))
		return nil
	})
	for _, b := range list {
		if err == nil {
			err = t.unrefer(b)
		}
	}
	return err
}

const bodyColumns = "body_kind, segment, offset, length, crc"

// scanBody reads bodyColumns.
func scanBody(row []driver.Value) Body {
	return Body{BodyKind(asInt(row[0])), asInt(row[1]), asInt(row[2]), asInt(row[3]), uint32(asInt(row[4]))}
}
