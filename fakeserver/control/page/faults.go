package page

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"pop3mtm/fakeserver/control"
)

// fault is a button that writes a rule.
type fault struct {
	ID, Label, About string
	do               string // the steps of the rule, in the words of scenario files
}

// faults returns the buttons, beginning with the faults that clients handle wrong most often.
func faults() []fault {
	return []fault{
		{"refuse", "is refused", "-ERR, and the command has no effect", `[{refuse: "not now"}]`},
		{"cut", "breaks off", "The connection is reset 200 octets into the answer", `[{cut: {after: 200, how: reset}}]`},
		{"close", "closes the connection", "The connection is closed in place of an answer", `[close]`},
		{"silence", "is never answered", "Nothing is sent until the client gives up", `[silence]`},
		{"slow", "comes after 5 s", "A wait before the first octet", `[{pause: 5s}]`},
		{"drip", "drips", "Ten octets at a time, every 100 ms", `[{drip: {octets: 10, every: 100ms}}]`},
		{"undotted", "has no final dot", "The client waits for an end that does not come", `[noTerminator]`},
		{"unstuffed", "has bare dots", "Dots at the start of a line are not stuffed", `[noStuffing]`},
		{"lf", "ends lines with LF", "All lines end with LF alone", `[bareLF]`},
		{"split", "comes octet by octet", "Each octet is sent by itself", `[splitOctets]`},
		{"double", "comes twice", "The status line comes twice", `[doubleStatus]`},
		{"junk", "follows junk", "A line of another program stands before the answer", `[{prepend: "warning: disk almost full\r\n"}]`},
	}
}

// verbs returns the commands that a button can be about.
func verbs() []string {
	return []string{"CONNECT", "CAPA", "STLS", "USER", "PASS", "APOP", "AUTH", "STAT", "LIST", "UIDL", "RETR", "TOP", "DELE", "NOOP", "RSET", "QUIT", "*"}
}

// addFault adds the rule of a button, for the next command that it matches.
func (p *Page) addFault(r *http.Request) (string, error) {
	i := slices.IndexFunc(faults(), func(f fault) bool { return f.ID == r.FormValue("fault") })
	verb := r.FormValue("verb")
	if i < 0 || !slices.Contains(verbs(), verb) {
		return "", &control.Problem{Status: http.StatusUnprocessableEntity, Detail: "the page has no such button"}
	}
	on, where := strings.TrimSpace(verb+" "+r.FormValue("args")), ""
	if control.BeforeLogin(verb) {
		a, err := p.service.OpenPort(r.Context(), r.FormValue("user"))
		if err != nil {
			return "", err
		}
		where = " on the port " + a.POP3 + a.POP3S + ", which is of this mailbox alone"
	}
	rules, err := p.service.AddRules(r.Context(), r.FormValue("user"), fmt.Appendf(nil, "{on: %q, times: 1, do: %s}", on, faults()[i].do))
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("The next %s%s %s: rule %s.", on, where, faults()[i].Label, rules[0].ID), nil
}
