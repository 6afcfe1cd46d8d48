package servermtm

import (
	"context"
	"slices"

	"pop3mtm/mtm/store"
)

// roster holds entries with unique-ids, by id, in little memory. It does not change once it is
// complete, and its methods may then be called by several goroutines.
type roster struct {
	count int
	rows  []idRow
	sizes sizes
	uids  names
	looks pile[uint16] // index in known
	known []look       // all that occur
}

// idRow is a row of entries with successive ids.
type idRow struct {
	id    store.ID // of the first
	index int32
}

// look holds the fields that have the same values in many entries.
type look struct {
	flags store.Flags
	kind  store.BodyKind
}

// add appends an entry, whose id is the highest.
func (r *roster) add(ref *store.Ref) {
	if last := len(r.rows) - 1; last < 0 || ref.ID != r.rows[last].id+store.ID(r.count-int(r.rows[last].index)) {
		r.rows = append(r.rows, idRow{ref.ID, int32(r.count)})
	}
	is := look{ref.Flags, ref.Kind}
	at := slices.Index(r.known, is)
	if at < 0 {
		at = len(r.known)
		r.known = append(r.known, is)
	}
	r.looks.add(uint16(at))
	r.sizes.add(ref.Size)
	r.uids.add([]byte(ref.UID))
	r.count++
}

// id returns the id of the i-th entry.
func (r *roster) id(i int) store.ID {
	at, found := slices.BinarySearchFunc(r.rows, int32(i), func(row idRow, i int32) int { return int(row.index - i) })
	if !found {
		at--
	}
	return r.rows[at].id + store.ID(int32(i)-r.rows[at].index)
}

// index returns the index of an entry.
func (r *roster) index(id store.ID) (int, bool) {
	at, found := slices.BinarySearchFunc(r.rows, id, func(row idRow, id store.ID) int { return int(row.id - id) })
	if !found {
		at--
	}
	if at < 0 {
		return 0, false
	}
	end := r.count
	if at+1 < len(r.rows) {
		end = int(r.rows[at+1].index)
	}
	i := int64(r.rows[at].index) + int64(id-r.rows[at].id)
	return int(i), i < int64(end)
}

// next returns an id above those of all entries.
func (r *roster) next() store.ID {
	if r.count == 0 {
		return 0
	}
	return r.id(r.count-1) + 1
}

func (r *roster) size(i int) int64 {
	size, _ := r.sizes.at(i)
	return size
}

func (r *roster) flags(i int) store.Flags { return r.known[*r.looks.at(i)].flags }

func (r *roster) kind(i int) store.BodyKind { return r.known[*r.looks.at(i)].kind }

// ref returns the i-th entry.
func (r *roster) ref(i int) store.Ref {
	var reader nameReader
	return store.Ref{ID: r.id(i), UID: string(reader.at(&r.uids, i)), Size: r.size(i), Flags: r.flags(i), Kind: r.kind(i)}
}

// roster returns the entries below parent that belong to the mailbox and are wanted.
func (m *Mailbox) roster(ctx context.Context, parent store.ID, wanted func(*store.Ref) bool) (*roster, error) {
	var r roster
	err := m.Store.EachUID(ctx, parent, m.Service, 0, func(ref *store.Ref) {
		if wanted == nil || wanted(ref) {
			r.add(ref)
		}
	})
	return &r, err
}
