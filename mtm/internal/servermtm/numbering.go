package servermtm

import (
	"hash/maphash"
	"slices"

	"pop3mtm/mtm/store"
)

// numbering holds the message number of each entry in this session. It has two slices, since a map
// takes several times the memory.
type numbering struct {
	ids     []store.ID // ascending
	numbers []int32    // 0 = none
}

// numberingOf returns a numbering in which no entry has a number.
func numberingOf(local []store.Ref) numbering {
	n := numbering{ids: make([]store.ID, len(local)), numbers: make([]int32, len(local))}
	for i, ref := range local {
		n.ids[i] = ref.ID
	}
	return n
}

// of returns the number of an entry's message, or false when the server does not list it.
func (m *numbering) of(id store.ID) (int, bool) {
	i, found := slices.BinarySearch(m.ids, id)
	if !found || m.numbers[i] == 0 {
		return 0, false
	}
	return int(m.numbers[i]), true
}

// set sets the number of an entry, 0 for none. Ids usually come in ascending order.
func (m *numbering) set(id store.ID, number int) {
	i := len(m.ids)
	if i > 0 && id <= m.ids[i-1] {
		var found bool
		if i, found = slices.BinarySearch(m.ids, id); found {
			m.numbers[i] = int32(number)
			return
		}
	}
	m.ids, m.numbers = slices.Insert(m.ids, i, id), slices.Insert(m.numbers, i, int32(number))
}

// grow makes room for n more entries.
func (m *numbering) grow(n int) {
	m.ids, m.numbers = slices.Grow(m.ids, n), slices.Grow(m.numbers, n)
}

// entry returns the entry with a number, 0 for none. It searches all entries.
func (m *numbering) entry(number int) store.ID {
	if i := slices.Index(m.numbers, int32(number)); i >= 0 {
		return m.ids[i]
	}
	return 0
}

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
		slot := t.slot(refs[i].UID)
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
func (t *uidTable) slot(uid string) int {
	mask := len(t.slots) - 1
	i := int(maphash.String(t.seed, uid)) & mask
	for t.slots[i] != 0 && t.refs[t.slots[i]-1].UID != uid {
		i = (i + 1) & mask
	}
	return i
}

// several reports whether more than one entry has the UID.
func (t *uidTable) several(uid string) bool { return t.doubles[t.slots[t.slot(uid)]-1] }

// has reports whether an entry has the UID.
func (t *uidTable) has(uid string) bool { return t.slots[t.slot(uid)] != 0 }

const (
	anySize    = -1
	maxDoubles = 64 // the most entries with one UID that are examined for one message
)

// left returns the first entries with the UID that are not taken, at most maxDoubles.
func (t *uidTable) left(uid string) []int {
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

// take takes the first entry with the UID and this size that is not taken, and
// returns it; -1 for none.
func (t *uidTable) take(uid string, size int64) int {
	return t.takeIf(uid, func(i int) bool { return size == anySize || t.refs[i].Size == size })
}

// takeIf takes the first entry of left that is wanted, and returns it; -1 for none.
func (t *uidTable) takeIf(uid string, wanted func(i int) bool) int {
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

// numberSet is a set of message numbers, with one bit for each.
type numberSet []uint64

func (s numberSet) has(n int) bool { return n/64 < len(s) && s[n/64]&(1<<(n%64)) != 0 }

func (s *numberSet) add(n int) {
	if need := n/64 + 1 - len(*s); need > 0 {
		*s = append(*s, make([]uint64, need)...)
	}
	(*s)[n/64] |= 1 << (n % 64)
}
