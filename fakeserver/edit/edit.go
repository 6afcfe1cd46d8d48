package edit

import (
	"slices"
	"time"
)

// Edit changes a correct reply into a faulty one. Edits are pure: they return new chunks, never
// modify those that they get, and keep no state between replies. All offsets count the octets of
// the reply on the wire from 0, including status line, stuffing and closing dot.
//
// A command whose reply was changed in form (case, line ends, extra lines ...) takes effect,
// whether the client understands the reply or not. It does not take effect after Refuse and Raw,
// when edits turn the reply into -ERR, and when CutAfter leaves less than "+OK".
type Edit func(Reply) Reply

// Refuse replaces the reply by "-ERR text". The command has no effect.
func Refuse(text string) Edit {
	return func(r Reply) Reply { return Err(text).replaced(r) }
}

// Raw replaces the reply by exactly these octets. The command takes effect when they begin with
// "+OK".
func Raw(octets string) Edit {
	return func(r Reply) Reply { return Reply{{Bytes: []byte(octets)}}.replaced(r) }
}

// TakeEffect makes the command take effect whatever later edits do to the reply. With
// CutAfter(0, Close) after it, QUIT deletes messages but the client gets no reply.
func TakeEffect() Edit {
	return func(r Reply) Reply {
		if r.Bearing() < Challenge {
			return r
		}
		return slices.Clone(r).As(Settled)
	}
}

// IfStatus applies edits to a reply whose status line matches pattern, in which a * stands for any
// text: "-ERR no such message*".
func IfStatus(pattern string, edits ...Edit) Edit {
	return only(func(r Reply) bool { return Glob(pattern, r.Status()) }, edits)
}

// IfErr applies edits only to a -ERR reply.
func IfErr(edits ...Edit) Edit { return when(false, edits) }

// IfOK applies edits only to a positive reply.
func IfOK(edits ...Edit) Edit { return when(true, edits) }

func when(positive bool, edits []Edit) Edit {
	return only(func(r Reply) bool { return r.Bearing() >= Challenge == positive }, edits)
}

// only applies edits to the replies that some selects.
func only(some func(r Reply) bool, edits []Edit) Edit {
	return func(r Reply) Reply {
		if !some(r) {
			return r
		}
		for _, edit := range edits {
			r = edit(r)
		}
		return r
	}
}

// ThenEnd ends the connection after the reply.
func ThenEnd(how End) Edit {
	return func(r Reply) Reply { return append(slices.Clone(r), Chunk{End: how}).As(r.Bearing()) }
}

// Pause waits before the first octet of the reply.
func Pause(before time.Duration) Edit {
	return func(r Reply) Reply { return append(Reply{{Pause: before}}, r...).As(r.Bearing()) }
}

// PauseAfter waits after the last octet, before the next command is read.
func PauseAfter(d time.Duration) Edit {
	return func(r Reply) Reply { return append(slices.Clone(r), Chunk{Pause: d}).As(r.Bearing()) }
}

// CutAfter sends the first octets of a reply and then ends the connection as how says. With Open
// the rest is withheld and the session continues. A shorter reply is sent whole.
func CutAfter(octets int64, how End) Edit {
	octets = max(octets, 0)
	cut := func(Sink) error { return &CutError{how} }
	return func(r Reply) Reply {
		b := r.Bearing()
		switch {
		case b == Success && octets < 3, b == Challenge && octets < 1:
			b = Refusal
			if octets > 0 {
				b = Challenge
			}
		}
		return begun(r, at(spot{offset: octets, do: cut})).As(b)
	}
}
