package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// rows verifies the checksum of each entry, and that the table store is whole.
func (k *checker) rows(ctx context.Context, c *conn) error {
	var r entryRow
	var e Entry
	err := c.query(ctx, "SELECT "+rowColumns+" FROM entries", func(row []driver.Value) error {
		if !r.read(row, &e) {
			k.report(Problem{Entry: ID(asInt(row[0])), Text: "its row is not what was written"})
		}
		return nil
	})
	if err != nil {
		return err
	}
	n, _, err := c.number(ctx, "SELECT count(*) FROM store WHERE next_entry > 6 AND next_segment > 0")
	if err == nil && n != 1 {
		k.report(Problem{Text: "the table store has not the one row that gives new numbers"})
	}
	for _, id := range []ID{Root, Local, Inbox, Outbox, Drafts, Sent} {
		_, found, e := c.number(ctx, "SELECT 1 FROM entries WHERE id = ?", id)
		if e == nil && !found {
			k.report(Problem{Entry: id, Text: "an entry that every store has is missing"})
		}
		err = errors.Join(err, e)
	}
	return err
}

// cache compares what the index knows of bodies beside the entries that have them.
func (k *checker) cache(ctx context.Context, c *conn) error {
	for query, text := range map[string]string{
		`SELECT min(id), segment, offset FROM entries WHERE body_kind <> 0 GROUP BY segment, offset
			HAVING count(*) > ifnull((SELECT uses FROM shared WHERE shared.segment = entries.segment
			AND shared.offset = entries.offset), 1)`: "more entries have this body than are counted",
		`SELECT e.id, e.segment, e.offset FROM entries AS e CROSS JOIN deleted AS d
			ON d.segment = e.segment AND d.offset = e.offset WHERE e.body_kind <> 0`: "its body counts as deleted",
		`SELECT 0, segment, offset FROM unknown WHERE kind <> 0 AND (segment, offset) NOT IN (` + knownAgain + ")": unknownText,
		// Where all messages around it are known again, it was half a write.
		`SELECT 0, segment, offset FROM unknown WHERE kind = 0 AND segment IN (SELECT segment FROM unknown
			WHERE kind <> 0 AND (segment, offset) NOT IN (` + knownAgain + "))": "octets that are no whole record",
	} {
		err := c.query(ctx, query, func(row []driver.Value) error {
			k.report(Problem{Entry: ID(asInt(row[0])), Segment: asInt(row[1]), Offset: asInt(row[2]), Text: text})
			return nil
		})
		if err != nil {
			return err
		}
	}
	k.gaps = make(map[location]int64)
	return c.query(ctx, "SELECT segment, offset, length FROM unknown WHERE kind = 0", func(row []driver.Value) error {
		k.gaps[location{asInt(row[0]), asInt(row[1])}] = asInt(row[2])
		return nil
	})
}

const unknownText = "a message that the index does not know; 'mtm salvage' brings it back in a new store"

// tails looks for what segments hold behind what the index vouches for, unless
// somebody is writing there now.
func (k *checker) tails(ctx context.Context) error {
	ids, err := k.s.dir.segmentFiles()
	for _, id := range ids {
		if err == nil {
			err = ctx.Err()
		}
		if err == nil {
			err = k.tail(ctx, id)
		}
	}
	return err
}

func (k *checker) tail(ctx context.Context, id int64) error {
	if k.s.writers.has(id) {
		return nil
	}
	lock, err := openFile(k.s.dir.segmentLockPath(id), os.O_RDONLY)
	if err == nil {
		defer lock.Close()
		if free, e := tryLockShared(lock); e == nil && !free {
			return nil
		}
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	row, _, err := k.s.index.segmentRow(ctx, id)
	if err != nil {
		return err
	}
	f, err := openFile(k.s.dir.segmentPath(id), os.O_RDONLY)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	t, err := readTail(f, id, row)
	if err != nil || t == nil || t.worthless() {
		return err
	}
	for _, b := range t.bodies {
		k.report(Problem{Segment: id, Offset: b.Offset, Text: unknownText})
	}
	if len(t.deleted) > 0 {
		k.report(Problem{Segment: id, Offset: row.length,
			Text: fmt.Sprintf("the index knows nothing of %d deletions: it is older than the bodies", len(t.deleted))})
	}
	return nil
}

// queue finds records that mean nothing, and flags that do not tell what waits.
func (k *checker) queue(ctx context.Context, c *conn) error {
	for query, text := range map[string]string{
		"SELECT entry FROM operations WHERE entry NOT IN (SELECT id FROM entries)":                           "an operation waits for it, and it is gone",
		fmt.Sprintf("SELECT entry FROM operations WHERE kind NOT BETWEEN %d AND %d", QueueCopy, QueueDelete): "an operation of an unknown kind waits for it",
		fmt.Sprintf(`SELECT id FROM entries WHERE (flags & %d OR email_flags & %d OR id IN (SELECT entry FROM operations))
			AND (flags & %[1]d, email_flags & %[2]d) <> (SELECT (count(*) > 0) * %[1]d, %[3]s
			FROM operations WHERE operations.entry = entries.id)`, Operation, OperationMask, waitingOperation): "its flags do not tell what waits for it",
	} {
		err := c.query(ctx, query, func(row []driver.Value) error {
			k.report(Problem{Entry: ID(asInt(row[0])), Text: text})
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
