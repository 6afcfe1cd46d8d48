package servermtm

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"pop3mtm/mtm/pop3"
	"pop3mtm/mtm/store"
)

// headerUID stands in for the UID that the server does not give: Message-ID and size
// (behaviour section 4, "Without UIDL"). The blank keeps it apart from real UIDs.
func headerUID(messageID string, size int64) string {
	return messageID + " " + strconv.FormatInt(size, 10)
}

// byHeader says whether an entry is named by headerUID.
func byHeader(ref store.Ref) bool {
	return strings.HasSuffix(ref.UID, " "+strconv.FormatInt(ref.Size, 10))
}

// uids asks for the unique-ids. named is false when messages are to be named by their headers. A server that has
// unique-ids, and refuses them now, is not: all mail would come again under other names.
func (s *Session) uids(ctx context.Context) (uids []pop3.UID, named bool, err error) {
	if s.settings.IgnoreUIDL {
		return nil, false, nil
	}
	uids, err = s.wire.Uidl(ctx)
	if _, refused := errors.AsType[*pop3.ReplyError](err); !refused || errors.Is(err, pop3.ErrTemporary) { // QUIRK 61
		return uids, true, err
	}
	const advice = "%w; it %s, and without them mail would come twice: try again later, or set ignore-uidl"
	if s.wire.Capabilities().Has("UIDL") {
		return nil, false, fmt.Errorf(advice, err, "lists unique-ids")
	}
	known, unread := s.knowsUIDs(ctx)
	if known {
		return nil, false, fmt.Errorf(advice, err, "has told unique-ids before")
	}
	return nil, false, unread
}

// knowsUIDs says whether an entry or a copy of one has a name that the server gave.
func (m *Mailbox) knowsUIDs(ctx context.Context) (bool, error) {
	folders, err := m.folders(ctx)
	for _, parent := range append([]store.ID{m.Service}, folders...) {
		refs, failed := m.Store.UIDs(ctx, parent, m.Service, 0)
		if err = first(err, failed); err != nil {
			break
		}
		for _, ref := range refs {
			if !byHeader(ref) {
				return true, nil
			}
		}
	}
	return false, err
}

// folders are all that copies may be in.
func (m *Mailbox) folders(ctx context.Context) (list []store.ID, err error) {
	list = []store.ID{store.Local}
	for i := 0; i < len(list) && err == nil; i++ {
		err = m.Store.Each(ctx, list[i], func(e *store.Entry) error {
			if e.Type == store.TypeFolder {
				list = append(list, e.ID)
			}
			return nil
		})
	}
	return list, err
}

// claimByHeader finds the entry of a message whose name is not known, and which no other message has claimed, or returns -1.
func (r *refresh) claimByHeader(e *store.Entry, row headerRow) (int, error) {
	if r.headers == nil {
		if err := r.indexHeaders(); err != nil {
			return -1, err
		}
	}
	for _, i := range r.headers.like(e) {
		if r.claimed[i] != 0 {
			continue
		}
		id := idNone
		if row.uid != "" && !byHeader(r.local[i]) {
			id = idRenamed
		}
		then := r.headers.entries[i]
		size := compareSizes(then.size, e.Size, false)
		if judge(id, size, compareFaces(then.face, faceOf(e)), doubtNone) == same {
			r.take(i, row.number)
			return i, nil
		}
	}
	return -1, nil
}

// headerIndex finds entries by what their headers tell.
type headerIndex struct {
	entries map[int]sight // index into refresh.local -> what is known of it
	byBoth  map[string][]int
	byID    map[string][]int // by Message-ID alone, for sizes that LIST does not tell
}

// sight is what an entry keeps of a message: its header, and the size in LIST.
type sight struct {
	face
	size int64
}

// like are the entries that may be of the same message.
func (x *headerIndex) like(e *store.Entry) []int {
	list := x.byBoth[headerUID(e.MessageID, e.Size)]
	if e.MessageID == "" {
		return list
	}
	if e.Size == 0 {
		return x.byID[e.MessageID]
	}
	return append(slices.Clip(list), x.byBoth[headerUID(e.MessageID, 0)]...)
}

// indexHeaders takes in the entries that no name of the server's has claimed.
func (r *refresh) indexHeaders() error {
	x := &headerIndex{entries: make(map[int]sight), byBoth: make(map[string][]int), byID: make(map[string][]int)}
	index := make(map[store.ID]int)
	var ids []store.ID
	for i, ref := range r.local {
		if r.claimed[i] == 0 {
			index[ref.ID] = i
			ids = append(ids, ref.ID)
		}
	}
	for some := range slices.Chunk(ids, headerRows) {
		entries, err := r.Store.Entries(context.Background(), some)
		if err != nil {
			return err
		}
		for _, e := range entries {
			i, both := index[e.ID], headerUID(e.MessageID, e.Size)
			known, err := r.faceOfEntry(context.Background(), &e, r.settings.Charset)
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
	r.headers = x
	return nil
}

// adopt finds the entry of a message that had another name, or none, when it was seen last (QUIRK 53). The entry gets the
// new one, and with it one copy in each folder, so that nothing is fetched again.
func (r *refresh) adopt(b *store.Batch, e *store.Entry, row headerRow) (bool, error) {
	i, err := r.claimByHeader(e, row)
	if i < 0 || err != nil {
		return false, err
	}
	was := r.local[i]
	if was.UID == row.uid { // one of several with this name (QUIRK 50)
		return true, nil
	}
	if r.copied == nil {
		if err := r.indexCopies(); err != nil {
			return false, err
		}
	}
	ids := []store.ID{was.ID}
	for _, copies := range r.copied {
		k, err := r.copyLike(copies[was.UID], e)
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

// copyLike finds the copy of a message among those with its former unique-id, which others may have had before; -1 is none.
func (r *refresh) copyLike(copies []store.ID, e *store.Entry) (int, error) {
	if len(copies) < 2 {
		return len(copies) - 1, nil
	}
	entries, err := r.Store.Entries(context.Background(), copies[:min(len(copies), maxDoubles)])
	if err != nil {
		return -1, err
	}
	for _, known := range entries {
		then, err := r.faceOfEntry(context.Background(), &known, r.settings.Charset)
		if err != nil {
			return -1, err
		}
		if head := compareFaces(then, faceOf(e)); head == headSame || head == headAlike {
			return slices.Index(copies, known.ID), nil
		}
	}
	return -1, nil
}

// equalsRival reports whether a message that came whole is, octet for octet, that of the entry whose unique-id it has: its header
// could not tell.
func (r *refresh) equalsRival(b *store.Batch, row headerRow) (bool, error) {
	i, has := r.rivals[row.number]
	if !has || r.claimed[i] != 0 || row.body.Kind != store.BodyWhole || r.local[i].Kind != store.BodyWhole {
		return false, nil
	}
	equal, err := b.Equal(context.Background(), row.body, r.local[i].ID)
	if errors.Is(err, store.ErrCorrupt) {
		return false, nil
	}
	if equal && err == nil {
		r.take(i, row.number)
	}
	return equal, err
}

// indexCopies finds the copies of the mailbox's messages, folder by folder.
func (r *refresh) indexCopies() error {
	folders, err := r.folders(context.Background())
	for _, folder := range folders {
		refs, failed := r.Store.UIDs(context.Background(), folder, r.Service, 0)
		if err = first(err, failed); err != nil {
			break
		}
		copies := make(map[string][]store.ID)
		for _, ref := range refs {
			copies[ref.UID] = append(copies[ref.UID], ref.ID)
		}
		r.copied = append(r.copied, copies)
	}
	return err
}
