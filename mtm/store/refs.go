package store

import (
	"context"
	"fmt"
)

// references counts the entries of bodies, for one commit.
type references struct {
	c       *conn
	fresh   map[location]bool // bodies of this batch that no entry has yet
	shared  bool              // a body has more than one entry
	deleted bool              // a body was deleted
	dead    int               // how many bodies this commit deleted
}

// newReferences returns the references before the changes of a commit. The bodies of fresh have no
// entry yet.
func newReferences(c *conn, fresh []placed) (*references, error) {
	r := &references{c: c}
	if len(fresh) > 0 {
		r.fresh = make(map[location]bool, len(fresh))
		for _, p := range fresh {
			r.fresh[p.body.location()] = true
		}
	}
	return r, c.query(context.Background(),
		"SELECT EXISTS (SELECT 1 FROM shared), EXISTS (SELECT 1 FROM deleted)", func(row cells) error {
			r.shared, r.deleted = row.int(0) != 0, row.int(1) != 0
			return nil
		})
}

// refer records that an entry has the body.
func (r *references) refer(b Body) error {
	if b.Kind == BodyNone {
		return nil
	}
	at, ctx := b.location(), context.Background()
	if r.fresh[at] {
		delete(r.fresh, at)
		return nil
	}
	if r.deleted {
		revived, err := r.c.exec(ctx, "DELETE FROM deleted WHERE segment = ? AND offset = ? AND noted = 0", at.segment, at.offset)
		if err != nil || revived > 0 {
			return err
		}
		_, noted, err := r.c.number(ctx, "SELECT noted FROM deleted WHERE segment = ? AND offset = ?", at.segment, at.offset)
		if err == nil && noted {
			err = fmt.Errorf("segment %d, offset %d: %w; read the entry again", at.segment, at.offset, ErrStaleBody)
		}
		if err != nil {
			return err
		}
	}
	r.shared = true
	_, err := r.c.exec(ctx, `INSERT INTO shared VALUES (?, ?, 2)
		ON CONFLICT (segment, offset) DO UPDATE SET uses = uses + 1`, at.segment, at.offset)
	return err
}

// unrefer records that an entry no longer has the body. Deleted headers need no note, since the
// next session fetches them again.
func (r *references) unrefer(b Body) error {
	if b.Kind == BodyNone {
		return nil
	}
	at, ctx := b.location(), context.Background()
	if r.shared {
		left, found, err := r.c.number(ctx, `UPDATE shared SET uses = uses - 1
			WHERE segment = ? AND offset = ? RETURNING uses`, at.segment, at.offset)
		if err == nil && found && left < 2 {
			_, err = r.c.exec(ctx, "DELETE FROM shared WHERE segment = ? AND offset = ?", at.segment, at.offset)
		}
		if err != nil || found {
			return err
		}
	}
	if b.Kind < BodyPartial {
		return nil
	}
	r.deleted = true
	r.dead++
	_, err := r.c.exec(ctx, "INSERT OR REPLACE INTO deleted VALUES (?, ?, ?, ?, 0)", at.segment, at.offset, b.Length, b.CRC)
	return err
}

// unreferAll calls unrefer for the bodies of entries that are about to be deleted.
func (r *references) unreferAll(ids []ID) error {
	var list []Body
	err := r.c.queryChunks(context.Background(), "SELECT "+bodyColumns+` FROM entries
		WHERE body_kind <> 0 AND id IN`, ids, func(row cells) error {
		list = append(list, scanBody(row, 0))
		return nil
	})
	for _, b := range list {
		if err == nil {
			err = r.unrefer(b)
		}
	}
	return err
}
