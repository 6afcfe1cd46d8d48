package scenarios_test

import (
	"cmp"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"pop3mtm/scenarios"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var update = flag.Bool("update", false, "rewrite the schemas and the reference in docs/scenarios.md")

// comments returns the doc comments of the package: "Rule" of a type, "Rule.On" of a field,
// "How=reset" of one of a few words, each on one line.
func comments() map[string]string {
	files, err := filepath.Glob("*.go")
	Expect(err).NotTo(HaveOccurred())
	found := map[string]string{}
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
		Expect(err).NotTo(HaveOccurred())
		for _, d := range file.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok {
				continue
			}
			for _, spec := range g.Specs {
				switch spec := spec.(type) {
				case *ast.TypeSpec:
					found[spec.Name.Name] = oneLine(g.Doc)
					commentsOfFields(spec, found)
				case *ast.ValueSpec:
					kind, isNamed := spec.Type.(*ast.Ident)
					if g.Tok == token.CONST && isNamed && len(spec.Values) == 1 {
						literal, ok := spec.Values[0].(*ast.BasicLit)
						if !ok {
							continue // numbered by iota: no file has it
						}
						value := literal.Value
						meaning := oneLine(cmp.Or(spec.Comment, spec.Doc))
						found[kind.Name+"="+strings.Trim(value, `"`)] = strings.TrimPrefix(meaning, spec.Names[0].Name+" ")
					}
				}
			}
		}
	}
	return found
}

func commentsOfFields(spec *ast.TypeSpec, found map[string]string) {
	structure, ok := spec.Type.(*ast.StructType)
	if !ok {
		return
	}
	for _, f := range structure.Fields.List {
		for _, n := range f.Names {
			found[spec.Name.Name+"."+n.Name] = oneLine(f.Doc)
		}
	}
}

func oneLine(c *ast.CommentGroup) string { return strings.Join(strings.Fields(c.Text()), " ") }

func word(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	return name
}

// current compares a generated file with the one that is checked in, or rewrites it.
func current(path string, want []byte) {
	if *update {
		ExpectWithOffset(1, os.WriteFile(path, want, 0o644)).To(Succeed())
	}
	got, err := os.ReadFile(path)
	ExpectWithOffset(1, err).NotTo(HaveOccurred())
	ExpectWithOffset(1, strings.ReplaceAll(string(got), "\r\n", "\n") == string(want)).To(BeTrue(), path+" is not current; run: go test ./scenarios -update")
}

const (
	begins = "<!-- reference: written by go test ./scenarios -update -->\n"
	ends   = "<!-- end of the reference -->\n"
)

var oneRule = regexp.MustCompile("`(\\{on: .*\\}|server: .*)` \\|")

var _ = Describe("docs/scenarios.md", func() {
	It("shows rules and settings that can be played", func() {
		text, err := os.ReadFile("../docs/scenarios.md")
		Expect(err).NotTo(HaveOccurred())
		found := oneRule.FindAllStringSubmatch(string(text), -1)
		Expect(len(found)).To(BeNumerically(">", 10))
		for _, f := range found {
			line := f[1]
			if strings.HasPrefix(line, "{on: ") {
				line = "rules: [" + line + "]"
			}
			talk(play("mailbox: [{file: plain.eml, uidl: a1}, {size: 2KiB, uidl: a2}]", line))
		}
	})

	It("has the reference of the Go types", func() {
		const path = "../docs/scenarios.md"
		text, err := os.ReadFile(path)
		Expect(err).NotTo(HaveOccurred())
		before, rest, found := strings.Cut(strings.ReplaceAll(string(text), "\r\n", "\n"), begins)
		_, after, closed := strings.Cut(rest, ends)
		Expect(found && closed).To(BeTrue(), "the markers are missing")
		current(path, []byte(before+begins+reference()+ends+after))
	})
})

// reference has a table for each type that files have.
func reference() string {
	known := comments()
	var b strings.Builder
	for _, v := range []any{scenarios.Scenario{}, scenarios.Server{}, scenarios.User{}, scenarios.Mail{}, scenarios.Rule{}, scenarios.Step{}, scenarios.Action{}, scenarios.View{},
		scenarios.Expect{}, scenarios.MTM{}, scenarios.Run{}, scenarios.ClientCheck{}, scenarios.Profile{}, scenarios.Quirk{}} {
		t := reflect.TypeOf(v)
		fmt.Fprintf(&b, "\n### %s\n\n%s\n\n| key | value | |\n|---|---|---|\n", t.Name(), known[t.Name()])
		if t == reflect.TypeFor[scenarios.Step]() {
			for _, w := range scenarios.StepWords() {
				fmt.Fprintf(&b, "| `%s` | %s | %s |\n", w.Name, cell(valueOf(fieldOf(w), known)), cell(w.Doc))
			}
			continue
		}
		for _, f := range reflect.VisibleFields(t) {
			if name := word(f); name != "" {
				fmt.Fprintf(&b, "| `%s` | %s | %s |\n", name, cell(valueOf(f, known)), cell(known[t.Name()+"."+f.Name]))
			}
		}
	}
	b.WriteString("\n### Known servers\n\nThe names for `profile`.\n\n| name | server | as seen in |\n|---|---|---|\n")
	for _, name := range scenarios.Profiles() {
		p, err := scenarios.ProfileByName(name)
		Expect(err).NotTo(HaveOccurred())
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", name, cell(p.Title), cell(strings.Join(p.Sources, "; ")))
	}
	return b.String() + "\n"
}

// fieldOf returns a word for a step as a field of a struct.
func fieldOf(w scenarios.StepWord) reflect.StructField {
	if w.Value == nil {
		return reflect.StructField{Type: reflect.TypeFor[bool]()}
	}
	return reflect.StructField{Type: w.Value}
}

func cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }

// valueOf says in words what a field takes.
func valueOf(f reflect.StructField, known map[string]string) string {
	t := f.Type
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch words := scenarios.Words(t); {
	case words != nil:
		return "`" + strings.Join(words, "`, `") + "`"
	case t == reflect.TypeFor[scenarios.Numbers]():
		return "a number or a list"
	case t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Struct:
		return "a list of [" + t.Elem().Name() + "](#" + strings.ToLower(t.Elem().Name()) + ")"
	case t.Kind() == reflect.Slice && scenarios.Words(t.Elem()) != nil:
		return "a list of " + meaningsOf(t.Elem(), known)
	case t.Kind() == reflect.Slice:
		return "a list"
	case t.Kind() == reflect.Map && t.Elem().Kind() == reflect.Slice:
		return "a map from names to lists"
	case t.Kind() == reflect.Map:
		return "a map from names to values"
	case special(t, known) != nil:
		_, text, _ := strings.Cut(known[t.Name()], " ") // without its name, and "is"
		_, text, _ = strings.Cut(text, " ")
		return strings.TrimSuffix(text, ".")
	case t.Kind() == reflect.Bool:
		return "true or false"
	case t.Kind() == reflect.Int, t.Kind() == reflect.Int64, t.Kind() == reflect.Uint64:
		return "a number"
	case t.Kind() == reflect.String:
		return "a string"
	case slices.Contains([]string{"server", "expect", "mtm", "check"}, word(f)):
		return "[" + t.Name() + "](#" + strings.ToLower(t.Name()) + ")"
	}
	var parts []string
	for _, inner := range reflect.VisibleFields(t) {
		if name := word(inner); name != "" {
			parts = append(parts, "`"+name+"`: "+strings.TrimSuffix(known[t.Name()+"."+inner.Name], "."))
		}
	}
	return "{" + strings.Join(parts, "; ") + "}"
}

// meaningsOf returns the words of a type, each with its meaning.
func meaningsOf(t reflect.Type, known map[string]string) string {
	var all []string
	for _, w := range scenarios.Words(t) {
		all = append(all, "`"+w+"` ("+known[t.Name()+"="+w]+")")
	}
	return strings.Join(all, ", ")
}
