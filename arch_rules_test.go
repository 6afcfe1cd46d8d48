package pop3mtm_test

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/token"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

const (
	maxFile     = 600 // lines
	minFile     = 40  // lines; see checkSmall
	maxFunction = 60  // lines between the braces
	maxComment  = 100 // columns of a line that is only a comment; a tab counts as 4
)

func checkSize(pkg []source) []finding {
	return each(pkg, func(s source, add func(token.Pos, string)) {
		if s.isTest() || ast.IsGenerated(s.file) {
			return
		}
		if n := s.line(s.file.FileEnd - 1); n > maxFile {
			add(s.file.Package, fmt.Sprintf("the file has %d lines, more than %d: one job a file", n, maxFile))
		}
		for _, d := range s.file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Body == nil {
				continue
			}
			if n := s.line(f.Body.Rbrace) - s.line(f.Body.Lbrace) - 1; n > maxFunction {
				add(f.Pos(), fmt.Sprintf("%s has %d lines, more than %d", f.Name.Name, n, maxFunction))
			}
		}
	})
}

// checkSmall finds files that are too small to be worth opening. A small file is right when it is a
// verb: it declares what it is named after, as retr.go declares Retr and prune.go pruneCommand. So
// are doc.go, main.go, the only file of a package, the mechanisms (mech_*.go), and files that are
// built for some systems or with some of them in mind only.
func checkSmall(pkg []source) []finding {
	code := slices.DeleteFunc(slices.Clone(pkg), source.isTest)
	return each(code, func(s source, add func(token.Pos, string)) {
		base := strings.TrimSuffix(path.Base(s.path), ".go")
		switch n := s.line(s.file.FileEnd - 1); {
		case n >= minFile, len(code) == 1, base == "doc", base == "main", strings.HasPrefix(base, "mech_"):
		case forSomeSystems.MatchString(base), bytes.Contains(s.text, []byte("//go:build ")), s.declares(base), knownSmall[s.path]:
		default:
			add(s.file.Package, fmt.Sprintf("the file has %d lines, less than %d, and is not a verb: put it where it belongs", n, minFile))
		}
	})
}

var forSomeSystems = regexp.MustCompile(`_(unix|linux|darwin|bsd|windows|other)$`)

// declares reports whether the file declares a function, method or type with a name, in any case
// and with or without the word Command behind it.
func (s source) declares(name string) bool {
	name = strings.ReplaceAll(name, "_", "")
	is := func(id *ast.Ident) bool {
		return strings.EqualFold(id.Name, name) || strings.EqualFold(id.Name, name+"Command")
	}
	return slices.ContainsFunc(s.file.Decls, func(d ast.Decl) bool {
		switch d := d.(type) {
		case *ast.FuncDecl:
			return is(d.Name)
		case *ast.GenDecl:
			return slices.ContainsFunc(d.Specs, func(spec ast.Spec) bool {
				t, ok := spec.(*ast.TypeSpec)
				return ok && is(t.Name)
			})
		}
		return false
	})
}

// checkExit lets only main.go of a command end the process, and a TestMain.
func checkExit(pkg []source) []finding {
	return each(pkg, func(s source, add func(token.Pos, string)) {
		if s.file.Name.Name == "main" && path.Base(s.path) == "main.go" {
			return
		}
		for _, d := range s.file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && s.isTest() && f.Name.Name == "TestMain" {
				continue
			}
			calls(s, d, func(pkg, name string, at token.Pos) {
				if pkg == "os" && name == "Exit" || pkg == "log" && (strings.HasPrefix(name, "Fatal") || strings.HasPrefix(name, "Panic")) {
					add(at, pkg+"."+name+" below main: return an error")
				}
			})
		}
	})
}

// calls finds the uses of names of imported packages in a node; pkg is the import path,
// whatever the file calls it.
func calls(s source, n ast.Node, found func(pkg, name string, at token.Pos)) {
	imported := map[string]string{}
	for _, spec := range s.file.Imports {
		p, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			continue
		}
		name := path.Base(p)
		if spec.Name != nil {
			name = spec.Name.Name
		}
		imported[name] = p
	}
	ast.Inspect(n, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := sel.X.(*ast.Ident); ok && imported[x.Name] != "" && x.Obj == nil {
				found(imported[x.Name], sel.Sel.Name, sel.Pos())
			}
		}
		return true
	})
}

// checkJSON lets commands print JSON by cli.NewJSON only, or by cli.EscapeJSON in the
// same function: strings in it may drive a terminal otherwise. The bench's processes
// talk JSON with each other.
func checkJSON(pkg []source) []finding {
	return each(pkg, func(s source, add func(token.Pos, string)) {
		switch s.dir() {
		case "cmd/mtm", "cmd/autosend", "cmd/pop3sim", "cmd/internal/cli":
		default:
			return
		}
		if s.isTest() || s.path == "cmd/internal/cli/json.go" {
			return
		}
		for _, d := range s.file.Decls {
			escapes := false
			ast.Inspect(d, func(n ast.Node) bool {
				id, ok := n.(*ast.Ident)
				escapes = escapes || ok && id.Name == "EscapeJSON"
				return !escapes
			})
			calls(s, d, func(pkg, name string, at token.Pos) {
				if pkg == "encoding/json" && !escapes && (name == "NewEncoder" || strings.HasPrefix(name, "Marshal")) {
					add(at, "json."+name+" writes control characters: use cli.NewJSON")
				}
			})
		}
	})
}

func checkInit(pkg []source) []finding {
	return each(pkg, func(s source, add func(token.Pos, string)) {
		for _, d := range s.file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == "init" {
				add(f.Pos(), "func init: pass a value instead of filling a registry")
			}
		}
	})
}

// checkContext finds a context kept in a struct. Tests may keep one, and what only tests import.
func checkContext(pkg []source) []finding {
	return each(pkg, func(s source, add func(token.Pos, string)) {
		if s.isTest() || slices.ContainsFunc(s.file.Imports, func(i *ast.ImportSpec) bool { return i.Path.Value == `"testing"` }) {
			return
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			if t, ok := n.(*ast.StructType); ok {
				for _, field := range t.Fields.List {
					if _, isFunc := field.Type.(*ast.FuncType); isFunc {
						continue
					}
					calls(s, field, func(pkg, name string, at token.Pos) {
						if pkg == "context" && name == "Context" {
							add(at, "a context in a struct: pass it as the first parameter of what blocks")
						}
					})
				}
			}
			return true
		})
	})
}

var (
	bannedWords = regexp.MustCompile(`(?i)(^|_)(utils?|helpers?|common|manager)($|_)`)
	bannedTypes = regexp.MustCompile(`(Utils?|Helpers?|Common|Manager)($|[A-Z0-9])|^(utils?|helpers?|common|manager)($|[A-Z0-9])`)
	getter      = regexp.MustCompile(`^Get[A-Z]`)
)

func checkNames(pkg []source) []finding {
	return each(pkg, func(s source, add func(token.Pos, string)) {
		for _, word := range []string{s.file.Name.Name, path.Base(s.dir()), strings.TrimSuffix(strings.TrimSuffix(path.Base(s.path), ".go"), "_test")} {
			if bannedWords.MatchString(word) {
				add(s.file.Package, word+" says nothing: name what is in it")
				break
			}
		}
		for _, d := range s.file.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if getter.MatchString(d.Name.Name) && !s.isTest() {
					add(d.Pos(), d.Name.Name+": a getter has the name of what it gives")
				}
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					if t, ok := spec.(*ast.TypeSpec); ok && bannedTypes.MatchString(t.Name.Name) {
						add(t.Pos(), t.Name.Name+" says nothing: name what it is")
					}
				}
			}
		}
	})
}

// sleepers are files that may call time.Sleep, each with its reason.
var sleepers = map[string]string{
	"mtm/pop3/timing_test.go": "its servers sleep in a synctest bubble, where that takes no time",
	"mtm/greeting_test.go":    "its servers sleep in a synctest bubble, where that takes no time",
}

func checkSleep(pkg []source) []finding {
	return each(pkg, func(s source, add func(token.Pos, string)) {
		if sleepers[s.path] != "" {
			return
		}
		calls(s, s.file, func(pkg, name string, at token.Pos) {
			if pkg == "time" && name == "Sleep" {
				add(at, "time.Sleep: wait for the event, or use testing/synctest")
			}
		})
	})
}

// checkPatience finds waits of Gomega without a limit of their own: the default is one second,
// which is short on a busy machine.
func checkPatience(pkg []source) []finding {
	return each(pkg, func(s source, add func(token.Pos, string)) {
		limited := map[*ast.CallExpr]bool{}
		ast.Inspect(s.file, func(n ast.Node) bool { // a call comes before those in its chain
			call, ok := n.(*ast.CallExpr)
			switch {
			case !ok:
			case called(call) == "WithTimeout":
				limited[receiver(call)] = true
			case limited[call] && called(call) != "Eventually":
				limited[receiver(call)] = true
			case called(call) == "Eventually" && len(call.Args) == 1 && !limited[call]:
				add(call.Pos(), "Eventually waits for a second only: add WithTimeout(patience)")
			}
			return true
		})
	})
}

// called returns the name of the function or method that is called.
func called(call *ast.CallExpr) string {
	switch f := call.Fun.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		return f.Sel.Name
	}
	return ""
}

// receiver returns the call whose result a method is called on, or nil.
func receiver(call *ast.CallExpr) *ast.CallExpr {
	if f, ok := call.Fun.(*ast.SelectorExpr); ok {
		inner, _ := f.X.(*ast.CallExpr)
		return inner
	}
	return nil
}

// checkWidth limits the lines that are only a comment. Tables and code, which doc comments indent
// with a tab, directives and addresses keep their lines.
func checkWidth(pkg []source) []finding {
	return each(pkg, func(s source, add func(token.Pos, string)) {
		if ast.IsGenerated(s.file) {
			return
		}
		for _, group := range s.file.Comments {
			for _, c := range group.List {
				at := s.fset.Position(c.Pos())
				indent := s.text[at.Offset-at.Column+1 : at.Offset]
				prose := strings.HasPrefix(c.Text, "// ") && !strings.Contains(c.Text, "://")
				if n := 4*len(indent) + utf8.RuneCountInString(c.Text); n > maxComment && prose && len(bytes.Trim(indent, "\t")) == 0 {
					add(c.Pos(), fmt.Sprintf("the comment has %d columns, more than %d: wrap it", n, maxComment))
				}
			}
		}
	})
}

// knownSmall are the small files that were there before the rule. It may only lose entries.
var knownSmall = map[string]bool{
	"cmd/pop3sim/mcp.go":  true, // a command, which newMCP makes, as the others there
	"mtm/pop3/xtnd.go":    true, // a verb of two words: its method is XtndXmit
	"mtm/store/errors.go": true, // the errors, which all files of the package use
}
