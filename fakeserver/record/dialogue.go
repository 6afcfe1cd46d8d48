package record

import (
	"bytes"
	"strings"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/notation"
)

// turn describes a line of the client, or the greeting, so that the end of its reply can be found.
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

// longestVerb limits the part of a command that is examined: RFC 2449 section 4 refuses longer
// ones.
const longestVerb = 255

// pop3Verbs maps names to the verbs of POP3.
var pop3Verbs = tableOf(fakeserver.Verbs())

// pop3Secrets masks the secrets in a client's lines.
var pop3Secrets = fakeserver.Secrets(fakeserver.Verbs())

func tableOf(verbs []fakeserver.Verb) map[string]fakeserver.Verb {
	all := map[string]fakeserver.Verb{}
	for _, v := range verbs {
		all[v.Name] = v
	}
	return all
}

// known reports whether a verb belongs to POP3, so that its line is not the response to a refused
// AUTH.
func known(verb string) bool {
	_, ok := pop3Verbs[verb]
	return ok
}

// dialogue matches the lines of a server with those of a client, in order of arrival: each line of
// the client gets one reply.
type dialogue struct {
	waiting []turn // turns without a complete reply, the oldest first
	last    turn   // the turn with the latest complete reply

	inside  bool // the reply to waiting[0] has begun and is not complete
	bareLF  bool // the lines of this reply end with LF
	lfDot   bool // the latest line of the reply is a dot and LF
	asked   bool // the next line of the client is a response
	hiding  bool // a line that is not a command may be a secret
	goingOn bool // the server's line is unfinished
}

func newDialogue() *dialogue { return &dialogue{waiting: []turn{{}}} }

// hear processes a complete line of the client, without its line end.
func (d *dialogue) hear(command []byte) turn {
	// A server may end the final dot with LF only; a client that continues
	// has accepted it.
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

// shown returns a line with secrets masked, before hear processes it.
func (d *dialogue) shown(command []byte) []byte {
	verb := turnOf(command).verb
	if d.asked {
		d.hiding = true
	} else if known(verb) {
		d.hiding = pop3Verbs[verb].SASL
		return pop3Secrets.Mask(command)
	}
	// An empty response and "*" hold no secret, and help in finding errors.
	if d.hiding && len(command) > 0 && string(command) != "*" {
		return []byte(notation.Masked)
	}
	return pop3Secrets.Mask(command)
}

// place is the role of a line of the server.
type place struct {
	turn        turn
	first, last bool // of the reply
	status      bool // the status line, or a continuation of it
	unasked     bool // not an answer to any command
}

// say processes a line of the server with its line end. A piece of a long line, or the last line,
// may lack it.
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

// ends completes a reply of one line, when that line is complete.
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
