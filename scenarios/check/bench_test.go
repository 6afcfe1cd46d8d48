package check_test

import (
	"testing"

	"pop3mtm/scenarios/check"
)

// How many cases a client in the same process plays: -benchtime 10000x are ten thousand.
func BenchmarkCasesInProcess(b *testing.B) {
	all, err := check.Named()
	if err != nil {
		b.Fatal(err)
	}
	chosen, err := check.Choice{Only: []string{"retr-octets@*", "retr-drop@*/reset", "dele-drop@*", "uidl-drop@*/reset"}}.Choose(all)
	if err != nil {
		b.Fatal(err)
	}
	r := &check.Runner{Drive: check.Func(right{}.fetch)}
	defer func() { _ = r.Close() }()
	if err := r.Open(b.Context()); err != nil {
		b.Fatal(err)
	}
	var cases []*check.Case
	for len(cases) < b.N {
		cases = append(cases, chosen...)
	}
	b.ResetTimer()
	if _, err = r.Run(b.Context(), cases[:b.N]); err != nil {
		b.Fatal(err)
	}
}
