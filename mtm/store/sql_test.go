package store_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// literalFlag finds a flag, a type or a kind that a statement names by its number.
var literalFlag = regexp.MustCompile(`flags\b\s*[&|=]\s*~?\d|\b(type|kind|sending|state)\s*(=|<>|<|>|(NOT )?BETWEEN|IN \()\s*[1-9]`)

// Only the steps of the schema, which are history, may: a change of a constant
// would not reach a number.
func TestStatementsNameFlagsByTheirConstants(t *testing.T) {
	for _, bad := range []string{"flags & 0x80", "flags = 128", "email_flags & ~0xF00", "type = 4", "kind NOT BETWEEN 1 AND 5"} {
		if !literalFlag.MatchString(bad) {
			t.Errorf("%q is not found", bad)
		}
	}
	files, err := filepath.Glob("*.go")
	must(t, err)
	for _, path := range files {
		if strings.HasSuffix(path, "_test.go") || path == "migrations.go" {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		must(t, err)
		ast.Inspect(f, func(n ast.Node) bool {
			lit, ok := n.(*ast.BasicLit)
			if !ok || lit.Kind != token.STRING {
				return true
			}
			text, err := strconv.Unquote(lit.Value)
			must(t, err)
			if found := literalFlag.FindString(text); found != "" {
				t.Errorf("%s: %q in a statement: use the constant", path, found)
			}
			return true
		})
	}
}
