package store

import (
	"context"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The checksum of a row is a sum of numbers and CRCs of texts. So a statement that changes a few
// columns of many rows can change their checksums too, without reading the other columns.
var (
	rowColumns = columnNames("")
	checksumAt = slices.IndexFunc(columns, func(c *column) bool { return c.name == checksumName })
)

// columnNames returns the names of all columns, each with the prefix.
func columnNames(prefix string) string {
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = prefix + c.name
	}
	return strings.Join(names, ", ")
}

// insertQuery returns a statement that adds entries: one with its id, or several to which SQLite
// gives the ids after the highest. Each has the first width columns.
//
// A failed commit is rolled back as a whole, so that SQLite need not note in a temporary file what
// the statement changes. It does so unless the statement has OR FAIL and no ids.
func insertQuery(rows, width int) string {
	first := givenFrom(rows)
	return "INSERT OR FAIL INTO entries (" + namesBetween(first, width) + ") VALUES " + parameters(rows, width-first)
}

// namesBetween returns the names of the columns from first up to end.
func namesBetween(first, end int) string {
	return strings.Join(strings.Split(rowColumns, ", ")[first:end], ", ")
}

// givenFrom returns the first column that a statement that adds so many rows gives.
func givenFrom(rows int) int {
	if rows == 1 {
		return 0
	}
	return 1 // after the id
}

// width returns how many columns an INSERT needs for an entry. The columns after them have their
// usual values.
func width(e *Entry) int {
	for i := len(columns) - 1; i > checksumAt; i-- {
		if !columns[i].isUsual(e) {
			return i + 1
		}
	}
	return checksumAt + 1
}

func (c *column) isUsual(e *Entry) bool {
	if c.text != nil {
		return *c.text(e) == ""
	}
	return c.number != nil && c.number.get(e)&^c.queue == c.usual
}

// parameters returns rows lists of width parameters.
func parameters(rows, width int) string {
	row := "(" + strings.TrimSuffix(strings.Repeat("?,", width), ",") + ")"
	return strings.TrimSuffix(strings.Repeat(row+",", rows), ",")
}

// updateRow is a statement that changes all columns of the entry whose id is the first argument,
// except for the bits of the queue.
var updateRow = func() string {
	names, values, sum := make([]string, len(columns)), make([]string, len(columns)), parameter(checksumAt+1)
	for i, c := range columns {
		names[i], values[i] = c.name, parameter(i+1)
		if c.queue != 0 {
			kept := fmt.Sprintf("(%s & %d)", c.name, c.queue)
			values[i] += " | " + kept
			sum += " + " + kept
		}
	}
	values[checksumAt] = sum
	return fmt.Sprintf("UPDATE entries SET (%s) = (%s) WHERE id = ?1",
		strings.Join(names[1:], ", "), strings.Join(values[1:], ", "))
}()

func parameter(n int) string { return "?" + strconv.Itoa(n) }

// assignment sets a column of numbers to an expression.
type assignment struct{ column, value string }

// assign returns the text after SET in a statement that changes columns of entries, and the
// checksum with them.
func assign(list ...assignment) string {
	var changes strings.Builder
	difference := "checksum"
	for _, a := range list {
		changes.WriteString(a.column + " = " + a.value + ", ")
		difference += fmt.Sprintf(" - %s + %s", term(a.column, a.column), term(a.column, a.value))
	}
	return changes.String() + "checksum = " + difference
}

// term returns what a value of a column adds to the checksum.
func term(name, value string) string {
	for _, c := range columns {
		if c.name == name && c.sum == folded {
			return strings.ReplaceAll("((X & 0xFFFFFFFF) + ((X >> 32) & 0xFFFFFFFF))", "X", value)
		}
	}
	return "(" + value + ")"
}

// fold returns what a number of a folded column adds to the checksum.
func fold(n int64) int64 { return n&0xFFFFFFFF + n>>32&0xFFFFFFFF }

// entryRow writes and reads rows of entries, one after another. It is not safe for concurrent use.
type entryRow struct {
	sum   int64
	date  [8]byte
	dated bool
	texts [jointTexts]string
	buf   []byte
}

func (r *entryRow) begin() { r.sum, r.dated = 0, false }

func (r *entryRow) addNumber(c *column, n int64) {
	if c.sum == folded {
		n = fold(n)
	}
	r.sum += n
}

func (r *entryRow) addText(c *column, s string) {
	if c.sum == joint {
		r.texts[c.place] = s
		return
	}
	r.buf = append(r.buf[:0], s...)
	r.sum += int64(crc32.Checksum(r.buf, castagnoli()))
}

func (r *entryRow) addDate(seconds int64) {
	r.dated = true
	binary.LittleEndian.PutUint64(r.date[:], uint64(seconds))
}

// addUsual adds the usual value of a column.
func (r *entryRow) addUsual(c *column) {
	if c.text != nil {
		r.addText(c, "")
	} else {
		r.addNumber(c, c.usual)
	}
}

// checksum returns the checksum of the values added since begin.
func (r *entryRow) checksum() int64 {
	r.buf = r.buf[:0]
	if r.dated {
		r.buf = append(r.buf, r.date[:]...)
	}
	for _, s := range r.texts {
		r.buf = append(binary.AppendUvarint(r.buf, uint64(len(s))), s...)
	}
	return r.sum + int64(crc32.Checksum(r.buf, castagnoli()))
}

// bind sets the arguments of one row: for the columns from first on, as many as there are
// arguments.
func (r *entryRow) bind(a []value, first int, e *Entry) {
	r.begin()
	for _, c := range columns[:first] {
		r.addNumber(c, c.number.get(e))
	}
	for i, c := range columns[first:] {
		if i >= len(a) {
			r.addUsual(c)
			continue
		}
		switch {
		case c.number != nil:
			n := c.number.get(e) &^ c.queue
			r.addNumber(c, n)
			a[i].set(n)
		case c.text != nil:
			s := *c.text(e)
			if c.cut {
				s = cut(s)
			}
			r.addText(c, s)
			a[i].setText(s)
		case c.date != nil:
			a[i] = value{}
			if date := c.date(e); !date.IsZero() {
				r.addDate(date.Unix())
				a[i].set(date.Unix())
			}
		}
	}
	a[checksumAt-first].set(r.checksum())
}

// scan reads the columns of a row into e and returns their checksum.
func (r *entryRow) scan(row cells, e *Entry) int64 {
	*e = Entry{}
	r.begin()
	for i, c := range columns {
		switch {
		case c.number != nil:
			n := row.int(i)
			r.addNumber(c, n)
			c.number.set(e, n)
		case c.text != nil:
			s := row.text(i)
			r.addText(c, s)
			*c.text(e) = s
		case c.date != nil:
			if seconds, ok := row.number(i); ok {
				r.addDate(seconds)
				*c.date(e) = time.Unix(seconds, 0).UTC()
			}
		}
	}
	return r.checksum()
}

// read reads a row into e, and reports whether its checksum is right.
func (r *entryRow) read(row cells, e *Entry) bool {
	return r.scan(row, e) == row.int(checksumAt)
}

// readSound reads a row into e. It returns ErrCorrupt when the row is damaged.
func (r *entryRow) readSound(row cells, e *Entry) error {
	if !r.read(row, e) {
		return fmt.Errorf("entry %d: %w: its row in the index is damaged; "+
			"recover what is intact into a new store with 'mtm salvage'", e.ID, ErrCorrupt)
	}
	return nil
}

// readShown does the same for a row of shownColumns, and sets the flags that readers see.
func (r *entryRow) readShown(row cells, e *Entry) error {
	err := r.readSound(row, e)
	e.Flags = Flags(row.int(len(columns)))
	return err
}

// columnsOf returns the names of a table's columns in this index.
func (c *conn) columnsOf(ctx context.Context, table string) (map[string]bool, error) {
	here := make(map[string]bool)
	err := c.query(ctx, "SELECT name FROM pragma_table_info(?)", func(row cells) error {
		here[row.text(0)] = true
		return nil
	}, table)
	return here, err
}

// columnsHere returns rowColumns for an index of another version. It replaces missing columns by 0
// or an empty text, which add nothing to a checksum. checked reports whether the rows have
// checksums.
func (c *conn) columnsHere(ctx context.Context) (list string, checked bool, err error) {
	here, err := c.columnsOf(ctx, "entries")
	values := make([]string, len(columns))
	for i, one := range columns {
		if values[i] = one.name; !here[one.name] {
			values[i] = "0" // later columns have no other default
			if one.text != nil {
				values[i] = "''"
			}
		}
	}
	return strings.Join(values, ", "), here[checksumName], err
}

const bodyColumns = "body_kind, segment, offset, length, crc"

// scanBody reads bodyColumns, the first of which is column i.
func scanBody(row cells, i int) Body {
	return Body{BodyKind(row.int(i)), row.int(i + 1), row.int(i + 2), row.int(i + 3), uint32(row.int(i + 4))}
}
