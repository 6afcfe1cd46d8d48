package fakeserver

import "bytes"

// Fragment says how the octets of a server are split into writes: packets over TCP, records over
// TLS. A correct client behaves the same with any of them. QUIRK 15, 77, 93.
type Fragment int

const (
	// Whole sends everything available in one write.
	Whole Fragment = iota
	// ByLine sends each line in a write of its own.
	ByLine
	// ByOctet sends each octet in a write of its own.
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

// Fragments returns all values, for suites that run with each.
func Fragments() []Fragment { return []Fragment{Whole, ByLine, ByOctet} }

// piece returns the number of octets of p for one write.
func (f Fragment) piece(p []byte) int {
	switch i := bytes.IndexByte(p, '\n'); {
	case f == ByOctet:
		return 1
	case f == ByLine && i >= 0:
		return i + 1
	}
	return len(p)
}
