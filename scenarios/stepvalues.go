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
	// The octets of a piece. Default: 1.
	Octets int64 `json:"octets,omitempty" jsonschema:"minimum=1"`
	// The pause between two pieces.
	Every Duration `json:"every"`
}

// Row is a row and its text.
type Row struct {
	// Which one, from 1.
	Row int64 `json:"row" jsonschema:"minimum=1"`
	// Without a line end.
	Text string `json:"text"`
}

// Around is text around a row.
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

// Spot is a place in an answer, and octets for it.
type Spot struct {
	// The octet where it begins.
	At int64 `json:"at" jsonschema:"minimum=0"`
	// The octets.
	Octets Octets `json:"octets"`
}

// Range is some octets of an answer.
type Range struct {
	// The first one.
	At int64 `json:"at" jsonschema:"minimum=0"`
	// How many.
	Count int64 `json:"count" jsonschema:"minimum=1"`
}

// Pair is two places, by their numbers.
type Pair struct {
	// One of them.
	First int64 `json:"first" jsonschema:"minimum=0"`
	// The other one.
	Second int64 `json:"second" jsonschema:"minimum=0"`
}

// Replace is a text for another one.
type Replace struct {
	// The text to search for, line ends included.
	Old Octets `json:"old"`
	// The replacement.
	New Octets `json:"new"`
}

// How says how a line ends.
type How string

// The values of How: how a connection ends, or that it goes on in silence, and what the client sees
// of it.
const (
	// CloseLine closes the connection: all that was sent arrives, then reading ends (EOF) and
	// writing fails. With TLS a close_notify comes first.
	CloseLine How = "close"
	// HalfClose closes the sending side alone: reading ends (EOF), what the client writes is still
	// accepted and never answered.
	HalfClose How = "half-close"
	// Reset ends the connection by TCP's RST: reading and writing fail with "connection reset by
	// peer"; what was sent last may be lost.
	Reset How = "reset"
	// Stall keeps the connection and the mailbox, reads what the client sends and never answers
	// again: the client sees nothing until its own time-out.
	Stall How = "stall"
	// Drop closes the connection below TLS: as close, but without close_notify, so that TLS reports
	// an unexpected end.
	Drop How = "drop"
	// Withhold keeps the rest of this answer back: the client sees an unfinished answer and waits;
	// the answer to its next command follows it directly.
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
