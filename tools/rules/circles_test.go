package rules_test

import (
	"slices"
	"strings"
	"testing"
)

// maxCircle is how many files of a package may use each other in a circle. A larger circle means
// that none of its files can be read without all others: a hub type, or a package that is two.
const maxCircle = 8

// circleLimits holds packages whose largest circle is larger today. A limit may only go down.
var circleLimits = map[string]int{
	"mtm/pop3": 10,
}

func TestFilesOfAPackageFormNoLargeCircles(t *testing.T) {
	for _, p := range wholeModule(t) {
		if p.isTest() {
			continue
		}
		limit := maxCircle
		if own, ok := circleLimits[p.name()]; ok {
			limit = own
		}
		if found := circles(p); len(found) > 0 && len(found[0]) > limit {
			t.Errorf("%s: %d files use each other in a circle, more than %d: %s",
				p.name(), len(found[0]), limit, strings.Join(found[0], " "))
		}
	}
}

func TestCirclesAreFound(t *testing.T) {
	for _, p := range loadBad(t, "./circles") {
		found := circles(p)
		if len(found) != 1 || !slices.Equal(found[0], []string{"circles/a.go", "circles/b.go", "circles/c.go"}) {
			t.Errorf("want the circle of a.go, b.go and c.go, got %v", found)
		}
	}
}

// circles returns the groups of files that use each other's names, members included, largest first.
func circles(p typed) [][]string {
	uses := map[string]map[string]bool{}
	for id, obj := range p.TypesInfo.Uses {
		if obj.Pkg() != p.Types || !obj.Pos().IsValid() {
			continue
		}
		from, to := p.file(id.Pos()), p.file(obj.Pos())
		if from == to {
			continue
		}
		if uses[from] == nil {
			uses[from] = map[string]bool{}
		}
		uses[from][to] = true
	}
	found := components(uses)
	slices.SortFunc(found, func(a, b []string) int { return len(b) - len(a) })
	return found
}

// components returns the groups of two or more nodes that reach each other (Tarjan's algorithm).
func components(edges map[string]map[string]bool) [][]string {
	index, low, open := map[string]int{}, map[string]int{}, map[string]bool{}
	var stack []string
	var found [][]string
	var visit func(v string)
	visit = func(v string) {
		index[v] = len(index) + 1
		low[v] = index[v]
		stack, open[v] = append(stack, v), true
		for w := range edges[v] {
			if index[w] == 0 {
				visit(w)
				low[v] = min(low[v], low[w])
			} else if open[w] {
				low[v] = min(low[v], index[w])
			}
		}
		if low[v] < index[v] {
			return
		}
		i := slices.Index(stack, v)
		group := slices.Sorted(slices.Values(stack[i:]))
		stack = stack[:i]
		for _, w := range group {
			open[w] = false
		}
		if len(group) > 1 {
			found = append(found, group)
		}
	}
	for v := range edges {
		if index[v] == 0 {
			visit(v)
		}
	}
	return found
}
