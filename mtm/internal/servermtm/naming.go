package servermtm

import (
	"context"
	"errors"
	"slices"

	"pop3mtm/mtm/store"
)

// claimByHeader returns the unclaimed entry of a message whose unique-id is not known, or -1.
func (c *claims) claimByHeader(e *store.Entry, row headerRow) (int, error) {
	if c.headers == nil {
		if err := c.indexHeaders(); err != nil {
			return -1, err
		}
	}
	for _, i := range c.headers.like(e) {
		if c.claimed[i] != 0 {
			continue
		}
		id := idNone
		if row.uid != "" && !byHeader(c.local.ref(i)) {
			id = idRenamed
		}
		then := c.headers.entries[i]
		size := compareSizes(then.size, e.Size, false)
		if judge(id, size, compareFaces(then.face, faceOf(e)), doubtNone) == same {
			c.take(i, row.number)
			return i, nil
		}
	}
	return -1, nil
}

// indexHeaders adds the entries that were not claimed by a unique-id to the index of headers.
func (c *claims) indexHeaders() error {
	x := &headerIndex{entries: make(map[int]sight), byBoth: make(map[string][]int), byID: make(map[string][]int)}
	index := make(map[store.ID]int)
	var ids []store.ID
	for i, number := range c.claimed {
		if number == 0 {
			id := c.local.id(i)
			index[id] = i
			ids = append(ids, id)
		}
	}
	for some := range slices.Chunk(ids, headerRows) {
		entries, err := c.session.box.Store.Entries(context.Background(), some)
		if err != nil {
			return err
		}
		for _, e := range entries {
			i, both := index[e.ID], headerUID(e.MessageID, e.Size)
			known, err := c.session.box.faceOfEntry(context.Background(), &e, c.session.line.settings.Charset)
			if err != nil {
				return err
			}
			x.entries[i] = sight{known, e.Size}
			x.byBoth[both] = append(x.byBoth[both], i)
			if e.MessageID != "" {
				x.byID[e.MessageID] = append(x.byID[e.MessageID], i)
			}
		}
	}
	c.headers = x
	return nil
}

// adopt finds the entry of a message that had another unique-id, or none, at the last visit (QUIRK
// 53). The entry and one copy in each folder get the new one, so that nothing is fetched again.
func (c *claims) adopt(b *store.Batch, e *store.Entry, row headerRow) (bool, error) {
	i, err := c.claimByHeader(e, row)
	if i < 0 || err != nil {
		return false, err
	}
	was := c.local.ref(i)
	if was.UID == row.uid { // one of several with this unique-id (QUIRK 50)
		return true, nil
	}
	if c.copied == nil {
		if err := c.indexCopies(); err != nil {
			return false, err
		}
	}
	ids := []store.ID{was.ID}
	for _, copies := range c.copied {
		k, err := c.copyLike(copies[was.UID], e)
		if err != nil {
			return false, err
		}
		if k >= 0 {
			ids = append(ids, copies[was.UID][k])
			copies[was.UID] = slices.Delete(copies[was.UID], k, k+1)
		}
	}
	b.SetUID(ids, row.uid)
	return true, nil
}

// copyLike returns the copy of a message among those with its former unique-id, which other
// messages may have had too; -1 if there is no copy.
func (c *claims) copyLike(copies []store.ID, e *store.Entry) (int, error) {
	if len(copies) < 2 {
		return len(copies) - 1, nil
	}
	entries, err := c.session.box.Store.Entries(context.Background(), copies[:min(len(copies), maxDoubles)])
	if err != nil {
		return -1, err
	}
	for _, known := range entries {
		then, err := c.session.box.faceOfEntry(context.Background(), &known, c.session.line.settings.Charset)
		if err != nil {
			return -1, err
		}
		if head := compareFaces(then, faceOf(e)); head == headSame || head == headAlike {
			return slices.Index(copies, known.ID), nil
		}
	}
	return -1, nil
}

// equalsRival reports whether a message that was fetched whole equals, octet for octet, that of the
// entry with its unique-id. It is used when the header does not decide.
func (c *claims) equalsRival(b *store.Batch, row headerRow) (bool, error) {
	i, has := c.rivals[row.number]
	if !has || c.claimed[i] != 0 || row.body.Kind != store.BodyWhole || c.local.kind(i) != store.BodyWhole {
		return false, nil
	}
	equal, err := b.Equal(context.Background(), row.body, c.local.id(i))
	if errors.Is(err, store.ErrCorrupt) {
		return false, nil
	}
	if equal && err == nil {
		c.take(i, row.number)
	}
	return equal, err
}

// indexCopies indexes the copies of the mailbox's messages, folder by folder.
func (c *claims) indexCopies() error {
	folders, err := c.session.box.folders(context.Background())
	for _, folder := range folders {
		refs, failed := c.session.box.Store.UIDs(context.Background(), folder, c.session.box.Service, 0)
		if err = first(err, failed); err != nil {
			break
		}
		copies := make(map[string][]store.ID)
		for _, ref := range refs {
			copies[ref.UID] = append(copies[ref.UID], ref.ID)
		}
		c.copied = append(c.copied, copies)
	}
	return err
}
