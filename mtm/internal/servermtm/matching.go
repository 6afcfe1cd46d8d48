package servermtm

import (
	"slices"

	"pop3mtm/mtm/progress"
	"pop3mtm/mtm/store"
)

// refresh is one run of bringing the mailbox's entries up to date with the server
// (behaviour section 4). New entries stay invisible until all of it has worked.
type refresh struct {
	session *Session
	meter   *progress.Meter
	asked   *Asked // what will be asked for right after, or nil
	server  *listing
	local   []store.Ref // the mailbox's entries when the refresh began, by id
	uids    *uidTable   // of local
	claimed []int32     // index -> message number it belongs to, 0 = none
	// headers: Message-ID and size -> indexes into local; made when a message
	// that no UID tells needs it.
	headers *headerIndex
	known   int // of numbers.ids, how many were here before

	questioned numberSet               // messages whose claim is or was in question
	others     int                     // known ids that turned out to name another message
	rivals     map[int]int             // message number -> index of the entry whose id it has
	copied     []map[string][]store.ID // for each folder UID -> copies; made when one gets another UID
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

func (r *refresh) take(i, number int) {
	r.claimed[i] = int32(number)
	r.session.numbers.set(r.local[i].ID, number)
}

// kindOf returns how much of an entry's message was here when the refresh began.
func (r *refresh) kindOf(id store.ID) store.BodyKind { return r.local[r.indexOf(id)].Kind }

func (r *refresh) indexOf(id store.ID) int {
	i, _ := slices.BinarySearchFunc(r.local, id, func(ref store.Ref, id store.ID) int { return int(ref.ID - id) })
	return i
}

// sameSize finds the entry of a message without a name that no header has claimed, 0 for none.
func (r *refresh) sameSize(size int64) store.ID {
	for i, ref := range r.local {
		if r.claimed[i] == 0 && ref.Size == size && byHeader(ref) {
			return ref.ID
		}
	}
	return 0
}
