package scenarios

import (
	"context"
	"testing"

	"pop3mtm/fakeserver"
)

// Start plays a scenario, as Load finds it, on a free port of 127.0.0.1 for the time of a test. At
// the end of the test the client is judged: what Check finds fails the test.
func Start(t testing.TB, name string) *Play {
	t.Helper()
	s, err := Load(name)
	if err != nil {
		t.Fatal(err)
	}
	return s.Start(t, nil)
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
		if err := p.judge(context.Background()); err != nil {
			t.Errorf("scenario %s, %s:\n%v", s.Name(), s.Title, err)
		}
	})
	return p
}
