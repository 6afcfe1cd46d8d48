package record

import (
	"bytes"
	"strings"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/notation"
)

// turn is a line of the client, or the greeting, and what is needed to know where
// the reply to it ends.
type turn struct {
	verb     string // upper case; "" for the greeting
	multi    bool   // a positive reply has more lines
	response bool   // the line belongs to an AUTH exchange
}

func turnOf(command []byte) turn {
	verb, args, _ := strings.Cut(strings.TrimSpace(string(command[:min(len(command), longestVerb)])), " ")
	verb = strings.ToUpper(verb)
	return turn{verb: verb, multi: pop3Verbs[verb].Lines.Many(args)}
}

// longestVerb is how much of a command is looked at: RFC 2449 section 4 has
// longer ones refused.
const longestVerb = 255

// pop3Verbs has the verbs of POP3 by name.
var pop3Verbs = tableOf(fakeserver.Verbs())

// pop3Secrets says what of a client's lines must not be shown.
var pop3Secrets = fakeserver.Secrets(fakeserver.Verbs())

func tableOf(verbs []fakeserver.Verb) map[string]fakeserver.Verb {
	all := map[string]fakeserver.Verb{}
	for _, v := range verbs {
		all[v.Name] = v
	}
	return all
}

// known reports whether a verb is one of POP3's, and so no response to an AUTH which was refused.
func known(verb string) bool {
	_, ok := pop3Verbs[verb]
	return ok
}

// dialogue pairs the lines of a server with those of a client, in the order in
// which both came: each line of the client gets one reply.
type dialogue struct {
	waiting []turn // without a whole reply, the oldest first
	last    turn   // whose reply was whole last

	inside  bool // the reply to waiting[0] has begun and has more lines
	bareLF  bool // the lines of this reply end with LF
	lfDot   bool // its latest line is a dot and LF
	asked   bool // the next line of the client is a response
	hiding  bool // a line that is not a command may be a secret
	goingOn bool // the server's line has not ended
}

func newDialogue() *dialogue { return &dialogue{waiting: []turn{{}}} }

// hear takes a whole line of the client, without its line end.
func (d *dialogue) hear(command []byte) turn {
	// A server may end the last dot with LF alone; a client that goes on
	// has taken it for the end.
	if d.inside && d.lfDot && len(d.waiting) == 1 {
		d.finish()
	}
	t := turnOf(command)
	if d.asked {
		t = turn{verb: t.verb, response: true}
		d.asked = false
	}
	d.waiting = append(d.waiting, t)
	return t
}

// shown returns what people may see of a line that hear is about to take.
func (d *dialogue) shown(command []byte) []byte {
	verb := turnOf(command).verb
	if d.asked {
		d.hiding = true
	} else if known(verb) {
		d.hiding = pop3Verbs[verb].SASL
		return pop3Secrets.Mask(command)
	}
	// An empty response and "*" hold no secret, and tell much.
	if d.hiding && len(command) > 0 && string(command) != "*" {
		return []byte(notation.Masked)
	}
	return pop3Secrets.Mask(command)
}

// place is where a line of the server stands.
type place struct {
	turn        turn
	first, last bool // of the reply
	status      bool // it is the status line, or more of it
	unasked     bool // there is no command that it could answer
}

// say takes a line of the server with its line end. A piece of a long line, or
// one at the end, has none.
func (d *dialogue) say(line []byte) place {
	whole := bytes.HasSuffix(line, []byte("\n"))
	continued := d.goingOn
	d.goingOn = !whole
	switch {
	case len(d.waiting) == 0:
		return place{turn: d.last, unasked: true}
	case continued && d.inside:
		return place{turn: d.waiting[0]}
	case continued:
		return d.ends(whole, place{turn: d.waiting[0], status: true})
	case !d.inside:
		return d.begin(line, whole)
	}
	p := place{turn: d.waiting[0]}
	d.lfDot = string(line) == ".\n"
	if string(line) == ".\r\n" || d.lfDot && d.bareLF {
		p.last = true
		d.finish()
	}
	return p
}

func (d *dialogue) begin(line []byte, whole bool) place {
	t := d.waiting[0]
	p := place{turn: t, first: true, status: true}
	if t.multi && !bytes.HasPrefix(line, []byte("-")) {
		d.inside, d.lfDot = true, false
		d.bareLF = whole && !bytes.HasSuffix(line, []byte("\r\n"))
		return p
	}
	if (t.response || pop3Verbs[t.verb].SASL) && challenges(line) {
		if len(d.waiting) > 1 {
			d.waiting[1] = turn{verb: d.waiting[1].verb, response: true}
		} else {
			d.asked = true
		}
	}
	return d.ends(whole, p)
}

// ends finishes a reply of one line, when that is whole.
func (d *dialogue) ends(whole bool, p place) place {
	if whole {
		p.last = true
		d.finish()
	}
	return p
}

func (d *dialogue) finish() {
	d.last = d.waiting[0]
	d.waiting = d.waiting[1:]
	d.inside, d.lfDot, d.bareLF = false, false, false
}

// challenges reports whether a line asks for a response (RFC 5034 section 4).
func challenges(line []byte) bool {
	return bytes.HasPrefix(line, []byte("+")) && !positive(line)
}

func positive(line []byte) bool {
	return len(line) >= 3 && bytes.EqualFold(line[:3], []byte("+OK"))
}
