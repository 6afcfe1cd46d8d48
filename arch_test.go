package pop3mtm_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// source is one parsed Go file. Its path is the one inside the module, with slashes.
type source struct {
	path string
	text []byte
	file *ast.File
	fset *token.FileSet
}

func (s source) dir() string    { return path.Dir(s.path) }
func (s source) isTest() bool   { return strings.HasSuffix(s.path, "_test.go") }
func (s source) external() bool { return strings.HasSuffix(s.file.Name.Name, "_test") }
func (s source) line(p token.Pos) int {
	return s.fset.Position(p).Line
}

// finding is one place that breaks a rule.
type finding struct {
	path string
	line int
	text string
}

// rule looks at all files of one package folder, its tests included, so that it can see
// what belongs together.
type rule struct {
	name  string
	check func(pkg []source) []finding
}

var rules = []rule{
	{"arrows", checkArrows},
	{"size", checkSize},
	{"exit", checkExit},
	{"init", checkInit},
	{"state", checkState},
	{"context", checkContext},
	{"names", checkNames},
	{"sleep", checkSleep},
	{"patience", checkPatience},
	{"json", checkJSON},
	{"width", checkWidth},
	{"small", checkSmall},
}

// each makes a rule out of a check of one file.
func each(pkg []source, report func(s source, add func(token.Pos, string))) []finding {
	var found []finding
	for _, s := range pkg {
		report(s, func(p token.Pos, text string) { found = append(found, finding{s.path, s.line(p), text}) })
	}
	return found
}

// parse reads a file as if it lay at the given path of the module.
func parse(t *testing.T, file, as string) source {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	fset := token.NewFileSet()
	parsed, err := parser.ParseFile(fset, file, text, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	return source{path: as, text: text, file: parsed, fset: fset}
}

// tree returns all packages of the module: folder to files.
func tree(t *testing.T) map[string][]source {
	t.Helper()
	packages := map[string][]source{}
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		base := d.Name()
		if d.IsDir() && name != "." && (base == "testdata" || strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_")) {
			return filepath.SkipDir
		}
		if !d.IsDir() && strings.HasSuffix(base, ".go") {
			s := parse(t, name, filepath.ToSlash(name))
			packages[s.dir()] = append(packages[s.dir()], s)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return packages
}

func TestTheCodeKeepsItsRules(t *testing.T) {
	packages := tree(t)
	if len(packages) < 5 {
		t.Fatalf("found only %d packages: the test does not look where the code is", len(packages))
	}
	for _, r := range rules {
		t.Run(r.name, func(t *testing.T) {
			for _, dir := range slices.Sorted(maps.Keys(packages)) {
				for _, f := range r.check(packages[dir]) {
					t.Errorf("%s:%d: %s", f.path, f.line, f.text)
				}
			}
		})
	}
}

// wanted is a mark in a bad source: the rule must report this text on this line.
var wanted = regexp.MustCompile(`// want "([^"]+)"`)

// TestTheRulesFindWhatTheyForbid runs every rule over testdata/arch/RULE/*.go, whose first line
// says which path of the module the file stands for. A file with marks must give exactly those
// findings; a file without must give none.
func TestTheRulesFindWhatTheyForbid(t *testing.T) {
	for _, r := range rules {
		t.Run(r.name, func(t *testing.T) {
			files, err := filepath.Glob(filepath.Join("testdata", "arch", r.name, "*.go"))
			if err != nil {
				t.Fatal(err)
			}
			packages, want := map[string][]source{}, map[string]map[int]string{}
			marks := 0
			for _, file := range files {
				text, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				as := strings.TrimPrefix(strings.SplitN(string(text), "\n", 2)[0], "// as ")
				s := parse(t, file, as)
				packages[s.dir()] = append(packages[s.dir()], s)
				want[as] = map[int]string{}
				for i, line := range strings.Split(string(text), "\n") {
					if m := wanted.FindStringSubmatch(line); m != nil {
						want[as][i+1] = m[1]
						marks++
					}
				}
			}
			if marks == 0 {
				t.Fatalf("testdata/arch/%s has no bad source: nobody knows that the rule can fail", r.name)
			}
			for _, pkg := range packages {
				for _, f := range r.check(pkg) {
					if text, ok := want[f.path][f.line]; !ok || !strings.Contains(f.text, text) {
						t.Errorf("unexpected: %s:%d: %s", f.path, f.line, f.text)
					}
					delete(want[f.path], f.line)
				}
			}
			for as, lines := range want {
				for line, text := range lines {
					t.Errorf("not found: %s:%d: %s", as, line, text)
				}
			}
		})
	}
}
