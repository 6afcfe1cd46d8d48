package servermtm

import "math"

// sizes holds sizes in 32 bits each, and those of larger messages apart.
type sizes struct {
	small   pile[uint32]
	others  map[int]int64 // index -> a large size; unsized for none
	largest int64
}

const (
	another = math.MaxUint32 // the size is in others
	unsized = -1
)

// add appends a size.
func (s *sizes) add(size int64) {
	s.largest = max(s.largest, size)
	if size >= 0 && size < another {
		s.small.add(uint32(size))
		return
	}
	s.small.add(another)
	s.set(s.small.count-1, size)
}

func (s *sizes) set(i int, size int64) {
	if s.others == nil {
		s.others = make(map[int]int64)
	}
	s.others[i] = size
}

// unsize records that LIST gives no size of a message.
func (s *sizes) unsize(i int) {
	*s.small.at(i) = another
	s.set(i, unsized)
}

// at returns the i-th size, 0 when LIST gives none.
func (s *sizes) at(i int) (size int64, none bool) {
	if small := *s.small.at(i); small != another {
		return int64(small), false
	}
	size = s.others[i]
	return max(0, size), size == unsized
}
