package scenarios

import (
	"errors"
	"slices"

	"pop3mtm/fakeserver"
)

// Result is what a verdict comes to.
type Result string

// The results.
const (
	Pass         Result = "pass"
	Fail         Result = "fail"
	NotExercised Result = "not-exercised" // no client has connected; this is no success
)

// Verdict says for each expectation whether clients have met it.
type Verdict struct {
	Scenario string `json:"scenario,omitempty"`
	Title    string `json:"title,omitempty"`
	Result   Result `json:"result"`
	// Sessions is how many there were, and Open how many of them have not ended.
	Sessions int     `json:"sessions"`
	Open     int     `json:"open"`
	Checks   []Check `json:"checks"`
}

// Check is one expectation. It is met when it has no failures.
type Check struct {
	// What is expected, as the scenario has it: never DELE 2.
	What string `json:"what"`
	// User whose expectation it is; empty for one about all users.
	User     string     `json:"user,omitempty"`
	Result   Result     `json:"result"`
	Failures []*Failure `json:"failures,omitempty"`

	rule bool // it is about a required rule
}

// Failure is a way in which an expectation was not met. Its text has several lines: what was
// expected, what came, what is near it, and the transcript around it.
type Failure struct {
	// Section says where the rule stands that was broken, as far as the scenario tells: 1939/5.
	Section Section `json:"rfc,omitempty"`
	// Expected and Actual are a line each.
	Expected string `json:"expected"`
	Actual   string `json:"actual"`
	// Near shows the commands that are most like the expected one, a line each with a mark where it
	// differs; it may be empty.
	Near string `json:"near,omitempty"`
	// Session and Transcript show where it happened: some lines of the transcript of a session, the
	// command that it is about marked with >. They may be empty.
	Session    int      `json:"session,omitempty"`
	Transcript []string `json:"transcript,omitempty"`
}

// Error returns all of it.
func (f *Failure) Error() string {
	text := "expected " + f.Expected + "\n     got " + f.Actual
	if f.Near != "" {
		text += "\n" + f.Near
	}
	return text + f.around()
}

// Failed reports whether an expectation was not met.
func (v *Verdict) Failed() bool { return v.Result == Fail }

// Err returns all failures as one error; nil without failures. It is nil too when nothing was
// exercised.
func (v *Verdict) Err() error {
	var all []error
	for _, c := range v.Checks {
		for _, f := range c.Failures {
			all = append(all, f)
		}
	}
	return errors.Join(all...)
}

// Happened is what is judged.
type Happened struct {
	// Transcripts are of all sessions, in order. Lost is how many more there were.
	Transcripts []fakeserver.Transcript
	Lost        int
	Mailboxes   []Mailbox
	// Unmet are the commands of required rules that have not fired.
	Unmet []string
}

// Expectation is what is expected of the sessions of a user, or with an empty User of all.
type Expectation struct {
	User   string
	Expect Expect
}

// Judge compares what happened with what is expected. Sections and names of the verdict are those
// of the scenario, which may be nil.
func Judge(s *Scenario, expected []Expectation, h Happened) *Verdict {
	v := &Verdict{Sessions: len(h.Transcripts) + h.Lost, Checks: []Check{}}
	var section Section
	if s != nil {
		v.Scenario, v.Title = s.Name(), s.Title
		if len(s.RFC) > 0 {
			section = s.RFC[0]
		}
	}
	v.whole(&h)
	for _, e := range expected {
		j := newJudge(&h, e, section)
		v.Checks = append(v.Checks, j.verdict()...)
	}
	v.settle()
	return v
}

// withoutRules returns the verdict without the checks of required rules.
func (v *Verdict) withoutRules() *Verdict {
	rest := *v
	rest.Checks = slices.DeleteFunc(slices.Clone(v.Checks), func(c Check) bool { return c.rule })
	return &rest
}

// whole checks that all sessions can be judged, and required rules.
func (v *Verdict) whole(h *Happened) {
	var open, short Check
	open.What, short.What = "sessions have ended", "transcripts are whole"
	for _, t := range h.Transcripts {
		if t.Ended.IsZero() {
			v.Open++
		}
		if t.LeftOut > 0 {
			short.Failures = append(short.Failures, &Failure{Expected: "a session that is not too long to judge", Session: t.Session,
				Actual: counted(t.LeftOut, "line") + " left out of the transcript of session " + counted(t.Session, "")})
		}
	}
	if v.Open > 0 {
		open.Failures = []*Failure{{Expected: "all sessions to end", Actual: "a connection is still open"}}
	}
	if h.Lost > 0 {
		short.Failures = append(short.Failures, &Failure{Expected: "the transcripts of all sessions", Actual: counted(h.Lost, "transcript") + " no longer kept: there were too many"})
	}
	v.Checks = append(v.Checks, open, short)
	for _, on := range h.Unmet {
		v.Checks = append(v.Checks, Check{rule: true, What: "the rule on " + on + " fires", Failures: []*Failure{{Expected: "the required rule on " + on + " to fire", Actual: "it never fired"}}})
	}
}

// settle sets the results.
func (v *Verdict) settle() {
	v.Result = Pass
	for i := range v.Checks {
		c := &v.Checks[i]
		if c.Result = Pass; len(c.Failures) > 0 {
			c.Result, v.Result = Fail, Fail
		}
	}
	if v.Sessions == 0 {
		v.Result = NotExercised
	}
}
