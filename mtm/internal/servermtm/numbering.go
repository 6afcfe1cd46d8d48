package servermtm

import (
	"slices"

	"pop3mtm/mtm/store"
)

// numbering holds the message number of each entry in this session. It has slices, since a map
// takes several times the memory.
type numbering struct {
	local   *roster   // the entries that the mailbox had
	numbers []int32   // of these; 0 = none
	later   []stretch // entries that were added since, by id
}

// numberingOf returns a numbering in which no entry has a number.
func numberingOf(local *roster) numbering {
	return numbering{local: local, numbers: make([]int32, local.count)}
}

// known returns the index of an entry that the mailbox had.
func (m *numbering) known(id store.ID) (int, bool) {
	if m.local == nil {
		return 0, false
	}
	return m.local.index(id)
}

// of returns the number of an entry's message, or false when the server does not list it.
func (m *numbering) of(id store.ID) (int, bool) {
	if i, found := m.known(id); found {
		return int(m.numbers[i]), m.numbers[i] != 0
	}
	if i, found := m.search(id); found {
		return m.later[i].of(id), true
	}
	return 0, false
}

// set sets the number of an entry, 0 for none.
func (m *numbering) set(id store.ID, number int) {
	if i, found := m.known(id); found {
		m.numbers[i] = int32(number)
		return
	}
	i, found := m.search(id)
	if found {
		m.later = slices.Replace(m.later, i, i+1, m.later[i].without(id)...)
		i, _ = m.search(id)
	}
	switch {
	case number == 0:
	case i > 0 && m.later[i-1].takes(id, number), i < len(m.later) && m.later[i].takes(id, number):
	default:
		m.later = slices.Insert(m.later, i, stretch{id: id, number: number, count: 1})
	}
}

// search returns the index of the stretch with an entry, or where it would be.
func (m *numbering) search(id store.ID) (i int, found bool) {
	if last := len(m.later) - 1; last >= 0 && id >= m.later[last].end() { // nearly always
		return last + 1, false
	}
	return slices.BinarySearchFunc(m.later, id, func(s stretch, id store.ID) int {
		switch {
		case id < s.id:
			return 1
		case id >= s.end():
			return -1
		}
		return 0
	})
}

// entry returns the entry with a number, 0 for none. It searches all entries.
func (m *numbering) entry(number int) store.ID {
	if i := slices.Index(m.numbers, int32(number)); i >= 0 {
		return m.local.id(i)
	}
	for _, s := range m.later {
		for id := s.id; id < s.end(); id++ {
			if s.of(id) == number {
				return id
			}
		}
	}
	return 0
}

// stretch is a row of entries with successive ids, whose numbers go up or down by one.
type stretch struct {
	id     store.ID // of the first
	number int      // its message number
	count  int
	step   int // 1 or -1; 0 for a single entry
}

func (s *stretch) end() store.ID { return s.id + store.ID(s.count) }

func (s *stretch) of(id store.ID) int { return s.number + int(id-s.id)*s.step }

// takes adds an entry at the beginning or the end, and reports whether it fits there.
func (s *stretch) takes(id store.ID, number int) bool {
	before := id == s.id-1
	if !before && id != s.end() {
		return false
	}
	step := s.step
	if s.count == 1 {
		if step = number - s.number; before {
			step = -step
		}
	}
	switch {
	case step != 1 && step != -1, s.count > 1 && number != s.number+int(id-s.id)*step:
		return false
	case before:
		s.id, s.number = id, number
	}
	s.step = step
	s.count++
	return true
}

// without returns what is left of the stretch.
func (s stretch) without(id store.ID) (rest []stretch) {
	if n := int(id - s.id); n > 0 {
		rest = append(rest, stretch{s.id, s.number, n, s.step})
	}
	if n := int(s.end() - id - 1); n > 0 {
		rest = append(rest, stretch{id + 1, s.of(id + 1), n, s.step})
	}
	return rest
}
