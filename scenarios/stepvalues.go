package scenarios

import "pop3mtm/fakeserver/edit"

// IfStatus holds steps for some answers.
type IfStatus struct {
	// The status line, where * stands for any text: -ERR no such message*.
	Is string `json:"is"`
	// The steps for such an answer.
	Do []Step `json:"do"`
}

// Cut sends the first octets of an answer and then ends the connection.
type Cut struct {
	// The number of octets to send; a shorter answer is sent whole.
	After int64 `json:"after" jsonschema:"minimum=0"`
	// How the connection ends. Default: close.
	How How `json:"how,omitempty"`
}

// PauseAt is a wait inside an answer.
type PauseAt struct {
	// Before this octet.
	Octet int64 `json:"octet" jsonschema:"minimum=0"`
	// How long.
	For Duration `json:"for"`
}

// Drip sends an answer in pieces.
type Drip struct {
	// The number of octets in a piece. Default: 1.
	Octets int64 `json:"octets,omitempty" jsonschema:"minimum=1"`
	// The pause between two pieces.
	Every Duration `json:"every"`
}

// Row is a row and its text.
type Row struct {
	// The number of the row, from 1.
	Row int64 `json:"row" jsonschema:"minimum=1"`
	// The text, without a line end.
	Text string `json:"text"`
}

// Around is text before and after a row.
type Around struct {
	// The text before it.
	Before string `json:"before,omitempty"`
	// The text after it.
	After string `json:"after,omitempty"`
}

// Change replaces a number: exactly one of its fields is set.
type Change struct {
	// The number to add; it may be negative.
	By int64 `json:"by,omitempty"`
	// The replacement, any text.
	To string `json:"to,omitempty"`
}

// Spot is an offset in an answer, and the octets for it.
type Spot struct {
	// The offset of the first octet.
	At int64 `json:"at" jsonschema:"minimum=0"`
	// The octets.
	Octets Octets `json:"octets"`
}

// Range is a range of octets in an answer.
type Range struct {
	// The offset of the first octet.
	At int64 `json:"at" jsonschema:"minimum=0"`
	// The number of octets.
	Count int64 `json:"count" jsonschema:"minimum=1"`
}

// Pair is the numbers of two rows, or the offsets of two octets.
type Pair struct {
	// The first number.
	First int64 `json:"first" jsonschema:"minimum=0"`
	// The second number.
	Second int64 `json:"second" jsonschema:"minimum=0"`
}

// Replace replaces one text by another.
type Replace struct {
	// The text to search for, line ends included.
	Old Octets `json:"old"`
	// The replacement.
	New Octets `json:"new"`
}

// How says how a connection ends.
type How string

// The values of How: how a connection ends, or stays open in silence, and what the client sees.
const (
	// CloseLine closes the connection: everything sent arrives, then reading ends (EOF) and writing
	// fails. With TLS a close_notify comes first.
	CloseLine How = "close"
	// HalfClose closes only the sending side: reading ends (EOF), and commands of the client are
	// still accepted but never answered.
	HalfClose How = "half-close"
	// Reset ends the connection by TCP's RST: reading and writing fail with "connection reset by
	// peer"; the last octets sent may be lost.
	Reset How = "reset"
	// Stall keeps the connection open and the mailbox locked, reads commands and never answers
	// again: the client sees nothing until its own time-out.
	Stall How = "stall"
	// Drop closes the connection below TLS: as close, but without close_notify, so that TLS reports
	// an unexpected end.
	Drop How = "drop"
	// Withhold does not send the rest of this answer: the client sees an unfinished answer and
	// waits; the answer to its next command follows directly.
	Withhold How = "withhold"
)

func (How) words() []string {
	return []string{string(CloseLine), string(HalfClose), string(Reset), string(Stall), string(Drop), string(Withhold)}
}

func (c Change) number() edit.Number {
	if c.To != "" {
		return edit.To(c.To)
	}
	return edit.By(c.By)
}

func (h How) end() edit.End {
	switch h {
	case HalfClose:
		return edit.HalfClose
	case Reset:
		return edit.Reset
	case Stall:
		return edit.Stall
	case Drop:
		return edit.Drop
	case Withhold:
		return edit.Open
	default:
		return edit.Close
	}
}
