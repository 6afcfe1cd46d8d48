package scenarios

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/agnivade/levenshtein"
)

// Failure is one expectation that was not met. Its text has several lines: what was
// expected, what came, and what is near it.
type Failure struct {
	// Section says where the rule stands that was broken, as far as the scenario tells: 1939/5.
	Section Section
	// Expected and Actual are a line each.
	Expected, Actual string
	// Near shows the commands that are most like the expected one, a line each with a mark where it
	// differs; it may be empty.
	Near string
}

// Error puts all of it together.
func (f *Failure) Error() string {
	text := "expected " + f.Expected + "\n     got " + f.Actual
	if f.Near != "" {
		text += "\n" + f.Near
	}
	return text
}

// Check judges the client after it has disconnected; it waits a moment for the sessions to end. It
// returns nil if all expectations are met. Otherwise the error joins a *Failure for each unmet one,
// an error for open sessions, and a *fakeserver.UnmetError for required rules that have not fired.
func (p *Play) Check(ctx context.Context) error {
	return errors.Join(p.judge(ctx), p.Unmet())
}

// CheckMTM judges our own client by the expectations under mtm that transcripts can show.
func (p *Play) CheckMTM() error {
	j := &judge{all: commands(p.Transcripts())}
	j.never(p.scenario.MTM.Never)
	return errors.Join(j.failures...)
}

func (p *Play) judge(ctx context.Context) error {
	const patience = 5 * time.Second
	var found []error
	waiting, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := p.Wait(waiting); err != nil {
		found = append(found, errors.New("a connection is still open"))
	}
	transcripts := p.Transcripts()
	for _, t := range transcripts {
		if t.LeftOut > 0 {
			found = append(found, fmt.Errorf("session %d was too long to judge: %d lines are not in its transcript", t.Session, t.LeftOut))
		}
	}
	j := &judge{all: commands(transcripts), expect: &p.scenario.Expect}
	if len(p.scenario.RFC) > 0 {
		j.section = p.scenario.RFC[0]
	}
	j.commands()
	j.kept(p.Maildrop.UIDs())
	if got := p.Sessions(); !j.expect.Sessions.holds(got) {
		j.fail(fmt.Sprintf("%s sessions", j.expect.Sessions), fmt.Sprint(got), "")
	}
	if limit, took := time.Duration(j.expect.Within), p.clock.took(); limit > 0 && took > limit {
		j.fail(fmt.Sprintf("the client to be done within %v", limit), fmt.Sprint(took), "")
	}
	return errors.Join(append(found, j.failures...)...)
}

// judge compares what was heard with what is expected.
type judge struct {
	all      []heard
	expect   *Expect
	section  Section
	failures []error
}

func (j *judge) fail(expected, actual, near string) {
	j.failures = append(j.failures, &Failure{j.section, expected, actual, near})
}

func (j *judge) commands() {
	for _, command := range j.expect.Received {
		if j.count(command) == 0 {
			j.fail(command, "no such command", j.near(command))
		}
	}
	j.never(j.expect.Never)
	for _, command := range slices.Sorted(maps.Keys(j.expect.Counts)) {
		if want, n := j.expect.Counts[command], j.count(command); !want.holds(n) {
			j.fail(fmt.Sprintf("%s %s times", command, want), sent(n), j.near(command))
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
		if n := j.count(command); n > 0 {
			j.fail("no "+command, sent(n), j.shown(command))
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

func (j *judge) sequence() {
	left := j.expect.Sequence
	for i := 0; i < len(j.all) && len(left) > 0; i++ {
		if pattern(left[0]).matches(j.all[i]) {
			left = left[1:]
		}
	}
	if len(left) == 0 {
		return
	}
	done := len(j.expect.Sequence) - len(left)
	expected := left[0]
	if done > 0 {
		expected += " after " + j.expect.Sequence[done-1]
	}
	j.fail(expected, "no such command at that point", j.near(left[0]))
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
	missing, extra := difference(want, got), difference(got, want)
	for _, args := range missing {
		command := strings.TrimSpace(verb + " " + args)
		j.fail(command, "no such command, or too few of them", j.near(command))
	}
	for _, args := range extra {
		command := strings.TrimSpace(verb + " " + args)
		j.fail(fmt.Sprintf("%s only with %s", verb, told(want)), command+", or too many of them", j.shown(command))
	}
}

// difference returns a without b, each occurrence counted.
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
	allowed := append([]string{"CAPA", "USER", "PASS", "APOP", "AUTH", "STLS", "QUIT"}, j.expect.Only...)
	for _, h := range j.all {
		if !slices.ContainsFunc(allowed, func(a string) bool { return pattern(a).matches(h) }) {
			expected := "no commands except login and logout"
			if len(j.expect.Only) > 0 {
				expected += " and " + told(j.expect.Only)
			}
			j.fail(expected, h.line(), "  "+h.told())
		}
	}
}

func (j *judge) kept(uids []string) {
	if want := j.expect.Kept; want != nil {
		missing, extra := difference(want, uids), difference(uids, want)
		if len(missing) > 0 {
			j.fail("the server to keep "+told(want), told(missing)+" deleted", j.shown("DELE"))
		}
		if len(extra) > 0 {
			j.fail("the server to keep "+told(want), told(extra)+" not deleted", j.near("DELE"))
		}
	}
	for _, uid := range j.expect.Deleted {
		if slices.Contains(uids, uid) {
			j.fail("message "+uid+" to be deleted", "it is still there", j.near("DELE"))
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

// marked returns a command with a mark below it where it begins to differ from the expected one.
func marked(command string, h heard) string {
	line, told := h.line(), h.told()
	same := 0
	for same < min(len(command), len(line)) && strings.EqualFold(command[same:same+1], line[same:same+1]) {
		same++
	}
	if same == len(command) && same == len(line) {
		return "  " + told
	}
	return "  " + told + "\n  " + strings.Repeat(" ", len(told)-len(line)+same) + "^ expected " + command[same:]
}

// sent returns how often a command was sent, in words.
func sent(n int) string {
	switch n {
	case 0:
		return "not sent"
	case 1:
		return "sent once"
	}
	return fmt.Sprintf("sent %d times", n)
}
