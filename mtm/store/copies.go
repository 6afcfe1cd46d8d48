package store

import (
	"context"
	"database/sql/driver"
	"fmt"
	"strings"
)

// Copies are new entries that take over the fields of others, inside the index:
// nothing is read back from it. What is named here is different in the copy, and no
// operation waits for it.
type Copies struct {
	Into       ID    // the parent of all
	Linked     bool  // Related is the source, otherwise nothing
	Set, Clear Flags // as in SetFlags
	EmailSet   EmailFlags
	EmailClear EmailFlags
	Of         []Copied
}

// Copied is one copy.
type Copied struct {
	Source ID
	Body   Body       // of the copy
	Flags  Flags      // set in this copy, beside those of all
	Email  EmailFlags // as Flags
	ID     ID         // of the copy, set by Commit
}

// Copy adds copies of entries, which must exist at Commit. The batch keeps the
// pointer; Commit sets the IDs, which grow in the order of the list.
func (b *Batch) Copy(c *Copies) { b.do(func(t *commit) error { return t.copies(c) }) }

// The columns of one copy: its id, source, body and flags.
const copyColumnCount = 9

// rowsPerCopy copies go into one statement.
const rowsPerCopy = 64

func copyQuery(rows int) string {
	row := "(" + strings.TrimSuffix(strings.Repeat("?,", copyColumnCount), ",") + ")"
	return "INSERT INTO entries (" + entryColumns + `) SELECT
		c.column1, ?1, e.type, e.service, e.size, (e.flags & ~?2) | ?3 | c.column8, c.column3, e.uid,
		c.column4, c.column5, c.column6, c.column7, iif(?4, c.column2, 0), e.date, (e.email_flags & ~?5) | ?6 | c.column9,
		e.remote_count, e.sending, e.name, e.details, e.description, e.message_id,
		e.checksum + c.column1 - e.id + ?1 - e.parent + ((e.flags & ~?2) | ?3 | c.column8) - e.flags + c.column3 - e.body_kind
		+ c.column4 - e.segment + c.column5 - e.offset + c.column6 - e.length + c.column7 - e.crc
		+ iif(?4, c.column2, 0) - e.related + ((e.email_flags & ~?5) | ?6 | c.column9) - e.email_flags
		FROM (VALUES ` + strings.TrimSuffix(strings.Repeat(row+",", rows), ",") + `) AS c
		CROSS JOIN entries AS e ON e.id = c.column2`
}

// copyArguments come before the rows in copyQuery.
const copyArguments = 6

// copies writes the copies of one operation.
func (t *commit) copies(c *Copies) error {
	if err := t.exists(c.Into); err != nil {
		return err
	}
	if err := t.insert(); err != nil { // a source may be among what was added
		return err
	}
	many := ""
	for list := c.Of; len(list) > 0; {
		n, query := 1, copyQuery(1)
		if len(list) >= rowsPerCopy {
			if many == "" {
				many = copyQuery(rowsPerCopy)
			}
			n, query = rowsPerCopy, many
		}
		if err := t.copyRows(query, c, list[:n]); err != nil {
			return err
		}
		list = list[n:]
	}
	return nil
}

func (t *commit) copyRows(query string, c *Copies, list []Copied) error {
	args := t.arguments(copyArguments + len(list)*copyColumnCount)
	for i, v := range []int64{int64(c.Into), int64(c.Clear | derived), int64(c.Set &^ derived), boolInt(c.Linked),
		int64(c.EmailClear | derivedEmail), int64(c.EmailSet &^ derivedEmail)} {
		args[i].Value = v
	}
	for i, one := range list {
		if err := t.checkBody(one.Body); err != nil {
			return err
		}
		if err := t.refer(one.Body); err != nil {
			return err
		}
		bindCopy(args[copyArguments+i*copyColumnCount:], one, t.nextID)
		t.copied = append(t.copied, copiedEntry{&list[i], t.nextID})
		t.nextID++
	}
	done, err := t.c.execValues(context.Background(), query, args)
	if err == nil && done < int64(len(list)) {
		err = fmt.Errorf("an entry to copy: %w", ErrNotFound)
	}
	return err
}

func bindCopy(a []driver.NamedValue, one Copied, id ID) {
	for i, v := range []int64{int64(id), int64(one.Source), int64(one.Body.Kind), one.Body.Segment,
		one.Body.Offset, one.Body.Length, int64(one.Body.CRC), int64(one.Flags &^ derived), int64(one.Email &^ derivedEmail)} {
		a[i].Value = v
	}
}

// copiedEntry is a copy and the id that Commit gives it.
type copiedEntry struct {
	to *Copied
	id ID
}
