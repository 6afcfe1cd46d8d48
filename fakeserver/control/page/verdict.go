package page

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"pop3mtm/fakeserver/control"
	"pop3mtm/scenarios"
)

// played is the scenario of a user.
type played struct{ Name, Title, Why string }

// verdict is the verdict on the sessions of a user, as the page shows it.
type verdict struct {
	Class, Mark, Text string
	Failures          []string
}

func (v *view) addScenario(ctx context.Context, service *control.Service) error {
	s, err := service.Scenario(ctx, v.UserName)
	if problem, ok := errors.AsType[*control.Problem](err); ok && problem.Status == http.StatusNotFound {
		return nil
	}
	if err != nil {
		return err
	}
	v.Played, v.Logins = &played{s.Name, s.Title, s.Why}, s.Logins
	if s.Name == "" {
		v.Played.Name = "A scenario of your own"
	}
	return nil
}

// addVerdict adds the verdict.
func (v *view) addVerdict(ctx context.Context, service *control.Service) error {
	if slices.ContainsFunc(v.sessions, func(s control.Session) bool { return s.Ended == nil }) {
		v.Verdict = &verdict{Class: "none", Mark: "…", Text: "A session is open. The verdict comes when it ends."}
		return nil
	}
	judged, err := service.Verdict(ctx, v.UserName)
	if err != nil {
		return err
	}
	v.Verdict = verdictOf(judged)
	return nil
}

func verdictOf(judged *scenarios.Verdict) *verdict {
	switch {
	case judged.Result == scenarios.NotExercised:
		return &verdict{Class: "none", Mark: "–", Text: "No client has logged in yet."}
	case !judged.Failed() && len(judged.Checks) <= alwaysChecked:
		return &verdict{Class: "none", Mark: "–", Text: "Nothing special is expected of the client."}
	case !judged.Failed():
		return &verdict{Class: "met", Mark: "✓", Text: "All expectations met"}
	}
	out := &verdict{Class: "unmet", Mark: "✗"}
	for _, c := range judged.Checks {
		for _, f := range c.Failures {
			out.Failures = append(out.Failures, f.Error())
		}
	}
	out.Text = counted(len(out.Failures), "expectation") + " not met"
	return out
}

// alwaysChecked is the number of checks in a verdict without expectations.
const alwaysChecked = 2
