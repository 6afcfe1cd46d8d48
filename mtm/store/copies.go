package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// Copies describes entries to be copied inside the index, without reading them. A copy has all
// fields of its source except those given here, and no queued operations.
type Copies struct {
	Into       ID    // the parent of all copies
	Linked     bool  // set Related to the source; otherwise to 0
	Set, Clear Flags // as in SetFlags
	EmailSet   EmailFlags
	EmailClear EmailFlags
	Of         []Copied
}

// Copied describes one copy.
type Copied struct {
	Source ID
	Body   Body       // the body of the copy
	Flags  Flags      // set in this copy, in addition to Copies.Set
	Email  EmailFlags // set in this copy, in addition to Copies.EmailSet
	ID     ID         // id of the copy, set by Commit
}

// copyColumns lists the values that a statement needs for each copy.
var copyColumns = []string{"id", "source", "body_kind", "segment", "offset", "length", "crc", "flags", "email_flags", copySum}

// copySum is the sum of the values of a copy that are known before the statement runs.
const copySum = "sum"

// The parameters that come before the copies in copyQuery.
const (
	copyParent = iota + 1
	copyClear
	copySet
	copyLinked
	copyEmailClear
	copyEmailSet
	copyParameters = copyEmailSet
)

// rowsPerCopy is how many copies one statement adds.
const rowsPerCopy = 64

// copyStatements add one copy, or rowsPerCopy of them.
type copyStatements struct{ one, many string }

var (
	// copyStored adds copies with the flags that are stored in their sources.
	copyStored = newCopyStatements("e.flags", "")
	// copyAged adds copies with the flags that readers see in their sources. It takes a tenth
	// longer.
	copyAged = newCopyStatements(agedFlags("e."), withShown)
)

func newCopyStatements(flags, join string) copyStatements {
	return copyStatements{copyQuery(1, flags, join), copyQuery(rowsPerCopy, flags, join)}
}

// adding returns the statement that adds count copies.
func (s copyStatements) adding(count int) string {
	if count == 1 {
		return s.one
	}
	return s.many
}

// copyQuery returns a statement that adds count copies. flags is an expression for the flags of a
// source, and join the tables it needs.
func copyQuery(count int, flags, join string) string {
	values, sum := make([]string, len(columns)), "e.checksum + "+ofCopy(copySum)
	for i, c := range columns {
		values[i] = "e." + c.name
		value := copiedValue(c.name, flags)
		if value == "" {
			continue
		}
		values[i] = value
		sum += " - e." + c.name
		if strings.Contains(value, "e.") { // others are in copySum
			sum += " + (" + value + ")"
		}
	}
	values[checksumAt] = sum
	first := givenFrom(count)
	return fmt.Sprintf("INSERT OR FAIL INTO entries (%s) SELECT %s FROM (VALUES %s) AS c CROSS JOIN entries AS e ON e.id = %s"+join,
		namesBetween(first, len(columns)), strings.Join(values[first:], ", "),
		parameters(count, len(copyColumns)), ofCopy("source"))
}

// copiedValue returns the expression for a column of a copy, or "" when the copy has the source's
// value.
func copiedValue(name, flags string) string {
	switch name {
	case "parent":
		return parameter(copyParent)
	case "flags":
		return fmt.Sprintf("(%s & ~?%d) | ?%d | %s", flags, copyClear, copySet, ofCopy(name))
	case "email_flags":
		return fmt.Sprintf("(e.email_flags & ~?%d) | ?%d | %s", copyEmailClear, copyEmailSet, ofCopy(name))
	case "related":
		return fmt.Sprintf("iif(?%d, %s, 0)", copyLinked, ofCopy("source"))
	}
	if slices.Contains(copyColumns, name) {
		return ofCopy(name)
	}
	return ""
}

// ofCopy returns the name that one of copyColumns has in copyQuery.
func ofCopy(name string) string { return fmt.Sprintf("c.column%d", slices.Index(copyColumns, name)+1) }

// copies writes the copies of one operation.
func (t *tree) copies(c *Copies) error {
	if err := t.exists(c.Into); err != nil {
		return err
	}
	if err := t.insert(); err != nil { // a source may be an entry of this batch
		return err
	}
	all, err := t.allShown()
	if err != nil {
		return err
	}
	for list := c.Of; len(list) > 0; {
		n, statements := 1, copyStored
		if len(list) >= rowsPerCopy && t.follows(t.nextID) {
			n = rowsPerCopy
		}
		if aged(all, list[:n]) {
			statements = copyAged
		}
		if err := t.copyRows(statements.adding(n), c, list[:n]); err != nil {
			return err
		}
		list = list[n:]
	}
	return nil
}

// aged reports whether readers may see other flags of a source than those stored. It tells by the
// ids alone, so it may say so of a source that is not a child of the service.
func aged(all map[ID]shown, list []Copied) bool {
	for _, s := range all {
		for i := range list {
			if id := list[i].Source; id < max(s.newFrom, s.unreadFrom) || s.preparingFrom > 0 && id >= s.preparingFrom {
				return true
			}
		}
	}
	return false
}

func (t *tree) copyRows(query string, c *Copies, list []Copied) error {
	args := t.arguments(copyParameters + len(list)*len(copyColumns))
	for n, v := range map[int]int64{copyParent: int64(c.Into), copyLinked: boolInt(c.Linked),
		copyClear: int64(c.Clear | derived), copySet: int64(c.Set &^ derived),
		copyEmailClear: int64(c.EmailClear | derivedEmail), copyEmailSet: int64(c.EmailSet &^ derivedEmail)} {
		args[n-1].set(v)
	}
	for i, one := range list {
		if err := t.checkBody(one.Body); err != nil {
			return err
		}
		if err := t.bodies.refer(one.Body); err != nil {
			return err
		}
		bindCopy(args[copyParameters+i*len(copyColumns):], c, one, t.nextID)
		t.copied = append(t.copied, copiedEntry{&list[i], t.nextID})
		t.nextID++
	}
	done, err := t.c.execValues(context.Background(), query, args)
	if err == nil && done < int64(len(list)) {
		err = fmt.Errorf("an entry to copy: %w", ErrNotFound)
	}
	if err == nil {
		err = t.reached(t.nextID - 1)
	}
	return err
}

// bindCopy sets the arguments of one copy, in the order of copyColumns.
func bindCopy(a []value, c *Copies, one Copied, id ID) {
	b := one.Body
	sum := int64(id+c.Into) + int64(b.Kind) + b.Segment + b.Offset + b.Length + int64(b.CRC)
	if c.Linked {
		sum += int64(one.Source)
	}
	for i, v := range []int64{int64(id), int64(one.Source), int64(b.Kind), b.Segment, b.Offset, b.Length, int64(b.CRC),
		int64(one.Flags &^ derived), int64(one.Email &^ derivedEmail), sum} {
		a[i].set(v)
	}
}
