package scenarios

import "time"

// Duration is a duration, written as 1.5s, 2m or 250ms.
type Duration time.Duration

// Size is a number of octets, written as 4096, 64KiB or 1MiB.
type Size int64

// Octets holds octets, written as text in which each character is one octet.
type Octets string

// Arguments is the text after the verb of a command and a blank.
type Arguments string

// Section is a section of an RFC, written as 1939/5.
type Section string

// Numbers is a list of numbers; a list of one may be written as the number alone.
type Numbers []int

// Value is the value of a name in a case: a text, a number, true or false.
type Value struct{ text string }

// Count is an exact number or a range, written as 2, ">=2", "<=3" or 1-3.
type Count struct {
	Least, Most int
	given       bool // false for the zero value, which expects nothing
}

// CountOf returns a Count that expects exactly n.
func CountOf(n int) Count { return Count{n, n, true} }
