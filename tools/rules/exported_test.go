package rules_test

import (
	"fmt"
	"go/ast"
	"go/types"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// maxUnused is how many exported names no other package and no document uses. It may only go down.
const maxUnused = 71

func TestExportedNamesAreUsed(t *testing.T) {
	documented, err := namedInDocuments(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	unused := unusedNames(wholeModule(t), documented)
	if len(unused) > maxUnused {
		t.Errorf("%d exported names are used by no other package, example or document, more than %d; unexport or delete them:\n%s",
			len(unused), maxUnused, strings.Join(unused, "\n"))
	}
}

func TestUnusedExportedNamesAreFound(t *testing.T) {
	documented, err := namedInDocuments(filepath.Join("testdata", "typed", "exported"))
	if err != nil {
		t.Fatal(err)
	}
	got := unusedNames(loadBad(t, "./exported/..."), documented)
	want := []string{"typed/exported: Lonely", "typed/exported: OnlyTested"}
	if !slices.Equal(got, want) {
		t.Errorf("want %q, got %q", want, got)
	}
}

var errorName = regexp.MustCompile(`^Err[A-Z]|Error$`)

// unusedNames returns the exported top-level names that nothing outside of their package
// needs. A name is needed when another package, an Example or a document uses it, when the
// declaration of a needed name mentions it, and when it is a constant of a needed type. Errors
// are for callers to compare.
func unusedNames(all []typed, documented map[string]bool) []string {
	needed, declared := map[string]bool{}, map[string]types.Object{}
	title := map[string]string{}
	for _, p := range all {
		for id, obj := range p.TypesInfo.Uses {
			if obj.Pkg() == nil || obj.Pkg().Path() == strings.TrimSuffix(p.PkgPath, "_test") {
				continue
			}
			// The packages of internal/ are for tests.
			if !strings.HasSuffix(p.file(id.Pos()), "_test.go") || strings.HasPrefix(obj.Pkg().Path(), module+"/internal/") {
				needed[p.place(obj)] = true
			}
		}
		exampleUses(p, needed)
		if p.isTest() || p.Name == "main" {
			continue
		}
		for _, name := range p.Types.Scope().Names() {
			if obj := p.Types.Scope().Lookup(name); obj.Exported() && !errorName.MatchString(name) {
				declared[p.place(obj)] = obj
				title[p.place(obj)] = p.name() + ": " + name
				if documented[path.Base(p.name())+"."+name] {
					needed[p.place(obj)] = true
				}
			}
		}
	}
	spread(all, declared, needed)
	var unused []string
	for at := range declared {
		if !needed[at] {
			unused = append(unused, title[at])
		}
	}
	slices.Sort(unused)
	return unused
}

// exampleUses adds what the Example functions of a test package use.
func exampleUses(p typed, needed map[string]bool) {
	for _, file := range p.Syntax {
		if !strings.HasSuffix(p.file(file.Pos()), "_test.go") {
			continue
		}
		for _, d := range file.Decls {
			decl, ok := d.(*ast.FuncDecl)
			if !ok || !strings.HasPrefix(decl.Name.Name, "Example") {
				continue
			}
			for id, used := range p.TypesInfo.Uses {
				if id.Pos() >= decl.Pos() && id.Pos() < decl.End() {
					needed[p.place(used)] = true
				}
			}
		}
	}
}

// spread adds what the declarations of needed names mention, until nothing is added any more.
func spread(all []typed, declared map[string]types.Object, needed map[string]bool) {
	byObject := map[types.Object]string{}
	for at, obj := range declared {
		byObject[obj] = at
	}
	for grown := true; grown; {
		grown = false
		add := func(obj types.Object) {
			if at, ours := byObject[obj]; ours && !needed[at] {
				needed[at], grown = true, true
			}
		}
		for _, at := range slices.Collect(maps.Keys(declared)) {
			if needed[at] {
				mentioned(declared[at], add)
			} else if c, ok := declared[at].(*types.Const); ok {
				if named, ok := c.Type().(*types.Named); ok && needed[byObject[named.Obj()]] {
					add(c)
				}
			}
		}
	}
}

// mentioned calls add with each named type in the type of an object, its fields and its methods.
func mentioned(obj types.Object, add func(types.Object)) {
	seen := map[types.Type]bool{}
	var walk func(t types.Type)
	walk = func(t types.Type) {
		if t == nil || seen[t] {
			return
		}
		seen[t] = true
		switch t := t.(type) {
		case *types.Named:
			add(t.Obj())
			if t.Obj() == obj {
				walk(t.Underlying())
				for m := range t.Methods() {
					if m.Exported() {
						walk(m.Type())
					}
				}
			}
			for arg := range t.TypeArgs().Types() {
				walk(arg)
			}
		case *types.Alias:
			add(t.Obj())
			walk(t.Rhs())
		case *types.Pointer:
			walk(t.Elem())
		case *types.Slice:
			walk(t.Elem())
		case *types.Array:
			walk(t.Elem())
		case *types.Map:
			walk(t.Key())
			walk(t.Elem())
		case *types.Chan:
			walk(t.Elem())
		case *types.Signature:
			walk(t.Params())
			walk(t.Results())
		case *types.Tuple:
			for v := range t.Variables() {
				walk(v.Type())
			}
		case *types.Struct:
			for f := range t.Fields() {
				if f.Exported() {
					walk(f.Type())
				}
			}
		case *types.Interface:
			for m := range t.Methods() {
				walk(m.Type())
			}
		}
	}
	walk(obj.Type())
}

// qualified is a name as Go code in documents writes it.
var qualified = regexp.MustCompile(`\b[a-z][a-z0-9]*\.[A-Z]\w*`)

// namedInDocuments returns the qualified names that the Markdown files below dir use.
func namedInDocuments(dir string) (map[string]bool, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.md"))
	if err != nil {
		return nil, err
	}
	more, err := filepath.Glob(filepath.Join(dir, "docs", "*.md"))
	if err != nil {
		return nil, err
	}
	names := map[string]bool{}
	for _, file := range append(files, more...) {
		if filepath.Base(file) == "CHANGELOG.md" {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("documents: %w", err)
		}
		for _, name := range qualified.FindAllString(string(text), -1) {
			names[name] = true
		}
	}
	return names, nil
}
