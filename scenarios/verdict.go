package scenarios

import (
	"errors"
	"slices"

	"pop3mtm/fakeserver"
)

// Result is the result of a verdict.
type Result string

// The values of Result.
const (
	Pass         Result = "pass"
	Fail         Result = "fail"
	NotExercised Result = "not-exercised" // no client has connected; this is not a pass
)

// Verdict says for each expectation whether it was met.
type Verdict struct {
	Scenario string `json:"scenario,omitempty"`
	Title    string `json:"title,omitempty"`
	Result   Result `json:"result"`
	// Sessions counts the sessions, and Open those that have not ended.
	Sessions int     `json:"sessions"`
	Open     int     `json:"open"`
	Checks   []Check `json:"checks"`
}

// Check is one expectation. It is met when it has no failures.
type Check struct {
	// What says what is expected, in the scenario's words: never DELE 2.
	What string `json:"what"`
	// User is the user whose expectation it is; empty for one about all users.
	User     string     `json:"user,omitempty"`
	Result   Result     `json:"result"`
	Failures []*Failure `json:"failures,omitempty"`

	rule bool // the check is about a required rule
}

// Failure describes an expectation that was not met. Its text has several lines: what was expected,
// what happened, the commands nearest to the expected one, and the part of the transcript.
type Failure struct {
	// Section is the section of an RFC that the scenario names for the expectation: 1939/5. It may
	// be empty.
	Section Section `json:"rfc,omitempty"`
	// Expected and Actual are a line each.
	Expected string `json:"expected"`
	Actual   string `json:"actual"`
	// Near shows the commands that are most similar to the expected one, each on a line with a mark
	// where it differs. It may be empty.
	Near string `json:"near,omitempty"`
	// Session and Transcript show where it happened: the number of the session, and lines of its
	// transcript in which > marks the command. They may be 0 and empty.
	Session    int      `json:"session,omitempty"`
	Transcript []string `json:"transcript,omitempty"`
}

// Error returns the whole text.
func (f *Failure) Error() string {
	text := "expected " + f.Expected + "\n     got " + f.Actual
	if f.Near != "" {
		text += "\n" + f.Near
	}
	return text + f.around()
}

// Failed reports whether an expectation was not met.
func (v *Verdict) Failed() bool { return v.Result == Fail }

// Err returns all failures as one error, or nil without failures. It also returns nil when no
// client has connected.
func (v *Verdict) Err() error {
	var all []error
	for _, c := range v.Checks {
		for _, f := range c.Failures {
			all = append(all, f)
		}
	}
	return errors.Join(all...)
}

// Happened holds what Judge judges: transcripts, mailboxes and required rules.
type Happened struct {
	// Transcripts are those of all sessions, in order. Lost counts further ones that were not kept.
	Transcripts []fakeserver.Transcript
	Lost        int
	Mailboxes   []Mailbox
	// Unmet holds the commands of required rules that have not fired.
	Unmet []string
}

// Expectation is what is expected of the sessions of a user, or of all sessions when User is empty.
type Expectation struct {
	User   string
	Expect Expect
}

// Judge compares what happened with what is expected. The verdict takes its name and sections from
// the scenario, which may be nil.
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

// whole adds checks that all sessions have ended and have whole transcripts, and one for each
// required rule.
func (v *Verdict) whole(h *Happened) {
	var open, short Check
	open.What, short.What = "sessions have ended", "transcripts are whole"
	for _, t := range h.Transcripts {
		if t.Ended.IsZero() {
			v.Open++
		}
		if t.LeftOut > 0 {
			short.Failures = append(short.Failures, &Failure{Expected: "a session short enough for its transcript to be kept whole", Session: t.Session,
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

// settle sets the result of the verdict.
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
