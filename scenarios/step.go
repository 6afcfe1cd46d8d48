package scenarios

import (
	"regexp"
	"slices"
	"strings"

	"pop3mtm/fakeserver"
)

// Step is one thing that is done to an answer. It is a word alone (bareLF), or a word and what it needs (refuse: not now): exactly one
// of these. Octets of an answer are counted on the wire from 0, status line, stuffed dots and closing dot included; rows are the lines
// between the status line and the closing dot, counted from 1.
type Step struct {
	// Instead of the answer these octets, to which nothing is added: "+OK 2 1000\r\n". The command takes effect when they
	// begin with +OK.
	Raw *Octets `json:"raw,omitempty"`
	// Instead of the answer "+OK" and this text. In it, and in those of refuse and status, these are filled in as they are once
	// the command has taken effect: {user}, {verb} and {argument} of the command, {messages} and {octets} that STAT would tell,
	// {size} of the message that the command names, and {session}, the number of the connection.
	OK *string `json:"ok,omitempty"`
	// Instead of the answer "-ERR" and this text. What the command would have done does not happen.
	Refuse *string `json:"refuse,omitempty"`
	// Another text after +OK or -ERR; "" for the word alone.
	Status *string `json:"status,omitempty"`
	// The command takes effect whatever later steps make of the answer.
	TakeEffect bool `json:"takeEffect,omitempty"`
	// Steps for an answer that is positive; any other is left as it is.
	IfOK []Step `json:"ifOK,omitempty"`
	// Steps for an answer that is -ERR.
	IfErr []Step `json:"ifErr,omitempty"`
	// Steps for an answer with a certain status line.
	IfStatus *IfStatus `json:"ifStatus,omitempty"`

	// The answer up to an octet, and then the end of the connection, or silence. The client sees the first octets and then what
	// the word under how says.
	Cut *Cut `json:"cut,omitempty"`
	// No answer: the client sees nothing until its own time-out. The connection stays open and its next command is answered; at
	// TLS and CONNECT, where it has nothing else to send, it sees nothing at all until it gives up.
	Silence bool `json:"silence,omitempty"`
	// The connection is closed in place of an answer: the client sees the end of the stream without an octet of an answer.
	Close bool `json:"close,omitempty"`
	// The whole answer, and then the end of the connection, or silence: the client sees the answer, and its next command fails as
	// the word says.
	End *How `json:"end,omitempty"`

	// A wait before the first octet.
	Pause *Duration `json:"pause,omitempty"`
	// A wait after the last octet, before the next command is read.
	PauseAfter *Duration `json:"pauseAfter,omitempty"`
	// A wait inside the answer.
	PauseAt *PauseAt `json:"pauseAt,omitempty"`
	// Pieces with a wait between two of them.
	Drip *Drip `json:"drip,omitempty"`
	// So many octets a second.
	Bandwidth *int64 `json:"bandwidth,omitempty" jsonschema:"minimum=1"`
	// What comes before each of these octets is sent by itself.
	SplitAt []int64 `json:"splitAt,omitempty"`
	// Each octet is sent by itself.
	SplitOctets bool `json:"splitOctets,omitempty"`
	// Each line is sent by itself.
	SplitLines bool `json:"splitLines,omitempty"`

	// All lines end with LF alone.
	BareLF bool `json:"bareLF,omitempty"`
	// All lines end with CRLF, also those that end with LF alone in the mail.
	CRLF bool `json:"crlf,omitempty"`
	// No dots are stuffed.
	NoStuffing bool `json:"noStuffing,omitempty"`
	// Dots are stuffed after CRLF alone, not after a bare LF.
	StuffAfterCRLF bool `json:"stuffAfterCRLF,omitempty"`
	// A dot at the start of the first line of the body is not stuffed.
	BareFirstDot bool `json:"bareFirstDot,omitempty"`
	// Octets behind the empty line that ends the header of a message.
	AfterHeader *Octets `json:"afterHeader,omitempty"`
	// All but the status line in small letters.
	LowerCase bool `json:"lowerCase,omitempty"`
	// All but the status line in capitals.
	UpperCase bool `json:"upperCase,omitempty"`
	// Lines are cut off at so many octets.
	Truncate *int64 `json:"truncate,omitempty" jsonschema:"minimum=1,maximum=65536"`
	// Lines are broken into pieces of so many octets.
	Wrap *int64 `json:"wrap,omitempty" jsonschema:"minimum=1,maximum=65536"`

	// The closing dot is left out: the client waits for more.
	NoTerminator bool `json:"noTerminator,omitempty"`
	// The closing dot comes twice.
	DoubleTerminator bool `json:"doubleTerminator,omitempty"`
	// The closing dot ends with LF alone.
	LFTerminator bool `json:"lfTerminator,omitempty"`
	// The line end before the closing dot is left out.
	NoFinalCRLF bool `json:"noFinalCRLF,omitempty"`
	// Octets between the last line and the closing dot.
	BeforeDot *Octets `json:"beforeDot,omitempty"`
	// Octets after the answer.
	Append *Octets `json:"append,omitempty"`
	// Octets before the answer.
	Prepend *Octets `json:"prepend,omitempty"`
	// A long answer ends after so many octets of its body, as if that were all.
	Shorten *int64 `json:"shorten,omitempty" jsonschema:"minimum=0"`
	// This text over and over after the status line, without end.
	Endless *Octets `json:"endless,omitempty"`

	// The status line comes twice.
	DoubleStatus bool `json:"doubleStatus,omitempty"`
	// Row n is left out.
	DropRow *int64 `json:"dropRow,omitempty" jsonschema:"minimum=1"`
	// Row n comes twice.
	DoubleRow *int64 `json:"doubleRow,omitempty" jsonschema:"minimum=1"`
	// Another text for a row.
	ReplaceRow *Row `json:"replaceRow,omitempty"`
	// A row more, before row n; the closing dot counts as one.
	InsertRow *Row `json:"insertRow,omitempty"`
	// Text before and after each row, also when one alone is asked for.
	AroundRows *Around `json:"aroundRows,omitempty"`
	// Two rows change places.
	SwapRows *Pair `json:"swapRows,omitempty"`
	// The last row comes first.
	ReverseRows bool `json:"reverseRows,omitempty"`
	// Another first number in the status line: how many messages, or which one.
	Count *Change `json:"count,omitempty"`
	// Another number of octets in the status line.
	Octets *Change `json:"octets,omitempty"`
	// Another message number in each row.
	RowNumber *Change `json:"rowNumber,omitempty"`
	// Another number of octets in each row.
	RowOctets *Change `json:"rowOctets,omitempty"`

	// Octets in place of as many others.
	Overwrite *Spot `json:"overwrite,omitempty"`
	// Octets more.
	Insert *Spot `json:"insert,omitempty"`
	// Octets less.
	Remove *Range `json:"remove,omitempty"`
	// Two octets change places.
	Swap *Pair `json:"swap,omitempty"`
	// A text for each other one, wherever it stands.
	Replace *Replace `json:"replace,omitempty"`
}

// IfStatus is steps for some answers.
type IfStatus struct {
	// The status line, where * stands for any text: -ERR no such message*.
	Is string `json:"is"`
	// What is done to an answer that has it.
	Do []Step `json:"do"`
}

// Cut lets the first octets of an answer through and then ends the line.
type Cut struct {
	// So many octets go through; an answer that is shorter stays whole.
	After int64 `json:"after" jsonschema:"minimum=0"`
	// How the line ends; close if nothing is said.
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
	// So many at a time; 1 if nothing is said.
	Octets int64 `json:"octets,omitempty" jsonschema:"minimum=1"`
	// The wait between two pieces.
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
	// In front of it.
	Before string `json:"before,omitempty"`
	// Behind it.
	After string `json:"after,omitempty"`
}

// Change makes a number anew: exactly one of its words.
type Change struct {
	// Added to it; less with a minus.
	By int64 `json:"by,omitempty"`
	// In its place, any text.
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
	// What is looked for, line ends included.
	Old Octets `json:"old"`
	// What stands there then.
	New Octets `json:"new"`
}

// How says how a line ends.
type How string

// The values of How: how a connection ends, or that it goes on in silence, and what the client sees of it.
const (
	// CloseLine closes the connection: all that was sent arrives, then reading ends (EOF) and writing fails. With TLS a
	// close_notify comes first.
	CloseLine How = "close"
	// HalfClose closes the sending side alone: reading ends (EOF), what the client writes is still accepted and never answered.
	HalfClose How = "half-close"
	// Reset ends the connection by TCP's RST: reading and writing fail with "connection reset by peer"; what was sent last may
	// be lost.
	Reset How = "reset"
	// Stall keeps the connection and the mailbox, reads what the client sends and never answers again: the client sees nothing
	// until its own time-out.
	Stall How = "stall"
	// Drop closes the connection below TLS: as close, but without close_notify, so that TLS reports an unexpected end.
	Drop How = "drop"
	// Withhold keeps the rest of this answer back: the client sees an unfinished answer and waits; the answer to its next command
	// follows it directly.
	Withhold How = "withhold"
)

func (How) words() []string {
	return []string{string(CloseLine), string(HalfClose), string(Reset), string(Stall), string(Drop), string(Withhold)}
}

// wrong says why a step cannot be done.
func (s Step) wrong() string {
	if given(s) != 1 {
		return "a step is exactly one of " + strings.Join(words(s), ", ")
	}
	for _, text := range []*string{s.OK, s.Refuse, s.Status} {
		if text != nil && strings.ContainsAny(*text, "\r\n") {
			return "the text is one line; for other octets write raw"
		}
	}
	for _, c := range []*Change{s.Count, s.Octets, s.RowNumber, s.RowOctets} {
		if c != nil && (c.By != 0) == (c.To != "") {
			return `a number changes by some or to a text: {by: -1} or {to: "99999999999"}`
		}
	}
	for _, name := range s.fields() {
		if !slices.Contains(fakeserver.Fields(), name) {
			return unknown("field to fill in", name, fakeserver.Fields())
		}
	}
	switch {
	case s.IfStatus != nil && len(s.IfStatus.Do) == 0:
		return "ifStatus needs steps: {is: ..., do: [...]}"
	case s.Replace != nil && s.Replace.Old == "":
		return "nothing cannot be replaced: give old some octets"
	case s.Endless != nil && *s.Endless == "":
		return "endless needs some octets"
	case len(s.SplitAt) > maxSplits:
		return "an answer is split at 1000 octets at most; see splitOctets and splitLines"
	}
	for _, inner := range s.inner() {
		if why := inner.wrong(); why != "" {
			return why
		}
	}
	return ""
}

// inner are the steps for some answers only.
func (s Step) inner() []Step {
	inner := slices.Concat(s.IfOK, s.IfErr)
	if s.IfStatus != nil {
		inner = append(inner, s.IfStatus.Do...)
	}
	return inner
}

var braced = regexp.MustCompile(`\{([a-z]+)\}`)

// fields are the words in braces in the texts of a step.
func (s Step) fields() []string {
	var all []string
	for _, text := range []*string{s.OK, s.Refuse, s.Status} {
		if text != nil {
			for _, found := range braced.FindAllStringSubmatch(*text, -1) {
				all = append(all, found[1])
			}
		}
	}
	for _, inner := range s.inner() {
		all = append(all, inner.fields()...)
	}
	return all
}

const maxSplits = 1000
