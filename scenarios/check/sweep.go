package check

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"pop3mtm/scenarios"
)

// sweepPrefix is the beginning of each id in the sweep.
const sweepPrefix = "sweep/"

// sweepMail returns the mailbox of the sweep: three messages, so that a fault in one has a message
// before and after it. One has dots at line starts.
func sweepMail() []scenarios.Mail {
	dots := "From: mara@example.org\r\nSubject: Dots\r\n\r\n.\r\n..\r\n.a dot first\r\nlast line\r\n"
	return []scenarios.Mail{
		{Raw: scenarios.Octets(short("first")), UIDL: "s1"},
		{Raw: scenarios.Octets(dots), UIDL: "s2"},
		{Raw: scenarios.Octets(short("third")), UIDL: "s3"},
	}
}

func short(name string) string {
	return "From: jon@example.org\r\nTo: mara@example.org\r\nSubject: The " + name + " message\r\n\r\nThis is the " + name + " message.\r\nIts text ends here, says the " + name + " one.\r\n"
}

// swept is one combination of login and TLS for which the sweep is made.
type swept struct {
	name       string // part of the ids
	needs      []scenarios.Ability
	settings   scenarios.Server
	octets     int64
	boundaries []int64
}

// sweep returns the cases that close, reset or garble the first connection at every step-th octet,
// and those that stall it where a reply begins.
func (w swept) sweep(step int64) []*Case {
	var all []*Case
	for _, how := range []How{CutClose, CutReset, CutGarbage} {
		for at := int64(0); at < w.octets; at += step {
			all = append(all, w.at(how, at))
		}
	}
	for _, at := range slices.Compact(slices.Sorted(slices.Values(w.boundaries))) {
		if at < w.octets {
			all = append(all, w.at(CutStall, at))
		}
	}
	return all
}

// at returns one case of the sweep.
func (w swept) at(how How, at int64) *Case {
	words := map[How]string{CutClose: "is closed", CutReset: "is reset", CutGarbage: "brings garbage", CutStall: "goes silent"}
	s := &scenarios.Scenario{Title: fmt.Sprintf("The first connection %s after %d octets from the server", words[how], at), Mailbox: sweepMail(), Settings: w.settings}
	c := &Case{ID: fmt.Sprintf("%s%s%s@%d", sweepPrefix, w.name, how, at), Title: s.Title, Severity: Must, RFC: []string{"1939/3"}, Needs: w.needs,
		Requirement: "Whenever the connection ends, no mail is lost, and none is stored incomplete.", Visits: 2, scenario: s, cut: &Cut{How: how, At: at}}
	if how == CutGarbage {
		c.Severity = Tolerance
		c.Requirement = "Whatever comes over the connection, no mail is lost, and none is stored that was not sent in that form."
	}
	return c
}

// sweepSettings returns the settings of the server by their names in ids; "" stands for no TLS.
func sweepSettings() map[string]scenarios.Server {
	return map[string]scenarios.Server{
		"":          {},
		"stls/":     {TLS: scenarios.STLS},
		"implicit/": {TLS: scenarios.ImplicitTLS},
		"auth/":     {Without: []string{"USER", "APOP"}},
	}
}

// fromSweep returns the case with an id of the sweep.
func fromSweep(id string) (*Case, error) {
	rest, ok := strings.CutPrefix(id, sweepPrefix)
	place, at, cut := strings.Cut(rest, "@")
	n, err := strconv.ParseInt(at, 10, 64)
	slash := strings.LastIndexByte(place, '/') + 1
	settings, known := sweepSettings()[place[:slash]]
	how := How(place[slash:])
	if !ok || !cut || err != nil || n < 0 || !known || !slices.Contains([]How{CutClose, CutReset, CutGarbage, CutStall}, how) {
		return nil, fmt.Errorf("invalid id %q of the sweep: write it as sweep/close@120 or sweep/stls/stall@0", id)
	}
	return swept{name: place[:slash], settings: settings}.at(how, n), nil
}
