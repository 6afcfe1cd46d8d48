package store

import (
	"context"
	"fmt"
)

// applicationID marks the index files of this program. It is "POP3" in ASCII.
const applicationID = 0x504F5033

// pageSize is the page size of the index in octets. Fewer and larger pages make a synced batch
// cheaper.
const pageSize = 8192

// version returns the version of the schema. It returns ErrNewer for a version that this program
// does not know.
func version(ctx context.Context, c *conn, dir string) (int, error) {
	var v int64
	v, _, err := c.number(ctx, "PRAGMA user_version")
	if err != nil {
		return 0, err
	}
	if known := len(migrations()); v > int64(known) {
		return 0, fmt.Errorf("%s: %w: it has version %d and this program knows up to %d; use a newer program",
			dir, ErrNewer, v, known)
	}
	return int(v), nil
}

// migrate migrates the index to the newest version, in one transaction.
func migrate(ctx context.Context, c *conn, dir string) error {
	if v, err := version(ctx, c, dir); err != nil || v == len(migrations()) {
		return err
	}
	return c.transaction(ctx, func() error {
		// Another process may have migrated while this one waited for the lock.
		v, err := version(ctx, c, dir)
		if err != nil {
			return err
		}
		for _, step := range migrations()[v:] {
			if err := c.script(ctx, step.script); err != nil {
				return err
			}
			if step.then == nil {
				continue
			}
			if err := step.then(c); err != nil {
				return err
			}
		}
		return c.script(ctx, fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = %d",
			applicationID, len(migrations())))
	})
}

// fillChecksums sets the checksums of the rows of a store of version 4.
func fillChecksums(c *conn) error {
	type summed struct{ id, sum int64 }
	ctx := context.Background()
	var r entryRow
	var e Entry
	list, _, err := c.columnsHere(ctx)
	for after := int64(-1 << 62); err == nil; {
		var sums []summed
		err = c.query(ctx, "SELECT "+list+" FROM entries WHERE id > ? ORDER BY id LIMIT 1000",
			func(row cells) error {
				sum := r.scan(row, &e)
				sums = append(sums, summed{int64(e.ID), sum})
				return nil
			}, after)
		if err != nil || len(sums) == 0 {
			return err
		}
		for _, one := range sums {
			if _, err = c.exec(ctx, "UPDATE entries SET checksum = ? WHERE id = ?", one.sum, one.id); err != nil {
				return err
			}
		}
		after = sums[len(sums)-1].id
	}
	return err
}
