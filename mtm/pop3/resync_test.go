package pop3

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"strings"
	"testing"
)

// TestTheTableHoldsEveryPair compares next with the table in its doc comment, for every pair
// of a state and an event.
func TestTheTableHoldsEveryPair(t *testing.T) {
	rows := tableOfNext(t)
	states := []state{inSync, suspect, probing, lost}
	if len(rows) != 1+int(eventCount) || len(eventNames) != int(eventCount) || len(stateNames) != len(states) {
		t.Fatalf("%d rows, %d events, %d states", len(rows)-1, len(eventNames), len(states))
	}
	pairs := 0
	for i, s := range states {
		if rows[0][1+i] != s.String() {
			t.Errorf("column %d is %q, not %s", i, rows[0][1+i], s)
		}
		for e := range eventCount {
			row := rows[1+int(e)]
			if row[0] != e.String() {
				t.Fatalf("row %d is %q, not %s", e, row[0], e)
			}
			a, to := next(s, e)
			cell := a.String()
			if to != s {
				cell += ": " + to.String()
			}
			if row[1+i] != cell {
				t.Errorf("%s, %s: the table says %q, and next does %q", s, e, row[1+i], cell)
			}
			pairs++
		}
	}
	t.Logf("%d states, %d events, %d pairs", len(states), eventCount, pairs)
}

// After any sequence of events, a lost session stays lost, and nothing is given to the sink while
// probing.
func TestNothingLeavesLostAndNothingIsGivenWhileProbing(t *testing.T) {
	for e := range eventCount {
		if a, to := next(lost, e); a != nothing || to != lost {
			t.Errorf("lost, %s: %s, %s", e, a, to)
		}
		if a, _ := next(probing, e); a == give || a == release || a == keep || a == salvage {
			t.Errorf("probing, %s: %s", e, a)
		}
		// Kept replies are given only after a proof, or at the end of the connection.
		if a, _ := next(suspect, e); (a == release || a == salvage) != (e == certain || e == proof || e == broken) {
			t.Errorf("suspect, %s: %s", e, a)
		}
	}
}

// tableOfNext returns the cells of the table in next's doc comment, without the last column.
func tableOfNext(t *testing.T) (rows [][]string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "resync.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range file.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok || f.Name.Name != "next" {
			continue
		}
		for line := range strings.Lines(f.Doc.Text()) {
			cells := strings.Split(line, "|")
			if len(cells) < 2 {
				continue
			}
			for i := range cells {
				cells[i] = strings.TrimSpace(cells[i])
			}
			if len(cells) != 6 {
				t.Fatal(fmt.Sprintf("%d cells", len(cells)), line)
			}
			rows = append(rows, cells[:5])
		}
	}
	return rows
}
