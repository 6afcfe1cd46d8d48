package scenarios_test

import (
	"encoding/json"
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

	yaml "github.com/goccy/go-yaml"
	"github.com/invopop/jsonschema"
	checker "github.com/santhosh-tekuri/jsonschema/v6"

	"pop3mtm/scenarios"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var update = flag.Bool("update", false, "rewrite the schemas and the reference in docs/scenarios.md")

// comments are the doc comments of the package: "Rule" of a type, "Rule.On" of a
// field, each on one line.
func comments() map[string]string {
	files, err := filepath.Glob("*.go")
	Expect(err).NotTo(HaveOccurred())
	found := map[string]string{}
	oneLine := func(c *ast.CommentGroup) string { return strings.Join(strings.Fields(c.Text()), " ") }
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
		Expect(err).NotTo(HaveOccurred())
		for _, d := range file.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok || g.Tok != token.TYPE {
				continue
			}
			for _, s := range g.Specs {
				spec := s.(*ast.TypeSpec)
				found[spec.Name.Name] = oneLine(g.Doc)
				structure, ok := spec.Type.(*ast.StructType)
				if !ok {
					continue
				}
				for _, f := range structure.Fields.List {
					for _, n := range f.Names {
						found[spec.Name.Name+"."+n.Name] = oneLine(f.Doc)
					}
				}
			}
		}
	}
	return found
}

// nameOfCase matches what cases put a value for.
const nameOfCase = `^\$[A-Za-z]\w*$|\$\{[A-Za-z]\w*\}`

// special are the schemas of the types that read their values themselves.
func special(t reflect.Type) *jsonschema.Schema {
	text := func(pattern string) *jsonschema.Schema { return &jsonschema.Schema{Type: "string", Pattern: pattern} }
	number := &jsonschema.Schema{Type: "integer", Minimum: "0"}
	either := func(all ...*jsonschema.Schema) *jsonschema.Schema { return &jsonschema.Schema{AnyOf: all} }
	quirk := &jsonschema.Schema{Type: "integer", Minimum: "1", Maximum: json.Number(fmt.Sprint(scenarios.LastQuirk))}
	switch t {
	case reflect.TypeFor[scenarios.Octets]():
		return &jsonschema.Schema{Type: "string"}
	case reflect.TypeFor[scenarios.Duration]():
		return either(text(`^[0-9.]+(ns|us|ms|s|m|h)([0-9.]+(ms|s|m))*$`), text(nameOfCase))
	case reflect.TypeFor[scenarios.Size]():
		return either(number, text(`^\d+ ?(B|KiB|MiB|GiB)?$`), text(nameOfCase))
	case reflect.TypeFor[scenarios.Section]():
		return text(`^\d{3,5}(/\d+(\.\d+)*)?$`)
	case reflect.TypeFor[scenarios.Numbers]():
		return either(quirk, &jsonschema.Schema{Type: "array", Items: quirk}, text(nameOfCase))
	case reflect.TypeFor[scenarios.Value]():
		return &jsonschema.Schema{}
	case reflect.TypeFor[scenarios.Arguments]():
		return either(&jsonschema.Schema{Type: "string"}, number)
	case reflect.TypeFor[scenarios.Count]():
		return either(number, text(`^(\d+|>=\d+|<=\d+|\d+-\d+)$`), text(nameOfCase))
	}
	if words := scenarios.Words(t); words != nil {
		var all []any
		for _, w := range words {
			all = append(all, w)
		}
		return either(&jsonschema.Schema{Type: "string", Enum: all}, text(nameOfCase))
	}
	return nil
}

// schema is the schema of files of v's type.
func schema(v any, title string) []byte {
	known := comments()
	r := &jsonschema.Reflector{
		Anonymous: true, Mapper: special,
		LookupComment: func(t reflect.Type, field string) string {
			return known[strings.TrimSuffix(t.Name()+"."+field, ".")]
		},
	}
	s := r.Reflect(v)
	s.Title = title
	s.Version = "http://json-schema.org/draft-07/schema#" // what most editors know
	for name, d := range s.Definitions {
		if name == "Step" {
			d.MinProperties, d.MaxProperties = new(uint64(1)), new(uint64(1))
			s.Definitions[name] = &jsonschema.Schema{Description: d.Description, AnyOf: []*jsonschema.Schema{
				{Type: "string", Enum: wordsAlone()}, {Type: "string", Pattern: nameOfCase}, {Ref: "#/$defs/StepWithValue"}}}
			s.Definitions["StepWithValue"] = d
		}
		for i := d.Properties.Oldest(); i != nil && name == "Run"; i = nil {
			s.Definitions[name] = &jsonschema.Schema{Description: d.Description, AnyOf: []*jsonschema.Schema{
				{Type: "string", Pattern: nameOfCase}, {Ref: "#/$defs/RunInFull"}}}
			s.Definitions["RunInFull"] = d
		}
		for p := d.Properties.Oldest(); p != nil; p = p.Next() {
			if slices.Contains([]string{"integer", "boolean", "array"}, p.Value.Type) || p.Value.Ref != "" {
				inner := *p.Value
				inner.Description = ""
				p.Value = &jsonschema.Schema{Description: p.Value.Description, AnyOf: []*jsonschema.Schema{&inner, {Type: "string", Pattern: nameOfCase}}}
			}
		}
	}
	text, err := json.MarshalIndent(s, "", "  ")
	Expect(err).NotTo(HaveOccurred())
	return append(text, '\n')
}

// wordsAlone are the steps that need no value.
func wordsAlone() []any {
	var all []any
	t := reflect.TypeFor[scenarios.Step]()
	for f := range t.Fields() {
		if f.Type.Kind() == reflect.Bool {
			all = append(all, word(f))
		}
	}
	return all
}

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

// kindsOfFiles are the schemas and the files that they are for.
var kindsOfFiles = []struct {
	schema, title, files string
	value                any
}{
	{"schema.json", "Scenario of pop3mtm", "*.yaml", &scenarios.Scenario{}},
	{"quirks/schema.json", "Quirk of pop3mtm", "quirks/*.yaml", &scenarios.Quirk{}},
	{"profiles/schema.json", "Profile of pop3mtm", "profiles/*/profile.yaml", &scenarios.Profile{}},
}

var _ = Describe("the schema", func() {
	for _, k := range kindsOfFiles {
		It("in "+k.schema+" is that of the Go types, and all files keep to it", func() {
			current(k.schema, schema(k.value, k.title))
			rules := compiled(k.schema)
			files, err := filepath.Glob(k.files)
			Expect(err).NotTo(HaveOccurred())
			Expect(files).NotTo(BeEmpty())
			for _, name := range files {
				text, err := os.ReadFile(name)
				Expect(err).NotTo(HaveOccurred())
				up := strings.Repeat("../", strings.Count(name, "/")-strings.Count(k.schema, "/"))
				Expect(string(text)).To(HavePrefix("# yaml-language-server: $schema="+up+"schema.json\n"), name)
				Expect(rules.Validate(plain(text))).To(Succeed(), name)
			}
		})
	}

	It("refuses what the loader refuses", func() {
		rules := compiled("schema.json")
		for _, lines := range []string{"rule: []", "rules: [{on: RETR, do: [silent]}]", "rules: [{on: RETR, do: [{ok: a, refuse: b}]}]",
			"rules: [{on: RETR, do: [{cut: {aftr: 1}}]}]", "rules: [{on: RETR, nth: 0, do: [close]}]", "server: {tls: start}", "rfc: [five]", "quirk: 104"} {
			_, err := parse(lines)
			Expect(err).To(HaveOccurred(), lines)
			Expect(rules.Validate(plain([]byte("title: T\n"+lines)))).NotTo(Succeed(), lines)
		}
	})
})

func compiled(path string) *checker.Schema {
	rules, err := checker.NewCompiler().Compile(path)
	ExpectWithOffset(1, err).NotTo(HaveOccurred())
	return rules
}

// plain is a file as an editor sees it.
func plain(text []byte) any {
	var read any
	ExpectWithOffset(1, yaml.Unmarshal(text, &read)).To(Succeed())
	asJSON, err := json.Marshal(read)
	ExpectWithOffset(1, err).NotTo(HaveOccurred())
	v, err := checker.UnmarshalJSON(strings.NewReader(string(asJSON)))
	ExpectWithOffset(1, err).NotTo(HaveOccurred())
	return v
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
		scenarios.Expect{}, scenarios.MTM{}, scenarios.Run{}, scenarios.Profile{}, scenarios.Quirk{}} {
		t := reflect.TypeOf(v)
		fmt.Fprintf(&b, "\n### %s\n\n%s\n\n| word | value | |\n|---|---|---|\n", t.Name(), known[t.Name()])
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
	case t.Kind() == reflect.Slice:
		return "a list"
	case t.Kind() == reflect.Map && t.Elem().Kind() == reflect.Slice:
		return "names, each with a list"
	case t.Kind() == reflect.Map:
		return "names, each with a value"
	case special(t) != nil:
		_, text, _ := strings.Cut(known[t.Name()], " ") // without its name, and "is"
		_, text, _ = strings.Cut(text, " ")
		return strings.TrimSuffix(text, ".")
	case t.Kind() == reflect.Bool:
		return "true or false"
	case t.Kind() == reflect.Int, t.Kind() == reflect.Int64, t.Kind() == reflect.Uint64:
		return "a number"
	case t.Kind() == reflect.String:
		return "a text"
	case slices.Contains([]string{"server", "expect", "mtm"}, word(f)):
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
