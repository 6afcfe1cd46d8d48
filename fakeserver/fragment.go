package fakeserver

import "bytes"

// Fragment says how all that a server sends is cut into writes: over TCP packets,
// over TLS records. A right client does the same whatever it is. QUIRK 15, 77, 93.
type Fragment int

const (
	// Whole sends as much at once as there is.
	Whole Fragment = iota
	// ByLine sends each line by itself, and so each reply.
	ByLine
	// ByOctet sends each octet by itself.
	ByOctet
)

func (f Fragment) String() string {
	switch f {
	case Whole:
		return "whole"
	case ByLine:
		return "by line"
	case ByOctet:
		return "by octet"
	}
	return "unknown fragments"
}

// Fragments returns all the ways, for suites that run on each.
func Fragments() []Fragment { return []Fragment{Whole, ByLine, ByOctet} }

// piece returns how much of p goes into one write.
func (f Fragment) piece(p []byte) int {
	switch i := bytes.IndexByte(p, '\n'); {
	case f == ByOctet:
		return 1
	case f == ByLine && i >= 0:
		return i + 1
	}
	return len(p)
}
