package pop3

// Numbers is a list of message numbers. A list of a large mailbox need not hold each of them.
type Numbers interface {
	Len() int
	// At returns the i-th number, from 0 on. It is called for successive indexes, with few
	// exceptions.
	At(i int) int
}

// Ints is a Numbers that holds each number.
type Ints []int

// Len implements Numbers.
func (l Ints) Len() int { return len(l) }

// At implements Numbers.
func (l Ints) At(i int) int { return l[i] }
