package servermtm

import (
	"hash/maphash"

	"pop3mtm/mtm/store"
)

// uidTable finds entries by their UID. It is a hash table of indexes, which takes a
// tenth of a map's memory.
type uidTable struct {
	refs  []store.Ref
	seed  maphash.Seed
	slots []int32 // 1 + index of the first entry with the UID, 0 = free
	next  []int32 // index -> the next entry with the same UID that is not taken, or -1
	first []int32 // index of the first entry with the UID -> the first one that is not taken, or -1

	doubles map[int32]bool // the first entries of UIDs that several entries have
}

func newUIDTable(refs []store.Ref) *uidTable {
	size := 1
	for size < 2*len(refs)+1 {
		size *= 2
	}
	t := &uidTable{refs: refs, seed: maphash.MakeSeed(), slots: make([]int32, size),
		next: make([]int32, len(refs)), first: make([]int32, len(refs)), doubles: make(map[int32]bool)}
	for i := len(refs) - 1; i >= 0; i-- {
		slot := t.slot([]byte(refs[i].UID))
		t.next[i] = t.slots[slot] - 1
		if t.next[i] >= 0 {
			t.doubles[int32(i)] = true
			delete(t.doubles, t.next[i])
		}
		t.slots[slot] = int32(i + 1)
		t.first[i] = int32(i)
	}
	return t
}

// slot returns the slot of the UID, or the free one for it.
func (t *uidTable) slot(uid []byte) int {
	mask := len(t.slots) - 1
	i := int(maphash.Bytes(t.seed, uid)) & mask
	for t.slots[i] != 0 && t.refs[t.slots[i]-1].UID != string(uid) {
		i = (i + 1) & mask
	}
	return i
}

// several reports whether more than one entry has the UID.
func (t *uidTable) several(uid []byte) bool { return t.doubles[t.slots[t.slot(uid)]-1] }

// has reports whether an entry has the UID.
func (t *uidTable) has(uid []byte) bool { return t.slots[t.slot(uid)] != 0 }

// maxDoubles is how many entries with one UID are examined for one message.
const maxDoubles = 64

// left returns the first entries with the UID that are not taken, at most maxDoubles.
func (t *uidTable) left(uid []byte) []int {
	head := t.slots[t.slot(uid)] - 1
	if head < 0 {
		return nil
	}
	var list []int
	for i := t.first[head]; i >= 0 && len(list) < maxDoubles; i = t.next[i] {
		list = append(list, int(i))
	}
	return list
}

// untaken returns the indexes of all entries that are not taken.
func (t *uidTable) untaken() []int {
	var list []int
	for _, slot := range t.slots {
		if slot == 0 {
			continue
		}
		for i := t.first[slot-1]; i >= 0; i = t.next[i] {
			list = append(list, int(i))
		}
	}
	return list
}

// takeIf takes the first entry of left that is wanted, and returns it; -1 for none.
func (t *uidTable) takeIf(uid []byte, wanted func(i int) bool) int {
	head := t.slots[t.slot(uid)] - 1
	if head < 0 {
		return -1
	}
	link := &t.first[head]
	for range maxDoubles {
		i := *link
		if i < 0 {
			break
		}
		if wanted(int(i)) {
			*link = t.next[i]
			return int(i)
		}
		link = &t.next[i]
	}
	return -1
}
