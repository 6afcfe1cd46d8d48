package workload

import "pop3mtm/fakeserver/maildrop"

// First is the first N messages of a list.
type First struct {
	maildrop.List
	N int
}

// Len implements maildrop.List.
func (f First) Len() int { return f.N }

// Octets implements maildrop.List.
func (f First) Octets() int64 {
	sum := int64(0)
	for i := range f.N {
		sum += f.At(i).Size()
	}
	return sum
}
