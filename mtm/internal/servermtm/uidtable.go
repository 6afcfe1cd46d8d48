package servermtm

import (
	"bytes"
	"hash/maphash"
)

// uidTable finds entries by their UID. It is a hash table of indexes, which takes a tenth of a
// map's memory.
type uidTable struct {
	refs   *roster
	seed   maphash.Seed
	slots  []int32 // 1 + index of the first entry with the UID, 0 = free
	tags   []uint8 // of the slots: other octets of the hash, so that few names must be compared
	reader nameReader
	taken  []uint64 // a bit for each entry, when no two have the same UID

	doubles map[int32]bool // the first entries of UIDs that several entries have
	next    []int32        // index -> the next entry with the same UID that is not taken, or -1; nil without doubles
	first   []int32        // index of the first entry with the UID -> the first one that is not taken, or -1
}

func newUIDTable(refs *roster) *uidTable {
	size := 1
	for size < 2*refs.count+1 {
		size *= 2
	}
	t := &uidTable{refs: refs, seed: maphash.MakeSeed(), slots: make([]int32, size), tags: make([]uint8, size),
		taken: make([]uint64, refs.count/64+1), doubles: make(map[int32]bool)}
	var reader nameReader
	for i := refs.count - 1; i >= 0; i-- {
		slot, tag := t.slot(reader.at(&refs.uids, i))
		if t.slots[slot] != 0 {
			t.double(i, t.slots[slot]-1)
		}
		t.slots[slot], t.tags[slot] = int32(i+1), tag
	}
	return t
}

// double records that the i-th entry has the UID of a later one.
func (t *uidTable) double(i int, later int32) {
	if t.next == nil {
		t.next, t.first = make([]int32, t.refs.count), make([]int32, t.refs.count)
		for k := range t.next {
			t.next[k], t.first[k] = -1, int32(k)
		}
	}
	t.next[i] = later
	delete(t.doubles, later)
	t.doubles[int32(i)] = true
}

// slot returns the slot of the UID, or the free one for it, and the UID's tag.
func (t *uidTable) slot(uid []byte) (int, uint8) {
	mask := len(t.slots) - 1
	hash := maphash.Bytes(t.seed, uid)
	i, tag := int(hash>>8)&mask, uint8(hash)
	for t.slots[i] != 0 && (t.tags[i] != tag || !bytes.Equal(t.reader.at(&t.refs.uids, int(t.slots[i]-1)), uid)) {
		i = (i + 1) & mask
	}
	return i, tag
}

// head returns the index of the first entry with the UID, or -1 when no entry has it.
func (t *uidTable) head(uid []byte) int32 {
	slot, _ := t.slot(uid)
	return t.slots[slot] - 1
}

// several reports whether more than one entry has the UID.
func (t *uidTable) several(uid []byte) bool { return len(t.doubles) > 0 && t.doubles[t.head(uid)] }

// has reports whether an entry has the UID.
func (t *uidTable) has(uid []byte) bool { return t.head(uid) >= 0 }

// maxDoubles is how many entries with one UID are examined for one message.
const maxDoubles = 64

// headNear is head, and faster when the entry is beside another one.
func (t *uidTable) headNear(uid []byte, near int) int32 {
	if t.next == nil {
		for _, i := range [...]int{near + 1, near - 1} {
			if i >= 0 && i < t.refs.count && bytes.Equal(t.reader.at(&t.refs.uids, i), uid) {
				return int32(i)
			}
		}
	}
	return t.head(uid)
}

// isTaken reports whether an entry is taken, when no two have the same UID.
func (t *uidTable) isTaken(i int32) bool { return t.taken[i/64]&(1<<(i%64)) != 0 }

// left returns the first entries with the UID that are not taken, at most maxDoubles.
func (t *uidTable) left(uid []byte) (list []int) {
	head := t.head(uid)
	switch {
	case head < 0, t.next == nil && t.isTaken(head):
		return nil
	case t.next == nil:
		return []int{int(head)}
	}
	for i := t.first[head]; i >= 0 && len(list) < maxDoubles; i = t.next[i] {
		list = append(list, int(i))
	}
	return list
}

// untaken returns the indexes of all entries that are not taken.
func (t *uidTable) untaken() (list []int) {
	for _, slot := range t.slots {
		switch {
		case slot == 0:
		case t.next == nil:
			if !t.isTaken(slot - 1) {
				list = append(list, int(slot-1))
			}
		default:
			for i := t.first[slot-1]; i >= 0; i = t.next[i] {
				list = append(list, int(i))
			}
		}
	}
	return list
}

// takeIf takes the first entry with the UID that is wanted and not taken yet. It returns the index
// of that entry, or -1 when it took nothing.
func (t *uidTable) takeIf(uid []byte, wanted func(i int) bool) int {
	return t.takeFrom(t.head(uid), wanted)
}

// takeFrom does the same for the UID whose first entry is head. A negative head stands for a UID
// that no entry has.
func (t *uidTable) takeFrom(head int32, wanted func(i int) bool) int {
	if head < 0 {
		return -1
	}
	if t.next == nil {
		if t.isTaken(head) || !wanted(int(head)) {
			return -1
		}
		t.taken[head/64] |= 1 << (head % 64)
		return int(head)
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
