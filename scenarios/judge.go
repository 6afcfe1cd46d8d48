package scenarios

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/agnivade/levenshtein"
	"github.com/dustin/go-humanize/english"

	"pop3mtm/fakeserver"
)

// judge compares the commands of some sessions with one expectation.
type judge struct {
	user        string
	expect      *Expect
	section     Section
	transcripts []fakeserver.Transcript
	sessions    int
	mailboxes   []Mailbox
	all         []heard
	checks      []Check
}

func newJudge(h *Happened, e Expectation, section Section) *judge {
	j := &judge{user: e.User, expect: &e.Expect, section: section, sessions: h.Lost}
	for _, t := range h.Transcripts {
		if e.User == "" || t.User == e.User {
			j.transcripts = append(j.transcripts, t)
		}
	}
	for _, m := range h.Mailboxes {
		if slices.Contains(m.Judged, e.User) {
			j.mailboxes = append(j.mailboxes, m)
		}
	}
	j.sessions += len(j.transcripts)
	j.all = commands(j.transcripts)
	return j
}

// verdict returns a check for each part of the expectation.
func (j *judge) verdict() []Check {
	j.commands()
	j.kept()
	if want := j.expect.Sessions; want.given {
		j.check("sessions " + want.String())
		if !want.holds(j.sessions) {
			j.fail(fmt.Sprintf("%s sessions", want), strconv.Itoa(j.sessions), "", nil)
		}
	}
	if limit := time.Duration(j.expect.Within); limit > 0 {
		j.check("within " + limit.String())
		if took := took(j.transcripts); took > limit {
			j.fail(fmt.Sprintf("the client to be done within %v", limit), took.String(), "", nil)
		}
	}
	return j.checks
}

// took returns the time from the beginning of the first session to the end of the last.
func took(transcripts []fakeserver.Transcript) time.Duration {
	var first, last time.Time
	for _, t := range transcripts {
		if first.IsZero() || t.Started.Before(first) {
			first = t.Started
		}
		if t.Ended.After(last) {
			last = t.Ended
		}
	}
	if last.IsZero() {
		return 0
	}
	return last.Sub(first)
}

// check begins a check; the failures that follow belong to it.
func (j *judge) check(what string) { j.checks = append(j.checks, Check{What: what, User: j.user}) }

// fail adds a failure. at is the command that it is about, or nil when a command is missing.
func (j *judge) fail(expected, actual, near string, at *heard) {
	f := &Failure{Section: j.section, Expected: expected, Actual: actual, Near: near}
	f.show(j.transcripts, at)
	c := &j.checks[len(j.checks)-1]
	c.Failures = append(c.Failures, f)
}

func (j *judge) commands() {
	for _, command := range j.expect.Received {
		j.check("received " + command)
		if j.count(command) == 0 {
			j.fail(command, "no such command", j.near(command), nil)
		}
	}
	j.never(j.expect.Never)
	for _, command := range slices.Sorted(maps.Keys(j.expect.Counts)) {
		want, n := j.expect.Counts[command], j.count(command)
		j.check(fmt.Sprintf("counts %s: %s", command, want))
		switch {
		case want.holds(n):
		case n < want.Least:
			j.fail(command+" "+want.sent(), sent(n), j.near(command), nil)
		default:
			j.fail(command+" "+want.sent(), sent(n), j.shown(command), j.last(command))
		}
	}
	j.sequence()
	for _, verb := range slices.Sorted(maps.Keys(j.expect.Exactly)) {
		j.exactly(verb, j.expect.Exactly[verb])
	}
	if j.expect.Only != nil {
		j.only()
	}
}

func (j *judge) never(commands []string) {
	for _, command := range commands {
		j.check("never " + command)
		if n := j.count(command); n > 0 {
			j.fail("no "+command, sent(n), j.shown(command), j.first(command))
		}
	}
}

func (j *judge) count(command string) (n int) {
	for _, h := range j.all {
		if pattern(command).matches(h) {
			n++
		}
	}
	return n
}

// first returns the first command that matches, or nil; last returns the last one.
func (j *judge) first(command string) *heard {
	if i := slices.IndexFunc(j.all, pattern(command).matches); i >= 0 {
		return &j.all[i]
	}
	return nil
}

func (j *judge) last(command string) *heard {
	for i := range slices.Backward(j.all) {
		if pattern(command).matches(j.all[i]) {
			return &j.all[i]
		}
	}
	return nil
}

func (j *judge) sequence() {
	left := j.expect.Sequence
	if len(left) == 0 {
		return
	}
	j.check("sequence " + told(left))
	var before *heard
	for i := 0; i < len(j.all) && len(left) > 0; i++ {
		if pattern(left[0]).matches(j.all[i]) {
			left, before = left[1:], &j.all[i]
		}
	}
	if len(left) == 0 {
		return
	}
	expected := left[0]
	if done := len(j.expect.Sequence) - len(left); done > 0 {
		expected += " after " + j.expect.Sequence[done-1]
	}
	j.fail(expected, "no such command at that point", j.near(left[0]), before)
}

func (j *judge) exactly(verb string, arguments []Arguments) {
	var want, got []string
	for _, args := range arguments {
		want = append(want, string(args))
	}
	for _, h := range j.all {
		if pattern(verb).matches(h) {
			got = append(got, strings.TrimSpace(h.Args))
		}
	}
	j.check("exactly " + verb + ": " + told(want))
	missing, extra := difference(want, got), difference(got, want)
	for _, args := range missing {
		command := strings.TrimSpace(verb + " " + args)
		j.fail(command, "no such command, or too few of them", j.near(command), nil)
	}
	for _, args := range extra {
		command := strings.TrimSpace(verb + " " + args)
		j.fail(fmt.Sprintf("%s only with %s", verb, told(want)), command+", or too many of them", j.shown(command), j.last(command))
	}
}

// difference returns the elements of a that are not in b. An element that occurs several times in a
// must occur as often in b.
func difference(a, b []string) []string {
	rest := slices.Clone(b)
	var left []string
	for _, one := range a {
		if i := slices.Index(rest, one); i >= 0 {
			rest = slices.Delete(rest, i, i+1)
		} else {
			left = append(left, one)
		}
	}
	return left
}

func (j *judge) only() {
	j.check("only " + told(j.expect.Only))
	allowed := append([]string{"CAPA", "USER", "PASS", "APOP", "AUTH", "STLS", "QUIT"}, j.expect.Only...)
	for i, h := range j.all {
		if !slices.ContainsFunc(allowed, func(a string) bool { return pattern(a).matches(h) }) {
			expected := "no commands except login and logout"
			if len(j.expect.Only) > 0 {
				expected += " and " + told(j.expect.Only)
			}
			j.fail(expected, h.line(), "  "+h.told(), &j.all[i])
		}
	}
}

// maxNear limits the commands that a failure shows.
const maxNear = 3

// near returns the commands most similar to the missing one, in order of arrival.
func (j *judge) near(command string) string {
	type candidate struct{ at, distance int }
	var best []candidate
	for i, h := range j.all {
		best = append(best, candidate{i, levenshtein.ComputeDistance(strings.ToUpper(command), strings.ToUpper(clipped(h.line())))})
	}
	slices.SortStableFunc(best, func(a, b candidate) int { return a.distance - b.distance })
	best = best[:min(maxNear, len(best))]
	slices.SortFunc(best, func(a, b candidate) int { return a.at - b.at })
	if len(best) == 0 {
		return "  the client has not sent any command"
	}
	lines := []string{"nearest commands:"}
	for _, b := range best {
		lines = append(lines, marked(command, j.all[b.at]))
	}
	return strings.Join(lines, "\n")
}

// shown returns the first commands that match.
func (j *judge) shown(command string) string {
	var lines []string
	for _, h := range j.all {
		if pattern(command).matches(h) && len(lines) < maxNear {
			lines = append(lines, "  "+h.told())
		}
	}
	return strings.Join(lines, "\n")
}

func clipped(line string) string { return line[:min(len(line), 200)] }

// marked returns a command with a mark below the place where it begins to differ from the expected
// one. A command that matches has no mark.
func marked(command string, h heard) string {
	line, told := h.line(), h.told()
	if pattern(command).matches(h) {
		return "  " + told
	}
	same := 0
	for same < min(len(command), len(line)) && strings.EqualFold(command[same:same+1], line[same:same+1]) {
		same++
	}
	rest := command[same:]
	if rest == "" {
		rest = "the end"
	}
	return "  " + told + "\n  " + strings.Repeat(" ", len(told)-len(line)+same) + "^ expected " + rest
}

// sent returns how often a command was sent, in words.
func sent(n int) string {
	if n == 0 {
		return "not sent"
	}
	return "sent " + times(n)
}

// sent returns how often a command is expected, in words.
func (c Count) sent() string {
	switch {
	case c.Least == c.Most:
		return sent(c.Least)
	case c.Most == math.MaxInt:
		return "sent at least " + times(c.Least)
	case c.Least == 0:
		return "sent at most " + times(c.Most)
	}
	return fmt.Sprintf("sent %d to %d times", c.Least, c.Most)
}

func times(n int) string { return english.PluralWord(n, "once", fmt.Sprintf("%d times", n)) }

// counted returns a number with its noun.
func counted(n int, noun string) string {
	switch {
	case noun == "":
		return strconv.Itoa(n)
	case n == 1:
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
