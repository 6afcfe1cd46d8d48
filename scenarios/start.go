package scenarios

import (
	"context"
	"testing"

	"pop3mtm/fakeserver"
)

// Start plays a scenario, which it finds as Load does, on a free port of 127.0.0.1 until the test
// ends. Then it judges the client with Check, whose failures fail the test. NAME#CASE picks a case
// of a scenario that has several; without it the first case is played, and the log of the test says
// how many there are. Use Each to play all.
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

// Each runs test as a subtest for each case of a scenario, which it finds as Load does. In each
// subtest a server plays the case, and the client is judged at the end as by Start.
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

// Start is like the function Start, for a scenario that is loaded already. The options are those of
// Server.
func (s *Scenario) Start(t testing.TB, o *fakeserver.Options) *Play {
	t.Helper()
	p, err := s.Server(o)
	if err != nil {
		t.Fatal(err)
	}
	fakeserver.StartServer(t, p.Server, p.ImplicitTLS())
	t.Cleanup(func() {
		// The context of the test has ended by now. The server itself reports required rules that
		// did not fire.
		v := p.Verdict(context.Background())
		if err := v.withoutRules().Err(); err != nil {
			t.Errorf("scenario %s, %s:\n%v", s.Name(), s.Title, err)
		}
	})
	return p
}
