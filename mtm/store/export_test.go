package store

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"slices"
)

// SwapIdleFile replaces the file of the segment for the next body, and returns a function that
// undoes it.
func (s *Store) SwapIdleFile(f *os.File) (restore func()) {
	s.writers.mu.Lock()
	defer s.writers.mu.Unlock()
	g := s.writers.idle[len(s.writers.idle)-1]
	old := g.f
	g.f = f
	return func() { g.f = old }
}

// PlanForTest returns SQLite's query plans of EachIn.
func (s *Store) PlanForTest(ctx context.Context, parent ID, o Order) (steps []string, err error) {
	query, args := o.idQuery(), []any{o.rowFlags(), parent}
	if o.ByDate {
		query, args = o.dateQuery(), []any{parent}
	}
	err = s.index.read(ctx, func(c *conn) error {
		return c.query(ctx, "EXPLAIN QUERY PLAN "+query, func(row cells) error {
			steps = append(steps, row.text(3))
			return nil
		}, args...)
	})
	return steps, err
}

// AppendBuffer is how many octets a segment buffers before it writes them.
const AppendBuffer = appendBuffer

// RecordHeader is the length of a record's header.
const RecordHeader = recordHeader

// RecordOf returns the record header of b.
func RecordOf(b Body) []byte {
	h := make([]byte, recordHeader)
	putHeader(h, b, 0)
	return h
}

// ParseRecord parses a record header.
func ParseRecord(h []byte) (Body, error) {
	r, err := parseRecord(h, 0, 0, 0)
	if err == nil && r.note != 0 {
		err = ErrCorrupt
	}
	return r.Body, err
}

// NoteDeletingForTest returns a note of a deletion as somebody without the segment's key would
// write it.
func NoteDeletingForTest(b Body) []byte {
	content := deletion{location: b.location(), crc: b.CRC}.append(nil)
	return appendNote(nil, noteDeleted, content, 0)
}

// SegmentForTest returns a segment with a mailbox, a body and a deletion.
func SegmentForTest() []byte {
	key := keyOf(4711)
	b := appendNote(nil, noteBirth, birthNote(key.birth), 0)
	m := Mailbox{"work", "pop.example.org:995", "ada"}
	b = appendNote(b, noteMailbox, m.note(), key.key)
	b = appendNote(b, noteOrigin, origin{m.mark(), 1, "u"}.append(nil), key.key)
	var h [recordHeader]byte
	body := []byte("Subject: x\r\n\r\n")
	putHeader(h[:], Body{Kind: BodyWhole, Length: int64(len(body)), CRC: crc32.Checksum(body, castagnoli())}, key.key)
	b = append(append(b, h[:]...), body...)
	return appendNote(b, noteDeleted, deletion{location{3, 5}, 7, 9}.append(nil), key.key)
}

// ScanForTest returns the intact bodies that a scan finds.
func ScanForTest(f io.ReaderAt, size int64) (list []Body, err error) {
	key := readKey(f)
	if !key.known {
		key.key = guessKey(f, size)
	}
	sc := &scanner{f: f, segment: 1, size: size, key: key, bodies: true}
	for {
		r, err := sc.next()
		if err != nil {
			return list, err
		}
		if r.note == 0 && r.intact {
			list = append(list, r.Body)
		}
		_, _ = parseMailbox(r.content)
		_, _ = parseOrigin(r.content)
		_, _ = parseDeletions(r.content)
	}
}

// NotesForTest parses contents of notes, and returns them written again.
func NotesForTest(mailbox, from []byte) error {
	if m, ok := parseMailbox(mailbox); ok {
		if again, ok := parseMailbox(m.note()); !ok || again != m {
			return fmt.Errorf("%+v became %+v", m, again)
		}
	}
	if o, ok := parseOrigin(from); ok {
		if again, ok := parseOrigin(o.append(nil)); !ok || again != o {
			return fmt.Errorf("%+v became %+v", o, again)
		}
	}
	if list, ok := parseDeletions(from); ok {
		var b []byte
		for _, d := range list {
			b = d.append(b)
		}
		if again, ok := parseDeletions(b); !ok || !slices.Equal(again, list) {
			return fmt.Errorf("%+v became %+v", list, again)
		}
	}
	return nil
}

// QueueRows returns a function that reads the queued operation in a row of an index at path: the
// columns of a SELECT with arguments.
func QueueRows(path string) (read func(columns string, args ...any) (Queued, error), closer func() error, err error) {
	c, err := dial(context.Background(), path)
	if err != nil {
		return nil, nil, err
	}
	return func(columns string, args ...any) (queued Queued, err error) {
		return queued, c.query(context.Background(), "SELECT "+columns, func(row cells) error {
			queued = scanQueued(row)
			return nil
		}, args...)
	}, c.close, nil
}

// Version returns the version of the schema.
func Version() int { return len(migrations()) }

// NewIndex creates the index of a new store with an older version of the schema.
func NewIndex(path string, version int) (err error) {
	ctx := context.Background()
	c, err := dial(ctx, path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.close()) }()
	for _, step := range migrations()[:version] {
		if err = c.script(ctx, step.script); err == nil && step.then != nil {
			err = step.then(c)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Columns lists the columns of entries; those behind the checksum with their defaults in
// SQL, the others with "".
func Columns() (names, defaults []string) {
	for i, c := range columns {
		value := ""
		switch {
		case i <= checksumAt:
		case c.text != nil:
			value = "''"
		default:
			value = fmt.Sprint(c.usual)
		}
		names, defaults = append(names, c.name), append(defaults, value)
	}
	return names, defaults
}

// SyncsForTest returns SQLite's setting "synchronous" in a change without a sync, and after it.
func (s *Store) SyncsForTest(ctx context.Context) (during, after int64, err error) {
	const query = "SELECT synchronous FROM pragma_synchronous"
	err = s.index.changeUnsynced(ctx, func(c *conn) (err error) {
		during, _, err = c.number(context.Background(), query)
		return err
	})
	failed := s.index.changeWith(context.Background(), func(c *conn) (err error) {
		after, _, err = c.number(context.Background(), query)
		return err
	})
	return during, after, errors.Join(err, failed)
}

// SearchPlan returns how SQLite finds the children of parent with one of the flags.
func (s *Store) SearchPlan(ctx context.Context, parent ID, flags Flags) (plan []string, err error) {
	err = s.index.snapshot(ctx, func(c *conn) error {
		all, err := c.shown(ctx)
		for _, part := range all[parent].searches(flags) {
			err = errors.Join(err, c.query(ctx, "EXPLAIN QUERY PLAN "+part.query(), func(row cells) error {
				plan = append(plan, row.text(3))
				return nil
			}, append([]any{parent, parent}, part.args...)...))
		}
		return err
	})
	return plan, err
}
