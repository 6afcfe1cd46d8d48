package edit

import (
	"slices"
	"time"
)

// Edit changes the right answer into a faulty one. Edits are pure: they must not
// change the chunks they are given, only return others, and they keep nothing
// between two replies. All offsets count the octets of the reply on the wire from
// 0, status line, stuffing and closing dot included.
//
// Edits of the form (case, line ends, extra lines ...) leave it open whether the
// client understands, and the command takes effect. After Refuse, Raw and what
// turns the reply into a -ERR it does not, nor when CutAfter leaves less than "+OK".
type Edit func(Reply) Reply

// Refuse replaces the reply by "-ERR text". What the command would have done
// does not happen.
func Refuse(text string) Edit {
	return func(r Reply) Reply { return Err(text).replaced(r) }
}

// Raw replaces the reply by these octets, to which nothing is added. The
// command takes effect when they begin with "+OK".
func Raw(octets string) Edit {
	return func(r Reply) Reply { return Reply{{Bytes: []byte(octets)}}.replaced(r) }
}

// TakeEffect lets the command take effect whatever later edits make of the reply:
// with CutAfter(0, Close) after it, QUIT deletes and the client never learns of it.
func TakeEffect() Edit {
	return func(r Reply) Reply {
		if r.Bearing() < Challenge {
			return r
		}
		return slices.Clone(r).As(Settled)
	}
}

// IfStatus applies edits to a reply whose status line is pattern, in which a * stands for any
// text: "-ERR no such message*".
func IfStatus(pattern string, edits ...Edit) Edit {
	return only(func(r Reply) bool { return Glob(pattern, r.Status()) }, edits)
}

// IfErr applies edits to a -ERR only, IfOK to a positive reply only.
func IfErr(edits ...Edit) Edit { return when(false, edits) }

// IfOK applies edits to a positive reply only.
func IfOK(edits ...Edit) Edit { return when(true, edits) }

func when(positive bool, edits []Edit) Edit {
	return only(func(r Reply) bool { return r.Bearing() >= Challenge == positive }, edits)
}

// only applies edits to some replies.
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

// CutAfter lets the first octets of a reply through and then ends the connection
// as how says. With Open the rest is withheld and the session goes on. A shorter
// reply is left whole.
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
