package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// rows verifies the checksum of each entry's row, the table store, and the built-in entries.
func (k *checker) rows(ctx context.Context, c *conn) error {
	var r entryRow
	var e Entry
	err := c.query(ctx, "SELECT "+rowColumns+" FROM entries", func(row cells) error {
		if !r.read(row, &e) {
			k.report(Problem{Entry: ID(row.int(0)), Text: "its row in the index is damaged"})
		}
		return nil
	})
	if err != nil {
		return err
	}
	n, _, err := c.number(ctx, "SELECT count(*) FROM store WHERE next_entry > 6 AND next_segment > 0")
	if err == nil && n != 1 {
		k.report(Problem{Text: "the table store does not have its one row, which holds the next ids"})
	}
	for _, id := range []ID{Root, Local, Inbox, Outbox, Drafts, Sent} {
		_, found, e := c.number(ctx, "SELECT 1 FROM entries WHERE id = ?", id)
		if e == nil && !found {
			k.report(Problem{Entry: id, Text: "a built-in entry is missing"})
		}
		err = errors.Join(err, e)
	}
	return err
}

// cache compares the index's tables about bodies with the entries that have them.
func (k *checker) cache(ctx context.Context, c *conn) error {
	for query, text := range map[string]string{
		`SELECT min(id), segment, offset FROM entries WHERE body_kind <> 0 GROUP BY segment, offset
			HAVING count(*) > ifnull((SELECT uses FROM shared WHERE shared.segment = entries.segment
			AND shared.offset = entries.offset), 1)`: "more entries share this body than are counted",
		`SELECT e.id, e.segment, e.offset FROM entries AS e CROSS JOIN deleted AS d
			ON d.segment = e.segment AND d.offset = e.offset WHERE e.body_kind <> 0`: "its body is recorded as deleted",
		`SELECT 0, segment, offset FROM unknown WHERE kind <> 0 AND (segment, offset) NOT IN (` + knownAgain + ")": unknownText,
		// Where the index knows all messages around it, it was an unfinished write.
		`SELECT 0, segment, offset FROM unknown WHERE kind = 0 AND segment IN (SELECT segment FROM unknown
			WHERE kind <> 0 AND (segment, offset) NOT IN (` + knownAgain + "))": "octets that are not a complete record",
	} {
		err := c.query(ctx, query, func(row cells) error {
			k.report(Problem{Entry: ID(row.int(0)), Segment: row.int(1), Offset: row.int(2), Text: text})
			return nil
		})
		if err != nil {
			return err
		}
	}
	k.gaps = make(map[location]int64)
	return c.query(ctx, "SELECT segment, offset, length FROM unknown WHERE kind = 0", func(row cells) error {
		k.gaps[location{row.int(0), row.int(1)}] = row.int(2)
		return nil
	})
}

const unknownText = "a message that the index does not know; 'mtm salvage' recovers it into a new store"

// tails looks for records behind the committed lengths of segments, except where somebody is
// writing.
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
			Text: fmt.Sprintf("the index lacks %d deletions: it is older than the bodies", len(t.deleted))})
	}
	return nil
}

// queue finds invalid queued operations, and entries whose flags do not match theirs.
func (k *checker) queue(ctx context.Context, c *conn) error {
	for query, text := range map[string]string{
		"SELECT entry FROM operations WHERE entry NOT IN (SELECT id FROM entries)":                           "a queued operation of a deleted entry",
		fmt.Sprintf("SELECT entry FROM operations WHERE kind NOT BETWEEN %d AND %d", QueueCopy, QueueDelete): "a queued operation of an unknown kind",
		fmt.Sprintf(`SELECT id FROM entries WHERE (flags & %d OR email_flags & %d OR id IN (SELECT entry FROM operations))
			AND (flags & %[1]d, email_flags & %[2]d) <> (SELECT (count(*) > 0) * %[1]d, %[3]s
			FROM operations WHERE operations.entry = entries.id)`, Operation, OperationMask, waitingOperation): "its flags do not match its queued operations",
	} {
		err := c.query(ctx, query, func(row cells) error {
			k.report(Problem{Entry: ID(row.int(0)), Text: text})
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
