package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// bodySet holds the intact records of a store.
type bodySet struct {
	list      []foundBody // in the order of segments and offsets
	at        map[location]int
	like      map[likeness][]int
	mailboxes map[mark]Mailbox
	births    map[int64]int64
	deleted   map[location][]deletion
}

// foundBody is a body whose octets match their checksum.
type foundBody struct {
	Body
	from *origin // nil when unknown
	used bool    // an entry has the body
}

// likeness is the length and checksum of a body, which equal bodies have in common.
type likeness struct {
	length int64
	crc    uint32
}

func (b Body) likeness() likeness { return likeness{b.Length, b.CRC} }

// readBodies reads all segment files.
func (v *salvager) readBodies(ctx context.Context) (*bodySet, error) {
	set := &bodySet{at: make(map[location]int), like: make(map[likeness][]int), mailboxes: make(map[mark]Mailbox),
		births: make(map[int64]int64), deleted: make(map[location][]deletion)}
	ids, err := v.dir.segmentFiles()
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		if err := v.readSegment(ctx, set, id); err != nil {
			return nil, err
		}
	}
	for _, d := range v.index.deleted {
		d.birth = v.index.segments[d.segment].birth
		set.deleted[d.location] = append(set.deleted[d.location], d)
	}
	for i, b := range set.list {
		set.at[b.location()] = i
		set.like[b.likeness()] = append(set.like[b.likeness()], i)
	}
	for id := range v.index.segments {
		if _, err := os.Stat(v.dir.segmentPath(id)); errors.Is(err, fs.ErrNotExist) {
			v.lost(Loss{Segment: id, Text: "its file is missing"})
		}
	}
	return set, nil
}

func (v *salvager) readSegment(ctx context.Context, set *bodySet, id int64) error {
	f, err := openFile(v.dir.segmentPath(id), os.O_RDONLY)
	if errors.Is(err, ErrNotStore) {
		v.lost(Loss{Segment: id, Text: "it is not a file"})
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return err
	}
	row, known := v.index.segments[id]
	key := readKey(f)
	if !key.known && row.birth != 0 {
		key = keyOf(row.birth)
	}
	if !key.known {
		key.key = guessKey(f, st.Size())
	}
	set.births[id] = key.birth
	sc := &scanner{f: f, segment: id, size: st.Size(), key: key, bodies: true}
	var from *origin
	for {
		if err := ctx.Err(); err != nil {
			return context.Cause(ctx)
		}
		r, err := sc.next()
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		if r.skipped > 0 && (!known || sc.pos-r.skipped < row.length) {
			at := sc.size - r.skipped
			if err == nil {
				at = r.Offset - r.skipped
			}
			v.lost(Loss{Segment: id, Offset: at, Text: fmt.Sprintf("%d octets that are not a complete record", r.skipped)})
		}
		if err != nil {
			return nil
		}
		if r.skipped > 0 {
			from = nil
		}
		from = v.take(set, r, from)
	}
}

// take adds a record to the set. It returns the origin of the next record if this one is the note
// of it.
func (v *salvager) take(set *bodySet, r scanned, from *origin) *origin {
	if !r.intact {
		if r.note == 0 {
			v.lost(Loss{Segment: r.Segment, Offset: r.Offset, Text: fmt.Sprintf("a body of %d octets is damaged", r.Length)})
		}
		return nil
	}
	switch r.note {
	case 0:
		set.list = append(set.list, foundBody{Body: r.Body, from: from})
	case noteOrigin:
		if o, ok := parseOrigin(r.content); ok {
			return &o
		}
	case noteMailbox:
		if m, ok := parseMailbox(r.content); ok {
			set.mailboxes[m.mark()] = m
		}
	case noteDeleted:
		list, _ := parseDeletions(r.content)
		for _, d := range list {
			set.deleted[d.location] = append(set.deleted[d.location], d)
		}
	case noteBirth, noteRetired:
	}
	return nil
}

// wasDeleted reports whether the last entry of a body was deleted.
func (set *bodySet) wasDeleted(b Body) bool {
	for _, d := range set.deleted[b.location()] {
		birth := set.births[b.Segment]
		if d.crc == b.CRC && (d.birth == birth || d.birth == 0 || birth == 0) {
			return true
		}
	}
	return false
}

// find returns the record of an entry's body: at the place that the entry names or, since the index
// may be older than a reclaim, an equal one with its UID elsewhere. gone reports whether it was
// deleted later.
func (set *bodySet) find(e *Entry) (i int, gone, ok bool) {
	if i, found := set.at[e.Body.location()]; found && set.list[i].likeness() == e.Body.likeness() {
		return i, set.wasDeleted(set.list[i].Body), true
	}
	for _, i := range set.like[e.Body.likeness()] {
		b := &set.list[i]
		if b.from != nil && b.from.uid == e.UID && b.Kind >= e.Body.Kind {
			return i, set.wasDeleted(b.Body), true
		}
	}
	return 0, false, false
}

// equal reports whether two bodies have the same octets.
func (v *salvager) equal(a, b Body) (bool, error) {
	if a.location() == b.location() {
		return true, nil
	}
	first, err := v.handles.body(a)
	if err != nil {
		return false, err
	}
	second, err := v.handles.body(b)
	if err != nil {
		return false, errors.Join(err, first.Close())
	}
	same, err := sameOctets(first, second)
	return same, errors.Join(err, first.Close(), second.Close())
}
