package mtm_test

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/mtm/symbian"
)

var update = flag.Bool("update", false, "rewrite docs/errors.md")

var _ = Describe("The table of errors", func() {
	It("explains each error constant of package mtm once, by falling number", func() {
		file, err := parser.ParseFile(token.NewFileSet(), "errors.go", nil, 0)
		Expect(err).NotTo(HaveOccurred())
		var names []string
		ast.Inspect(file, func(n ast.Node) bool {
			if spec, ok := n.(*ast.ValueSpec); ok {
				for _, name := range spec.Names {
					if strings.HasPrefix(name.Name, "Err") {
						names = append(names, name.Name)
					}
				}
			}
			return true
		})
		var explained []string
		last := 0
		for _, e := range symbian.Errors() {
			explained = append(explained, e.Name)
			Expect(int(e.Code)).To(BeNumerically("<", last), e.Name)
			last = int(e.Code)
			Expect(e.When).NotTo(BeEmpty())
			Expect(e.Do).NotTo(BeEmpty())
		}
		Expect(explained).To(ConsistOf(names))
	})

	It("is what docs/errors.md says (go test ./mtm -update rewrites it)", func() {
		var b strings.Builder
		b.WriteString("# Errors\n\n")
		b.WriteString("Every error of an operation is an `*mtm.Error`. It has the command, the step, the cause, and one of these numbers, which are\n")
		b.WriteString("those of the original. In Go, test for one with `errors.Is(err, mtm.ErrBusy)`; `mtm.Code(err)` returns the number. `mtm --json`\n")
		b.WriteString("prints it as `code`. This page is made from `symbian.Errors`.\n\n")
		b.WriteString("| Number | Name | Says | When | What to do |\n|---|---|---|---|---|\n")
		for _, e := range symbian.Errors() {
			fmt.Fprintf(&b, "| %d | `%s` | %s | %s | %s |\n", int(e.Code), e.Name, e.Code.Error(), e.When, e.Do)
		}
		const page = "../docs/errors.md"
		if *update {
			Expect(os.WriteFile(page, []byte(b.String()), 0o644)).To(Succeed())
		}
		written, err := os.ReadFile(page)
		Expect(err).NotTo(HaveOccurred())
		Expect(string(written)).To(Equal(b.String()))
	})
})
