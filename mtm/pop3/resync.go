package pop3

// QUIRK 72, 74, 85, 86, 87: a message without a proper end swallows the next reply, and an extra or
// missing line makes each later reply look like the reply to another command. So a run accepts only
// a message that is proven, in one of three ways.
//
// It has LIST's size, and no other message since the last probe has; or a probe (STAT, whose reply
// resembles nothing else) was sent directly after its command and answered directly after its
// reply; or, on a server without PIPELINING, no other command was in flight.
//
// QUIRK 109: where STAT is odd, that is refused or with other numbers each time, the probe is NOOP
// and then STAT, with nothing else in flight, and their replies must differ in kind. NOOP's alone
// proves nothing, since it looks like any +OK.
//
// The pair reveals one extra or missing line, but not two extra lines that look just like its
// replies. So a message that begins like a status line is not accepted even when it was asked for
// alone.
//
// Where the two replies are of one kind there is no probe: only a message that LIST's size proves,
// or that was asked for one at a time, is accepted.

// state describes how much a run knows about which command the next reply answers.
type state int

const (
	inSync  state = iota // everything read so far is proven and was given to the sink
	suspect              // the last replies are held back until a probe, or a certain message, proves them
	probing              // everything is discarded until several probe replies have come in a row
	lost                 // the session is spoiled
)

var stateNames = [...]string{"in sync", "suspect", "probing", "lost"}

func (s state) String() string { return stateNames[s] }

// event classifies what was read.
type event int

const (
	certain event = iota
	uncertain
	refused
	disagrees
	replyLike
	twin
	tooLarge
	garbage
	early
	unended
	proof
	wrong
	extra
	marker
	broken
	givenUp
	nonsense
	eventCount
)

var eventNames = [...]string{"certain", "uncertain", "refused", "disagrees", "reply-like", "twin", "too large", "garbage", "early", "unended",
	"proof", "wrong", "extra", "marker", "broken", "given up", "nonsense"}

func (e event) String() string { return eventNames[e] }

// action is what a run does after an event.
type action int

const (
	nothing action = iota // the event cannot come in this state, or needs no action
	give                  // give the reply to the sink
	keep                  // hold the reply back
	release               // give the sink what was held back, and the reply
	discard               // discard what was held back and all that is in flight
	resume                // ask again, alone, for the first message that is not proven; when that was done, report it as failed and continue
	end                   // spoil the session
	salvage               // give the sink what was held back, if only the probe's reply is missing, and spoil the session
)

var actionNames = [...]string{"-", "give", "keep", "release", "discard", "resume", "end", "salvage"}

func (a action) String() string { return actionNames[a] }

// next returns the action for an event in a state, and the state afterwards. A test compares it
// with this complete table.
//
//	event      | in sync          | suspect          | probing          | lost | what was read
//	certain    | give             | release: in sync | -                | -    | the message: of LIST's size, or asked for one at a time
//	uncertain  | keep: suspect    | keep             | -                | -    | a message of a size that proves nothing (QUIRK 42), or TOP's
//	refused    | keep: suspect    | keep             | -                | -    | -ERR (QUIRK 63), or an extra line (QUIRK 86)
//	disagrees  | discard: probing | discard: probing | -                | -    | not of the size in LIST, whose sizes were exact so far (72, 74)
//	reply-like | discard: probing | discard: probing | -                | -    | a message with a status line in it (QUIRK 72, 82, 86)
//	twin       | discard: probing | discard: probing | -                | -    | the previous message again (QUIRK 86)
//	too large  | -                | discard: probing | -                | -    | a message too large to be held back
//	garbage    | discard: probing | discard: probing | -                | -    | not a status line (QUIRK 74, 86, 99)
//	early      | discard: probing | discard: probing | -                | -    | the probe's reply in place of a message (QUIRK 87)
//	unended    | discard: probing | discard: probing | -                | -    | a message that ends with the probe's reply (QUIRK 72)
//	proof      | -                | release: in sync | -                | -    | STAT's known reply; or NOOP's and STAT's (109)
//	wrong      | discard: probing | discard: probing | -                | -    | another line in place of a probe's reply (QUIRK 74, 86, 109)
//	extra      | discard: probing | discard: probing | -                | -    | octets when no reply is expected (QUIRK 86)
//	marker     | -                | -                | resume: in sync  | -    | more probe replies in a row than were in flight
//	broken     | end: lost        | salvage: lost    | end: lost        | -    | the connection ended, timed out or was cancelled
//	given up   | discard: probing | discard: probing | -                | -    | no reply: the sink failed
//	nonsense   | end: lost        | end: lost        | end: lost        | -    | a limit exceeded; garbage for DELE, which cannot be repeated; no probe
//
// Blank lines after a message are part of its end (QUIRK 73, 86). Of two equal status lines one is
// dropped (QUIRK 85).
func next(s state, e event) (action, state) {
	switch {
	case s == lost:
		return nothing, lost
	case e == nonsense, e == broken && s != suspect:
		return end, lost
	case e == broken:
		return salvage, lost
	case s == probing && e == marker:
		return resume, inSync
	case s == probing, e == marker:
		return nothing, s
	case e == certain && s == inSync:
		return give, inSync
	case (e == certain || e == proof) && s == suspect:
		return release, inSync
	case e == uncertain, e == refused:
		return keep, suspect
	case e == proof, e == tooLarge && s == inSync:
		return nothing, s
	}
	return discard, probing
}
