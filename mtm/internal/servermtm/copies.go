package servermtm

import (
	"context"
	"slices"

	"pop3mtm/mtm/store"
)

// copies are the whole copies of the mailbox's messages in a folder, by UID.
func (m *Mailbox) copies(ctx context.Context, folder store.ID) (*uidTable, error) {
	refs, err := m.Store.UIDs(ctx, folder, m.Service, 0)
	refs = slices.DeleteFunc(refs, func(ref store.Ref) bool { return ref.Kind != store.BodyWhole })
	return newUIDTable(refs), err
}

// copyFinder says which messages of the mailbox have a copy in a folder. A copy
// is of one message only.
type copyFinder struct {
	box    *Mailbox
	table  *uidTable
	reused bool              // the server gives ids to other messages
	faces  map[store.ID]face // of messages and copies that are in question

	of     []store.ID              // for each item its copy, 0 for none
	rivals map[store.ID][]store.ID // messages -> copies that may be theirs, or of another message
}

// findCopies looks for copies of messages in a folder.
func (m *Mailbox) findCopies(ctx context.Context, folder store.ID, items []item, reused bool) (*copyFinder, error) {
	f := &copyFinder{box: m, reused: reused, faces: make(map[store.ID]face), of: make([]store.ID, len(items)),
		rivals: make(map[store.ID][]store.ID)}
	var err error
	if f.table, err = m.copies(ctx, folder); err != nil {
		return nil, err
	}
	var open []int // of items
	for k, it := range items {
		if f.of[k] = f.match(it, false); f.of[k] == 0 && f.table.has(it.uid) {
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

// findRivals lists the copies that may be of messages which are in question: those with their
// unique-id, and of a server that gives ids to other messages also those of their size, since a
// message that is here may have the id of another one now.
func (f *copyFinder) findRivals(items []item) {
	var bySize map[int64][]store.ID
	if f.reused {
		bySize = make(map[int64][]store.ID)
		for _, i := range f.table.untaken() {
			if ref := f.table.refs[i]; ref.Size > 0 {
				bySize[ref.Size] = append(bySize[ref.Size], ref.ID)
			}
		}
	}
	for k, it := range items {
		if f.of[k] != 0 {
			continue
		}
		var list []store.ID
		for _, i := range f.table.left(it.uid) {
			list = append(list, f.table.refs[i].ID)
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

// match takes a copy of a message, by what is known without their headers, or with them.
func (f *copyFinder) match(it item, looked bool) store.ID {
	d := doubtNone
	if f.reused || it.new || it.pending { // it may have come after the message that the copy is of
		d = doubtReused
	}
	i := f.table.takeIf(it.uid, func(i int) bool {
		ref := f.table.refs[i]
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
	return f.table.refs[i].ID
}

// look reads the headers that are in question.
func (f *copyFinder) look(ctx context.Context, items []item, open []int) error {
	var ids []store.ID
	for _, k := range open {
		ids = append(ids, items[k].id)
		for _, i := range f.table.left(items[k].uid) {
			ids = append(ids, f.table.refs[i].ID)
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
