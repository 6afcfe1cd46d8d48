package scenarios_test

import (
	"encoding/json"
	"testing"

	"pop3mtm/scenarios"
)

// FuzzParse gives the loader files of any content: it must give an error or scenarios
// that can be played, and what it writes as JSON must be the same scenario.
func FuzzParse(f *testing.F) {
	for _, name := range scenarios.Names() {
		text, err := scenarios.Source(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	for _, text := range []string{
		"", "title: T", "title: &a [*a]", "title: [[[[[[[[", "<<: *x", "title: T\nwhy: !!binary |\n  aa", "? a\n: b", "title: \"\\xff\\u0000\"",
		"title: T\ncases: [{a: 1}, {a: 2}]\nwhy: $a ${a}", `{"title": "T", "rules": [{"on": "*", "do": ["silence"]}]}`,
		"title: T\nexpect: {counts: {RETR: 1-2}, sessions: '>=2', kept: []}\nmailbox: [{raw: \"\\xe9\"}]",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		all, err := scenarios.Parse("fuzz.yaml", []byte(text), nil)
		if err != nil {
			if err.Error() == "" || all != nil {
				t.Fatalf("%v, %q", all, err)
			}
			return
		}
		once := written(t, all[0])
		again, err := scenarios.Parse("fuzz.json", once, nil)
		if err != nil {
			t.Fatalf("what was written as JSON is refused: %v\n%s", err, once)
		}
		if twice := written(t, again[0]); string(once) != string(twice) {
			t.Fatalf("JSON changes:\n%s\n%s", once, twice)
		}
	})
}

func written(t *testing.T, s *scenarios.Scenario) []byte {
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
