package scenarios

import "time"

// Duration is a time such as 1.5s, 2m, 250ms.
type Duration time.Duration

// Size is a number of octets: 4096, 64KiB, 1MiB.
type Size int64

// Octets are bytes, written as text in which each character is one octet.
type Octets string

// Arguments are what follows a verb and a blank.
type Arguments string

// Section is a section of an RFC: 1939/5.
type Section string

// Numbers is a number or a list of them.
type Numbers []int

// Value is a text, a number, or true or false.
type Value struct{ text string }

// Count is a number, or bounds such as ">=2", "<=3", 1-3.
type Count struct {
	Least, Most int
	given       bool // the zero value is no expectation
}

// CountOf returns the count that is exactly n.
func CountOf(n int) Count { return Count{n, n, true} }
