// Package rules_test checks rules about the types of the whole module; those about its text are
// beside go.mod. It is the last package of all: when a first run of the tests comes to it,
// everything that types are read from is compiled.
package rules_test

import (
	"go/token"
	"go/types"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"golang.org/x/tools/go/packages"
)

const module = "pop3mtm"

// typed is a package with its types. Paths of its files are those inside the module.
type typed struct {
	*packages.Package
	root string
}

// file returns the path inside the module of the file that holds p, "" outside of the module.
func (p typed) file(pos token.Pos) string {
	name := p.Fset.Position(pos).Filename
	rel, err := filepath.Rel(p.root, name)
	if err != nil || strings.HasPrefix(rel, "..") {
		return ""
	}
	return filepath.ToSlash(rel)
}

// isTest reports whether the package exists only while tests are built.
func (p typed) isTest() bool { return p.ForTest != "" || strings.HasSuffix(p.ID, ".test") }

// name returns the package's folder inside the module.
func (p typed) name() string {
	if p.PkgPath == module {
		return "."
	}
	return strings.TrimPrefix(p.PkgPath, module+"/")
}

// place identifies an object over all variants of its package: tests see a package of their own.
func (p typed) place(obj types.Object) string {
	at := p.Fset.Position(obj.Pos())
	return at.String()
}

// load type-checks the packages that the patterns name, with their tests.
func load(dir string, patterns ...string) ([]typed, error) {
	root, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	list, err := packages.Load(&packages.Config{
		Dir: dir, Fset: token.NewFileSet(), Tests: true,
		Mode: packages.NeedName | packages.NeedFiles | packages.NeedImports | packages.NeedTypes |
			packages.NeedSyntax | packages.NeedTypesInfo | packages.NeedForTest,
	}, patterns...)
	if err != nil {
		return nil, err
	}
	all := make([]typed, len(list))
	for i, p := range list {
		for _, e := range p.Errors {
			return nil, e
		}
		all[i] = typed{p, root}
	}
	return all, nil
}

// loadModule type-checks the whole module once for all tests that need it.
var loadModule = sync.OnceValues(func() ([]typed, error) { return load(filepath.Join("..", ".."), "./...") })

func wholeModule(t *testing.T) []typed {
	t.Helper()
	if testing.Short() {
		t.Skip("type-checking the whole module takes half a minute")
	}
	all, err := loadModule()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// loadBad type-checks one folder of bad sources.
func loadBad(t *testing.T, patterns ...string) []typed {
	t.Helper()
	all, err := load(filepath.Join("testdata", "typed"), patterns...)
	if err != nil {
		t.Fatal(err)
	}
	if len(all) == 0 {
		t.Fatal("no bad sources: nobody knows that the rule can fail")
	}
	return all
}
