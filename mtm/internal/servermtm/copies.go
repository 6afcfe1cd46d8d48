package servermtm

import (
	"context"
	"slices"

	"pop3mtm/mtm/store"
)

// copies returns the whole copies of the mailbox's messages in a folder, by UID.
func (m *Mailbox) copies(ctx context.Context, folder store.ID) (*uidTable, error) {
	refs, err := m.roster(ctx, folder, func(ref *store.Ref) bool { return ref.Kind == store.BodyWhole })
	return newUIDTable(refs), err
}

// copyFinder finds the copies of messages in a folder. A copy belongs to only one message.
type copyFinder struct {
	box    *Mailbox
	table  *uidTable
	reused bool              // the server reuses unique-ids
	faces  map[store.ID]face // headers of messages and copies in question

	of     []store.ID              // the copy of each item, 0 for none
	rivals map[store.ID][]store.ID // message -> copies that may belong to it or to another message
}

// findCopies finds the copies of messages in a folder.
func (m *Mailbox) findCopies(ctx context.Context, folder store.ID, items []item, reused bool) (*copyFinder, error) {
	f := &copyFinder{box: m, reused: reused, faces: make(map[store.ID]face), of: make([]store.ID, len(items)),
		rivals: make(map[store.ID][]store.ID)}
	if len(items) == 0 {
		return f, nil
	}
	var err error
	if f.table, err = m.copies(ctx, folder); err != nil {
		return nil, err
	}
	var open []int // of items
	for k, it := range items {
		if f.of[k] = f.match(it, false); f.of[k] == 0 && f.table.has([]byte(it.uid)) {
			open = append(open, k)
		}
	}
	if err = f.look(ctx, items, open); err != nil {
		return nil, err
	}
	for _, k := range open {
		f.of[k] = f.match(items[k], true)
	}
	f.findRivals(items)
	return f, nil
}

// findRivals lists the copies that may belong to messages in question: those with the same
// unique-id, and when the server reuses ids also those of the same size, since a stored message
// may have another id now.
func (f *copyFinder) findRivals(items []item) {
	var bySize map[int64][]store.ID
	if f.reused {
		bySize = make(map[int64][]store.ID)
		for _, i := range f.table.untaken() {
			if size := f.table.refs.size(i); size > 0 {
				bySize[size] = append(bySize[size], f.table.refs.id(i))
			}
		}
	}
	for k, it := range items {
		if f.of[k] != 0 {
			continue
		}
		var list []store.ID
		for _, i := range f.table.left([]byte(it.uid)) {
			list = append(list, f.table.refs.id(i))
		}
		for _, id := range bySize[it.size] {
			if len(list) < maxDoubles && !slices.Contains(list, id) {
				list = append(list, id)
			}
		}
		if len(list) > 0 {
			f.rivals[it.id] = list
		}
	}
}

// match claims a copy for a message. looked is whether the headers in question were read.
func (f *copyFinder) match(it item, looked bool) store.ID {
	d := doubtNone
	if f.reused || it.new || it.pending { // it may be newer than the message that the copy belongs to
		d = doubtReused
	}
	i := f.table.takeIf([]byte(it.uid), func(i int) bool {
		ref := f.table.refs.ref(i)
		head := headUnasked
		if looked {
			head = compareFaces(f.faces[ref.ID], f.faces[it.id])
		}
		id := idSame
		if byHeader(ref) {
			id = idNone
		}
		return judge(id, compareSizes(ref.Size, it.size, false), head, d) == same
	})
	if i < 0 {
		return 0
	}
	return f.table.refs.id(i)
}

// look reads the headers in question.
func (f *copyFinder) look(ctx context.Context, items []item, open []int) error {
	var ids []store.ID
	for _, k := range open {
		ids = append(ids, items[k].id)
		for _, i := range f.table.left([]byte(items[k].uid)) {
			ids = append(ids, f.table.refs.id(i))
		}
	}
	slices.Sort(ids)
	for some := range slices.Chunk(slices.Compact(ids), headerRows) {
		entries, err := f.box.Store.Entries(ctx, some)
		if err != nil {
			return err
		}
		for _, e := range entries {
			if f.faces[e.ID], err = f.box.faceOfEntry(ctx, &e, ""); err != nil {
				return err
			}
		}
	}
	return nil
}
