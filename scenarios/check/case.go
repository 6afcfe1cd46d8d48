package check

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"pop3mtm/fakeserver"
	"pop3mtm/scenarios"
)

// Severity says how much a case demands of a client.
type Severity string

// The values of Severity, the lowest first.
const (
	Tolerance Severity = "tolerance" // the server itself breaks the RFC
	Should    Severity = "should"    // the RFC leaves the client a choice
	Must      Severity = "must"      // servers and connections that any client must expect
)

// Severities returns the severities, the lowest first.
func Severities() []Severity { return []Severity{Tolerance, Should, Must} }

// Reaches reports whether s is at least as high as other.
func (s Severity) Reaches(other Severity) bool {
	return slices.Index(Severities(), s) >= slices.Index(Severities(), other)
}

// Case is one way in which a server or a connection fails.
type Case struct {
	ID          string
	Title       string
	Severity    Severity
	Requirement string   // what a client must do, in one sentence
	RFC         []string // sections that say so, as 1939/6
	Quirk       []int    // numbers of the server's faults in docs/quirks.md
	Needs       []scenarios.Ability
	Accepted    []scenarios.Outcome // what a good client cannot avoid, besides a pass
	Visits      int

	file     string // of a user's own scenario, with the name of the variant
	scenario *scenarios.Scenario
	cut      *Cut                          // of the first connection
	kill     *killing                      // of the client
	deletes  func(fakeserver.Leaving) bool // nil: as the scenario says
}

// cleanID is the id of the case without any fault, which the probe plays.
const cleanID = "clean"

// Where returns the RFC section, or the quirk if there is no section: 1939/6, QUIRK 72.
func (c *Case) Where() string {
	if len(c.RFC) > 0 {
		return c.RFC[0]
	}
	if len(c.Quirk) > 0 {
		return "QUIRK " + strconv.Itoa(c.Quirk[0])
	}
	return ""
}

// Scenario returns the scenario that the case plays.
func (c *Case) Scenario() *scenarios.Scenario { return c.scenario }

// Cut returns the fault of the first connection, or nil.
func (c *Case) Cut() *Cut { return c.cut }

// accepts reports whether a class is an outcome that a good client cannot avoid.
func (c *Case) accepts(class Class) bool {
	return slices.Contains(c.Accepted, scenarios.Outcome(class))
}

// sorted sorts cases by their ids. Digits in an id are compared as numbers.
func sorted(cases []*Case) []*Case {
	slices.SortStableFunc(cases, func(a, b *Case) int { return CompareIDs(a.ID, b.ID) })
	return cases
}

// CompareIDs compares two ids, with each run of digits as one number. It returns a negative number,
// 0 or a positive number, like strings.Compare.
func CompareIDs(a, b string) int {
	const digits = "0123456789"
	for a != "" && b != "" {
		x, y := len(a)-len(strings.TrimLeft(a, digits)), len(b)-len(strings.TrimLeft(b, digits))
		if x == 0 || y == 0 {
			if a[0] != b[0] {
				return cmp.Compare(a[0], b[0])
			}
			a, b = a[1:], b[1:]
			continue
		}
		if c := cmp.Or(cmp.Compare(x, y), strings.Compare(a[:x], b[:y])); c != 0 {
			return c
		}
		a, b = a[x:], b[y:]
	}
	return cmp.Compare(len(a), len(b))
}

// killing says at the reply to which command the client is killed.
type killing struct {
	verb string
	nth  int // 0: the first one
}
