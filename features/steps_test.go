package features

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"reflect"
	"regexp"
	"runtime"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var update = flag.Bool("update", false, "rewrite STEPS.md")

var _ = Describe("The table of steps", func() {
	table := new(world).steps()
	BeforeEach(func() {
		if *update && CurrentSpecReport().LeafNodeText != "is written down in STEPS.md" {
			Skip("-update only writes STEPS.md")
		}
	})

	It("has an example for each step that only this step matches", func() {
		for _, s := range table {
			var matching []string
			for _, other := range table {
				if other.expression().MatchString(firstLine(s.example)) {
					matching = append(matching, other.pattern)
				}
			}
			Expect(matching).To(Equal([]string{s.pattern}), s.example)
		}
	})

	It("gives each step as many values as it takes", func() {
		for _, s := range table {
			takes := reflect.TypeOf(s.run)
			values := takes.NumIn()
			if values > 0 && takes.In(0).Kind() == reflect.Interface { // the context
				values--
			}
			if strings.HasSuffix(s.pattern, ":") { // a table
				values--
			}
			Expect(s.expression().NumSubexp()).To(Equal(values), s.pattern)
		}
	})

	It("is written down in STEPS.md", func() {
		if *update {
			Expect(os.WriteFile("STEPS.md", []byte(stepsFile()), 0o644)).To(Succeed())
		}
		written, err := os.ReadFile("STEPS.md")
		Expect(err).NotTo(HaveOccurred())
		Expect(strings.ReplaceAll(string(written), "\r\n", "\n")).To(Equal(stepsFile()), "run: go test ./features -update")
	})

	It("stays small: at most 66 patterns, and at most 12 lines for each", func() {
		Expect(len(table)).To(BeNumerically("<=", 66))
		lengths := functionLengths("server.go", "play.go", "mail.go", "store.go", "outbox.go", "sending.go")
		for _, s := range table {
			name := runtime.FuncForPC(reflect.ValueOf(s.run).Pointer()).Name()
			name = strings.TrimSuffix(name[strings.LastIndexByte(name, '.')+1:], "-fm")
			Expect(lengths).To(HaveKeyWithValue(name, BeNumerically("<=", 12)), s.pattern)
		}
	})

	It("tells no scenario in the words of the wire", func() {
		files, err := fs.Glob(builtin, "*.feature")
		Expect(err).NotTo(HaveOccurred())
		wire := regexp.MustCompile(`\b(USER|PASS|APOP|AUTH|STAT|LIST|UIDL|TOP|RETR|DELE|RSET|NOOP|QUIT|CAPA|STLS|[Bb]ytes?|[Oo]ctets?)\b`)
		for _, file := range files {
			text, err := fs.ReadFile(builtin, file)
			Expect(err).NotTo(HaveOccurred())
			_, scenarios, _ := strings.Cut(string(text), "Scenario") // prose stands before the first one
			Expect(wire.FindAllString(scenarios, -1)).To(BeEmpty(), file)
		}
	})
})

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}

// functionLengths returns the lines of each function's body, by name.
func functionLengths(files ...string) map[string]int {
	GinkgoHelper()
	lengths := make(map[string]int)
	set := token.NewFileSet()
	for _, file := range files {
		parsed, err := parser.ParseFile(set, file, nil, 0)
		Expect(err).NotTo(HaveOccurred())
		for _, d := range parsed.Decls {
			if f, ok := d.(*ast.FuncDecl); ok {
				lengths[f.Name.Name] = set.Position(f.Body.Rbrace).Line - set.Position(f.Body.Lbrace).Line - 1
			}
		}
	}
	return lengths
}

// stepsFile returns the reference of all steps in Markdown, STEPS.md.
func stepsFile() string {
	var text strings.Builder
	text.WriteString(stepsHead)
	for _, p := range placeholders() {
		fmt.Fprintf(&text, "- `%s` - %s\n", p.name, p.about)
	}
	w := new(world)
	for _, g := range w.groups() {
		fmt.Fprintf(&text, "\n## %s\n", g.title)
		for _, s := range g.steps {
			example := strings.ReplaceAll(s.example, "\n", "\n      ")
			fmt.Fprintf(&text, "\n**%s** - %s\n\n    %s\n", s.pattern, s.about, example)
		}
	}
	return text.String()
}

const stepsHead = `# Steps

Every line that a scenario may have, with an example each. The table in server.go,
mail.go, store.go, outbox.go and sending.go is the source; ` + "`go test ./features -update`" + ` writes this file.

A scenario starts with an empty mailbox on a server of its own, an empty message
store, and the account demo with the right password. After its last line the harness
checks that every fault happened, that no connection, file or goroutine is left
behind, and that the store is intact. Each copy must be complete, exist once, and equal
the server's message byte for byte; each message that was written must be valid; and an
entry of the account must have the beginning of its message, or the whole message.

In the steps "the line" means the connection, "a goodbye" means QUIT, and the name of a message
is its unique-id. Words in braces stand for values; ` + "`(s)`" + ` may be left out:

`
