package scenarios

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"time"
)

// Duration is a duration, written as 1.5s, 2m or 250ms.
type Duration time.Duration

// String returns the duration in the form of files.
func (t Duration) String() string { return time.Duration(t).String() }

// MarshalJSON writes the duration as a string.
func (t Duration) MarshalJSON() ([]byte, error) { return json.Marshal(t.String()) }

// Size is a number of octets, written as 4096, 64KiB or 1MiB.
type Size int64

// Octets holds octets, written as text in which each character is one octet.
type Octets string

// MarshalJSON writes each octet as one character.
func (o Octets) MarshalJSON() ([]byte, error) {
	runes := make([]rune, len(o))
	for i := range len(o) {
		runes[i] = rune(o[i])
	}
	return json.Marshal(string(runes))
}

// Arguments is the text after the verb of a command and a blank.
type Arguments string

// Section is a section of an RFC, written as 1939/5.
type Section string

// Numbers is a list of numbers; a list of one may be written as the number alone.
type Numbers []int

// MarshalJSON writes a list.
func (m Numbers) MarshalJSON() ([]byte, error) { return json.Marshal([]int(m)) }

// Value is the value of a name in a case: a text, a number, true or false.
type Value struct{ text string }

// MarshalJSON writes a text.
func (v Value) MarshalJSON() ([]byte, error) { return json.Marshal(v.text) }

// Count is an exact number or a range, written as 2, ">=2", "<=3" or 1-3.
type Count struct {
	Least, Most int
	given       bool // false for the zero value, which expects nothing
}

// CountOf returns a Count that expects exactly n.
func CountOf(n int) Count { return Count{n, n, true} }

// String returns the count in the form of files.
func (c Count) String() string {
	switch {
	case c.Least == c.Most:
		return strconv.Itoa(c.Least)
	case c.Most == math.MaxInt:
		return fmt.Sprintf(">=%d", c.Least)
	case c.Least == 0:
		return fmt.Sprintf("<=%d", c.Most)
	}
	return fmt.Sprintf("%d-%d", c.Least, c.Most)
}

// MarshalJSON writes the count as String does.
func (c Count) MarshalJSON() ([]byte, error) { return json.Marshal(c.String()) }

// holds reports whether n is what the count expects.
func (c Count) holds(n int) bool { return !c.given || n >= c.Least && n <= c.Most }
