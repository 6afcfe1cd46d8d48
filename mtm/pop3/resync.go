package pop3

// QUIRK 72, 74, 85, 86, 87: a message without a proper end takes the next reply into it, and a line
// too many or too few makes each reply after it be taken for that of another command. A run
// therefore takes for a message only what is proven to be that message, in one of three ways: it is
// as long as LIST says, and no other message since the last probe is; or a probe (STAT, whose
// answer nothing else resembles) directly behind its command is answered directly behind its reply;
// or no other command was in flight, on a server without PIPELINING.
//
// QUIRK 109: where STAT is odd, refused or with other numbers each time, the probe is NOOP and then
// STAT, with nothing else in flight, and their answers must be of two kinds. NOOP's alone proves
// nothing: it is like that of any command, and like a line too many. The two in this order show one
// line too many or too few; they do not show two that look just like them. So a message that is
// asked for alone is not taken either when it begins like a status line. Where the two answers are
// of one kind there is no probe: only what LIST's size proves, or one command at a time, is taken,
// and anything else is nonsense.

// state says what a run knows about which command the next reply answers.
type state int

const (
	inSync  state = iota // everything that was read is proven, and given to the sink
	suspect              // the replies read last are held back until a probe, or a message that is certain, proves them
	probing              // all that comes is thrown away, up to the answers to several probes in a row
	lost                 // the session is spoiled
)

var stateNames = [...]string{"in sync", "suspect", "probing", "lost"}

func (s state) String() string { return stateNames[s] }

// event is what was read where a reply is due, or where none is.
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

// action is what a run does about an event.
type action int

const (
	nothing action = iota // the event cannot come in this state, or needs no answer
	give                  // give the reply to the sink
	keep                  // hold the reply back
	release               // give the sink what was held back, and the reply
	discard               // forget what was held back and all that is in flight
	resume                // ask again, alone, for the first message that is not proven; after that, report it as failed and go on
	end                   // spoil the session
	salvage               // give the sink what was held back, if it lacks only its probe, and spoil the session
)

var actionNames = [...]string{"-", "give", "keep", "release", "discard", "resume", "end", "salvage"}

func (a action) String() string { return actionNames[a] }

// next returns what a run does about an event, and its state afterwards. The table is the whole of
// it; a test compares them.
//
//	event      | in sync          | suspect          | probing          | lost | the reply is, or what came is
//	certain    | give             | release: in sync | -                | -    | the message: of LIST's size, or asked for one at a time
//	uncertain  | keep: suspect    | keep             | -                | -    | a message of a size that proves nothing (QUIRK 42), or TOP's
//	refused    | keep: suspect    | keep             | -                | -    | -ERR (QUIRK 63), or an extra line (QUIRK 86)
//	disagrees  | discard: probing | discard: probing | -                | -    | not as long as LIST says, whose sizes were exact so far (72, 74)
//	reply-like | discard: probing | discard: probing | -                | -    | a message with a status line in it (QUIRK 72, 82, 86)
//	twin       | discard: probing | discard: probing | -                | -    | the message before once more (QUIRK 86)
//	too large  | -                | discard: probing | -                | -    | more than can be held back
//	garbage    | discard: probing | discard: probing | -                | -    | not a status line (QUIRK 74, 86, 99)
//	early      | discard: probing | discard: probing | -                | -    | the answer to the probe behind it (QUIRK 87)
//	unended    | discard: probing | discard: probing | -                | -    | a message that ends with the answer to the probe (QUIRK 72)
//	proof      | -                | release: in sync | -                | -    | STAT's answer, as it was before; or NOOP's and STAT's (109)
//	wrong      | discard: probing | discard: probing | -                | -    | another line where a probe's answer is due (QUIRK 74, 86, 109)
//	extra      | discard: probing | discard: probing | -                | -    | something while no reply is due (QUIRK 86)
//	marker     | -                | -                | resume: in sync  | -    | the answers to more probes in a row than were in flight
//	broken     | end: lost        | salvage: lost    | end: lost        | -    | the end of the connection, a time-out, or a cancel
//	given up   | discard: probing | discard: probing | -                | -    | no reply: the sink failed, and wants no more
//	nonsense   | end: lost        | end: lost        | end: lost        | -    | over a limit; garbage for DELE, which cannot be sent again; no probe
//
// Blank lines after a message are part of its end (QUIRK 73, 86). Of two equal status lines one
// is dropped (QUIRK 85).
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
