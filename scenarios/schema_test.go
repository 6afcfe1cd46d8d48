package scenarios_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	yaml "github.com/goccy/go-yaml"
	"github.com/invopop/jsonschema"
	checker "github.com/santhosh-tekuri/jsonschema/v6"

	"pop3mtm/fakeserver"
	"pop3mtm/fixtures"
	"pop3mtm/scenarios"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// nameOfCase matches what cases put a value for.
const nameOfCase = `^\$[A-Za-z]\w*$|\$\{[A-Za-z]\w*\}`

// special returns the schemas of the types that read their values themselves.
func special(t reflect.Type, known map[string]string) *jsonschema.Schema {
	text := func(pattern string) *jsonschema.Schema { return &jsonschema.Schema{Type: "string", Pattern: pattern} }
	number := &jsonschema.Schema{Type: "integer", Minimum: "0"}
	either := func(all ...*jsonschema.Schema) *jsonschema.Schema { return &jsonschema.Schema{AnyOf: all} }
	quirk := &jsonschema.Schema{Type: "integer", Minimum: "1", Maximum: json.Number(fmt.Sprint(scenarios.LastQuirk))}
	switch t {
	case reflect.TypeFor[scenarios.Octets]():
		return &jsonschema.Schema{Type: "string"}
	case reflect.TypeFor[scenarios.Duration]():
		return offering(either(text(`^[0-9.]+(ns|us|ms|s|m|h)([0-9.]+(ms|s|m))*$`), text(nameOfCase)), "250ms", "30s", "2m")
	case reflect.TypeFor[scenarios.Size]():
		return offering(either(number, text(`^\d+ ?(B|KiB|MiB|GiB)?$`), text(nameOfCase)), "4KiB", "64KiB", "1MiB", 4096)
	case reflect.TypeFor[scenarios.Section]():
		return offering(text(`^\d{3,5}(/\d+(\.\d+)*)?$`), "1939/3", "1939/4", "1939/5", "1939/6", "1939/7", "2449/5", "2449/8", "2595/4", "5034/4")
	case reflect.TypeFor[scenarios.Numbers]():
		// Of three that stand side by side editors show the bars between them.
		return either(quirk, either(&jsonschema.Schema{Type: "array", Items: quirk}, text(nameOfCase)))
	case reflect.TypeFor[scenarios.Value]():
		return &jsonschema.Schema{}
	case reflect.TypeFor[scenarios.Arguments]():
		return either(&jsonschema.Schema{Type: "string"}, number)
	case reflect.TypeFor[scenarios.Count]():
		return offering(either(number, text(`^(\d+|>=\d+|<=\d+|\d+-\d+)$`), text(nameOfCase)), 1, 0, `">=2"`, `"<=3"`, "1-3")
	}
	if words := scenarios.Words(t); words != nil {
		return either(oneOf(words, func(w string) string { return known[t.Name()+"="+w] }), text(nameOfCase))
	}
	return nil
}

// offering is s, with some values that an editor offers as a beginning.
func offering(s *jsonschema.Schema, values ...any) *jsonschema.Schema {
	var snippets []any
	for _, v := range values {
		snippets = append(snippets, map[string]any{"label": fmt.Sprint(v), "description": "For example.", "body": v})
	}
	s.Extras = map[string]any{"defaultSnippets": snippets}
	return s
}

// oneOf returns the schema of a few words, each with what it means.
func oneOf(words []string, meaning func(string) string) *jsonschema.Schema {
	s := &jsonschema.Schema{Type: "string", Extras: map[string]any{}}
	var meanings []string
	for _, w := range words {
		s.Enum = append(s.Enum, w)
		meanings = append(meanings, meaning(w))
	}
	s.Extras["enumDescriptions"] = meanings
	return s
}

// mainSchema is the one whose definitions the others share.
const mainSchema = "schema.json"

// schema returns the schema of files of v's type. Editors show the title of a schema before each
// word in it, so it has none. Another than the main one has no more definitions than that of v: it
// points to those of the main one.
func schema(path string, v any) []byte {
	known := comments()
	r := &jsonschema.Reflector{
		Anonymous: true, Mapper: func(t reflect.Type) *jsonschema.Schema {
			if t == reflect.TypeFor[scenarios.Step]() {
				return &jsonschema.Schema{Ref: "#/$defs/Step"}
			}
			return special(t, known)
		},
		LookupComment: func(t reflect.Type, field string) string {
			return known[strings.TrimSuffix(t.Name()+"."+field, ".")]
		},
	}
	s := r.Reflect(v)
	s.Version = "http://json-schema.org/draft-07/schema#" // what most editors know
	s.Definitions["StepWithValue"] = stepWithValue(r, s.Definitions, known["Step"])
	for name, d := range s.Definitions {
		for p := d.Properties.Oldest(); p != nil; p = p.Next() {
			p.Value = orNameOfCase(p.Value)
			offer(name, p.Key, p.Value)
		}
	}
	step := s.Definitions["StepWithValue"]
	s.Definitions["Step"] = &jsonschema.Schema{Description: step.Description, AnyOf: []*jsonschema.Schema{
		wordsAlone(step), {Type: "string", Pattern: nameOfCase}, {Ref: "#/$defs/StepWithValue"}}}
	if run := s.Definitions["Run"]; run != nil {
		s.Definitions["RunInFull"] = run
		s.Definitions["Run"] = &jsonschema.Schema{Description: run.Description, AnyOf: []*jsonschema.Schema{
			{Type: "string", Pattern: nameOfCase}, {Ref: "#/$defs/RunInFull"}}}
	}
	if path != mainSchema {
		own := reflect.TypeOf(v).Elem().Name()
		s.Definitions = jsonschema.Definitions{own: s.Definitions[own]}
	}
	text, err := json.MarshalIndent(s, "", "  ")
	Expect(err).NotTo(HaveOccurred())
	if path != mainSchema {
		own := reflect.TypeOf(v).Elem().Name()
		text = []byte(strings.ReplaceAll(string(text), `"$ref": "#/$defs/`, `"$ref": "../`+mainSchema+`#/$defs/`))
		text = []byte(strings.ReplaceAll(string(text), `"$ref": "../`+mainSchema+`#/$defs/`+own+`"`, `"$ref": "#/$defs/`+own+`"`))
	}
	return append(text, '\n')
}

// stepWithValue returns the schema of a step as a word and its value. The types of
// values become definitions.
func stepWithValue(r *jsonschema.Reflector, definitions jsonschema.Definitions, doc string) *jsonschema.Schema {
	step := &jsonschema.Schema{Type: "object", Description: doc, Properties: jsonschema.NewProperties(), AdditionalProperties: jsonschema.FalseSchema}
	for _, w := range scenarios.StepWords() {
		field := fieldOf(w).Type
		holder := reflect.StructOf([]reflect.StructField{{Name: "Value", Type: field, Tag: `json:"value,omitempty"`}})
		reflected := r.ReflectFromType(holder)
		p, ok := reflected.Properties.Get("value")
		Expect(ok).To(BeTrue(), w.Name)
		maps.Copy(definitions, reflected.Definitions)
		p.Description = w.Doc
		if field.Kind() == reflect.Int64 && field != reflect.TypeFor[scenarios.Duration]() {
			if w.Least != math.MinInt64 {
				p.Minimum = json.Number(fmt.Sprint(w.Least))
			}
			if w.Most != math.MaxInt64 {
				p.Maximum = json.Number(fmt.Sprint(w.Most))
			}
		}
		step.Properties.Set(w.Name, p)
	}
	return step
}

// orNameOfCase is s, where a value of the cases may stand too.
func orNameOfCase(s *jsonschema.Schema) *jsonschema.Schema {
	if s.Ref == "" && !slices.Contains([]string{"integer", "boolean", "array"}, s.Type) {
		return s
	}
	inner := *s
	inner.Description = ""
	return &jsonschema.Schema{Description: s.Description, AnyOf: []*jsonschema.Schema{&inner, {Type: "string", Pattern: nameOfCase}}}
}

// wordsAlone returns the steps that need no value. With one (close: true) they are valid, but no
// editor should offer them so.
func wordsAlone(step *jsonschema.Schema) *jsonschema.Schema {
	step.MinProperties, step.MaxProperties = new(uint64(1)), new(uint64(1))
	step.PatternProperties = map[string]*jsonschema.Schema{}
	var all []string
	meaning := map[string]string{}
	for _, w := range scenarios.StepWords() {
		if w.Value != nil {
			continue
		}
		name := w.Name
		p, _ := step.Properties.Delete(name)
		step.PatternProperties["^"+name+"$"] = p
		all = append(all, name)
		meaning[name] = p.Description
	}
	return oneOf(all, func(w string) string { return meaning[w] })
}

// offer says which values an editor offers for a word that takes others too.
func offer(of, name string, s *jsonschema.Schema) {
	var values []any
	value := func(label, meaning string, body any) {
		values = append(values, map[string]any{"label": label, "description": meaning, "body": body})
	}
	commands := func() {
		for _, c := range commandWords {
			value(c[0], c[1], c[0])
		}
	}
	switch of + "." + name {
	case "Rule.on":
		commands()
		for _, c := range eventWords {
			value(c[0], c[1], c[0])
		}
	case "Rule.as":
		commands()
	case "Expect.never", "Expect.received", "Expect.sequence", "Expect.only", "MTM.never":
		commands()
		s = s.AnyOf[0].Items
	case "Mail.file":
		for _, n := range fixtures.Names() {
			value(n+".eml", "One of the built-in messages.", n+".eml")
		}
	case "Scenario.quirk", "Profile.quirk":
		for n := 1; n <= scenarios.LastQuirk; n++ {
			q, err := scenarios.QuirkByNumber(n)
			Expect(err).NotTo(HaveOccurred())
			value(fmt.Sprintf("%d: %s", n, q.Title), "As seen in: "+strings.Join(q.Sources, "; "), n)
		}
	case "Scenario.profile":
		*s = jsonschema.Schema{Description: s.Description, AnyOf: []*jsonschema.Schema{oneOf(scenarios.Profiles(), titleOfProfile), {Type: "string", Pattern: nameOfCase}}}
		return
	case "Server.without":
		for _, w := range slices.Concat(commandWords, capabilityWords) {
			if !slices.Contains([]string{"USER", "PASS", "STAT", "LIST", "RETR", "DELE", "NOOP", "RSET", "QUIT"}, w[0]) {
				value(w[0], w[1], w[0])
			}
		}
		s = s.AnyOf[0].Items
	case "Server.mechanisms":
		for _, m := range fakeserver.Mechanisms() {
			value(m, "A mechanism of AUTH.", m)
		}
		s = s.AnyOf[0].Items
	}
	if values != nil {
		s.Extras = map[string]any{"defaultSnippets": values}
	}
}

func titleOfProfile(name string) string {
	p, err := scenarios.ProfileByName(name)
	Expect(err).NotTo(HaveOccurred())
	return p.Title
}

func wordsOf(verbs []fakeserver.Verb) [][2]string {
	var all [][2]string
	for _, v := range verbs {
		all = append(all, [2]string{v.Name, v.Doc})
	}
	return all
}

// The completions that editors offer for a command or an event of a rule.
var (
	commandWords = wordsOf(fakeserver.Verbs())
	eventWords   = [][2]string{
		{"CONNECT", "The greeting."},
		{"TLS", "The server's side of a handshake."},
		{"RESPONSE", "A line of the client inside an AUTH exchange."},
		{"TIMEOUT", "The end of the idle time."},
	}
	capabilityWords = [][2]string{
		{"PIPELINING", "Commands may be sent ahead."},
		{"RESP-CODES", "Words in brackets begin the text of some answers."},
	}
)

// kindsOfFiles are the schemas and the files that they are for.
var kindsOfFiles = []struct {
	schema, files string
	value         any
}{
	{"schema.json", "*.yaml", &scenarios.Scenario{}},
	{"quirks/schema.json", "quirks/*.yaml", &scenarios.Quirk{}},
	{"profiles/schema.json", "profiles/*/profile.yaml", &scenarios.Profile{}},
}

var _ = Describe("the schema", func() {
	for _, k := range kindsOfFiles {
		It("in "+k.schema+" is that of the Go types, and all files keep to it", func() {
			current(k.schema, schema(k.schema, k.value))
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

	for _, k := range kindsOfFiles {
		It("in "+k.schema+" says of each word, and of each value that an editor offers, what it means", func() {
			var read struct {
				Defs map[string]any `json:"$defs"`
			}
			text, err := os.ReadFile(k.schema)
			Expect(err).NotTo(HaveOccurred())
			Expect(json.Unmarshal(text, &read)).To(Succeed())
			Expect(read.Defs).To(HaveLen(map[bool]int{true: len(read.Defs), false: 1}[k.schema == mainSchema]))
			for name, d := range read.Defs {
				Expect(d).To(HaveKeyWithValue("description", Not(BeEmpty())), name)
				Expect(unexplained(name, d)).To(BeEmpty())
			}
		})
	}

	It("refuses what the loader refuses", func() {
		rules := compiled("schema.json")
		for _, lines := range []string{"rule: []", "rules: [{on: RETR, do: [silent]}]", "rules: [{on: RETR, do: [{ok: a, refuse: b}]}]",
			"rules: [{on: RETR, do: [{cut: {aftr: 1}}]}]", "rules: [{on: RETR, nth: 0, do: [close]}]", "server: {tls: start}", "rfc: [five]", "quirk: 9999"} {
			_, err := parse(lines)
			Expect(err).To(HaveOccurred(), lines)
			Expect(rules.Validate(plain([]byte("title: T\n"+lines)))).NotTo(Succeed(), lines)
		}
	})
})

// unexplained returns the words and values in a part of a schema that say nothing of themselves.
func unexplained(path string, part any) (all []string) {
	list, _ := part.([]any)
	for i, inner := range list {
		all = append(all, unexplained(fmt.Sprintf("%s[%d]", path, i), inner)...)
	}
	object, _ := part.(map[string]any)
	for key, inner := range object {
		all = append(all, unexplained(path+"."+key, inner)...)
		words, _ := inner.(map[string]any)
		for word, what := range words {
			if described, _ := what.(map[string]any); (key == "properties" || key == "patternProperties") && (described["description"] == nil || described["description"] == "") {
				all = append(all, path+"."+word)
			}
		}
	}
	values, _ := object["enum"].([]any)
	meanings, _ := object["enumDescriptions"].([]any)
	if len(values) != len(meanings) || slices.Contains(meanings, any("")) {
		all = append(all, path+".enum")
	}
	return all
}

func compiled(path string) *checker.Schema {
	rules, err := checker.NewCompiler().Compile(path)
	ExpectWithOffset(1, err).NotTo(HaveOccurred())
	return rules
}

// plain returns a file as an editor sees it.
func plain(text []byte) any {
	var read any
	ExpectWithOffset(1, yaml.Unmarshal(text, &read)).To(Succeed())
	asJSON, err := json.Marshal(read)
	ExpectWithOffset(1, err).NotTo(HaveOccurred())
	v, err := checker.UnmarshalJSON(strings.NewReader(string(asJSON)))
	ExpectWithOffset(1, err).NotTo(HaveOccurred())
	return v
}
