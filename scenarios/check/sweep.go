package check

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"pop3mtm/scenarios"
)

// sweepPrefix begins the ids of the sweep.
const sweepPrefix = "sweep/"

// sweepMail is the mailbox of the sweep: three messages, so that one is before, one in and one
// after the fault. One has dots at line starts.
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

// swept is what the sweep goes over: a client's way to log in and to protect its connection.
type swept struct {
	name       string // part of the ids
	needs      []scenarios.Ability
	settings   scenarios.Server
	octets     int64
	boundaries []int64
}

// sweep returns the cases that end, reset or garble the first connection at every step-th octet,
// and stall it wherever a reply begins.
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
	s := &scenarios.Scenario{Title: fmt.Sprintf("The first connection %s after %d octets of the server", words[how], at), Mailbox: sweepMail(), Settings: w.settings}
	c := &Case{ID: fmt.Sprintf("%s%s%s@%d", sweepPrefix, w.name, how, at), Title: s.Title, Severity: Must, RFC: []string{"1939/3"}, Needs: w.needs,
		Requirement: "Whenever the line ends, no mail is lost, and none is kept by halves.", Visits: 2, scenario: s, cut: &Cut{How: how, At: at}}
	if how == CutGarbage {
		c.Severity = Tolerance
		c.Requirement = "Whatever comes over the line, no mail is lost, and none is kept that was not sent so."
	}
	return c
}

// sweepSettings are those of the server by the names in ids: "" for a plain line.
func sweepSettings() map[string]scenarios.Server {
	return map[string]scenarios.Server{
		"":          {},
		"stls/":     {TLS: scenarios.STLS},
		"implicit/": {TLS: scenarios.ImplicitTLS},
		"auth/":     {Without: []string{"USER", "APOP"}},
	}
}

// fromSweep makes the case of an id of the sweep.
func fromSweep(id string) (*Case, error) {
	rest, ok := strings.CutPrefix(id, sweepPrefix)
	place, at, cut := strings.Cut(rest, "@")
	n, err := strconv.ParseInt(at, 10, 64)
	slash := strings.LastIndexByte(place, '/') + 1
	settings, known := sweepSettings()[place[:slash]]
	how := How(place[slash:])
	if !ok || !cut || err != nil || n < 0 || !known || !slices.Contains([]How{CutClose, CutReset, CutGarbage, CutStall}, how) {
		return nil, fmt.Errorf("%q is no case of the sweep: write sweep/close@120, sweep/stls/stall@0", id)
	}
	return swept{name: place[:slash], settings: settings}.at(how, n), nil
}
