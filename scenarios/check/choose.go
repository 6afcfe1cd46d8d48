package check

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	"pop3mtm/fakeserver/edit"
)

//go:embed sets/*.txt
var sets embed.FS

// Choice selects cases.
type Choice struct {
	Only, Skip []string // globs; * matches any text, / included
	Severity   Severity // the lowest one
	Set        string   // the name of a frozen set of cases
	Shard      Shard
	Sweep      bool
	Step       int64
}

// Sets returns the names of the frozen sets.
func Sets() []string {
	files, err := fs.Glob(sets, "sets/*.txt")
	if err != nil {
		return nil // the pattern is right
	}
	for i, f := range files {
		files[i] = strings.TrimSuffix(path.Base(f), ".txt")
	}
	return files
}

// setIDs returns the ids of the cases in a frozen set.
func setIDs(name string) ([]string, error) {
	text, err := sets.ReadFile("sets/" + name + ".txt")
	if err != nil {
		return nil, fmt.Errorf("there is no set %q; there are %s", name, strings.Join(Sets(), ", "))
	}
	return strings.Fields(string(text)), nil
}

// Choose returns the cases that are selected, in their order. It fails when no case is selected, or
// when a glob of Only matches none, so that a typo does not look like a pass.
func (ch Choice) Choose(cases []*Case) ([]*Case, error) {
	used := map[string]bool{}
	inSet := map[string]bool{}
	if ch.Set != "" {
		ids, err := setIDs(ch.Set)
		if err != nil {
			return nil, err
		}
		for _, id := range ids {
			inSet[id] = true
		}
	}
	var all []*Case
	for _, c := range cases {
		if ch.Set != "" && !inSet[c.ID] && !strings.HasPrefix(c.ID, sweepPrefix) {
			continue
		}
		if len(ch.Only) > 0 && !anyGlob(ch.Only, c.ID, used) || anyGlob(ch.Skip, c.ID, nil) || ch.Severity != "" && !c.Severity.Reaches(ch.Severity) {
			continue
		}
		all = append(all, c)
	}
	for _, glob := range ch.Only {
		if !used[glob] {
			return nil, fmt.Errorf("no case matches %q; 'pop3sim check --list' prints all", glob)
		}
	}
	if all = ch.Shard.of(all); len(all) == 0 {
		return nil, fmt.Errorf("the options select no case; 'pop3sim check --list' prints all")
	}
	return all, nil
}

func anyGlob(globs []string, id string, used map[string]bool) bool {
	found := false
	for _, g := range globs {
		if edit.Glob(g, id) {
			found = true
			if used != nil {
				used[g] = true
			}
		}
	}
	return found
}

// Shard selects the part of the cases that run I of N plays; the N runs together play all.
type Shard struct{ I, N int }

// String returns I/N, or "" for all cases.
func (s *Shard) String() string {
	if s.N == 0 {
		return ""
	}
	return fmt.Sprintf("%d/%d", s.I, s.N)
}

// Type implements pflag.Value.
func (*Shard) Type() string { return "I/N" }

// Set reads I/N.
func (s *Shard) Set(text string) error {
	i, n, ok := strings.Cut(text, "/")
	a, err1 := strconv.Atoi(i)
	b, err2 := strconv.Atoi(n)
	if !ok || err1 != nil || err2 != nil || a < 1 || b < a {
		return fmt.Errorf("invalid shard %q: write 1/4 for the first of four", text)
	}
	s.I, s.N = a, b
	return nil
}

// of returns the cases of this shard: every Nth, so that all shards take about the same time.
func (s Shard) of(cases []*Case) []*Case {
	if s.N == 0 {
		return cases
	}
	var mine []*Case
	for i, c := range cases {
		if i%s.N == s.I-1 {
			mine = append(mine, c)
		}
	}
	return mine
}

// ByID returns the case with an id: a named case, or one of the sweep.
func ByID(id string) (*Case, error) {
	if strings.HasPrefix(id, sweepPrefix) {
		return fromSweep(id)
	}
	cases, err := Named()
	if err != nil {
		return nil, err
	}
	if i := slices.IndexFunc(cases, func(c *Case) bool { return c.ID == id }); i >= 0 {
		return cases[i], nil
	}
	return nil, fmt.Errorf("there is no case %q; 'pop3sim check --list' prints all", id)
}
