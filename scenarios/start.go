package scenarios

import (
	"context"
	"testing"

	"pop3mtm/fakeserver"
)

// Start plays a scenario, as Load finds it, on a free port of 127.0.0.1 for the time of a test. At
// the end of the test the client is judged: what Check finds fails the test. NAME#CASE picks a case
// of a scenario that has several; without it the first one is played, and the log of the test says
// how many there are. Each plays all.
func Start(t testing.TB, name string) *Play {
	t.Helper()
	s, err := Load(name)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, picked := cutCase(name); !picked && s.variant != "" {
		if all, err := LoadAll(name); err == nil && len(all) > 1 {
			t.Logf("playing %s, the first of %d cases; name another, or use scenarios.Each", s.Name(), len(all))
		}
	}
	return s.Start(t, nil)
}

// Each runs test as a subtest for each case of a scenario, as Load finds it, with a server that
// plays the case and judges the client at the end like Start.
func Each(t *testing.T, name string, test func(t *testing.T, p *Play)) {
	t.Helper()
	all, err := LoadAll(name)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range all {
		title := s.variant
		if title == "" {
			title = s.name
		}
		t.Run(title, func(t *testing.T) { test(t, s.Start(t, nil)) })
	}
}

// Start returns the function Start for a scenario that is loaded already, with options as for
// Server.
func (s *Scenario) Start(t testing.TB, o *fakeserver.Options) *Play {
	t.Helper()
	p, err := s.Server(o)
	if err != nil {
		t.Fatal(err)
	}
	fakeserver.StartServer(t, p.Server, p.ImplicitTLS())
	t.Cleanup(func() {
		// The context of the test has ended by now. The server reports unmet rules.
		v := p.Verdict(context.Background())
		if err := v.withoutRules().Err(); err != nil {
			t.Errorf("scenario %s, %s:\n%v", s.Name(), s.Title, err)
		}
	})
	return p
}
