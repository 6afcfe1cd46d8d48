package features

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// shown is what scenarios and specs show: their names as docs/behaviour.md writes
// them, and the sections that they are marked with.
type shown struct {
	names    map[string]bool
	sections map[string]int
}

var _ = Describe("docs/behaviour.md", func() {
	var all shown
	BeforeEach(func() {
		all = shown{names: make(map[string]bool), sections: make(map[string]int)}
		all.scenarios()
		all.specs(filepath.Join("..", "mtm"))
		all.specs(filepath.Join("..", "cmd", "autosend"))
	})
	page := func() string {
		GinkgoHelper()
		text, err := os.ReadFile(filepath.Join("..", "docs", "behaviour.md"))
		Expect(err).NotTo(HaveOccurred())
		return strings.ReplaceAll(string(text), "\r\n", "\n")
	}

	It("names scenarios and specs that exist, at least one for each fact", func() {
		var missing []string
		for row := range strings.Lines(page()) {
			if !strings.HasPrefix(row, "| ") || strings.HasPrefix(row, "| fact") {
				continue
			}
			cells := strings.Split(row, "|")
			names := regexp.MustCompile("`([^`]*)`").FindAllStringSubmatch(cells[2], -1)
			Expect(names).NotTo(BeEmpty(), row)
			for _, name := range names {
				if !all.names[name[1]] {
					missing = append(missing, name[1])
				}
			}
		}
		Expect(missing).To(BeEmpty(), "scenarios or specs of other names?")
	})

	It("has each section that scenarios and specs are marked with, and no other", func() {
		var sections []string
		for _, heading := range regexp.MustCompile(`(?m)^## (\d+) `).FindAllStringSubmatch(page(), -1) {
			sections = append(sections, heading[1])
		}
		Expect(sections).To(Equal([]string{"0", "1", "2", "3", "4", "5", "6", "7", "9", "10", "11", "12", "13", "14", "15"}))
		Expect(slices.Sorted(maps.Keys(all.sections))).To(Equal(slices.Sorted(slices.Values(sections))))
	})
})

// scenarios reads the built-in suites.
func (s *shown) scenarios() {
	GinkgoHelper()
	files, err := fs.Glob(builtin, "*.feature")
	Expect(err).NotTo(HaveOccurred())
	for _, file := range files {
		text, err := fs.ReadFile(builtin, file)
		Expect(err).NotTo(HaveOccurred())
		for line := range strings.Lines(string(text)) {
			line = strings.TrimSpace(line)
			if title := regexp.MustCompile(`^Scenario(?: Outline)?: (.*)$`).FindStringSubmatch(line); title != nil {
				s.names[file+": "+title[1]] = true
			}
			if strings.HasPrefix(line, "@") {
				for _, tag := range regexp.MustCompile(`@behaviour-(\d+)`).FindAllStringSubmatch(line, -1) {
					s.sections[tag[1]]++
				}
			}
		}
	}
}

// specs reads the texts of specs below a folder.
func (s *shown) specs(folder string) {
	GinkgoHelper()
	err := filepath.WalkDir(folder, func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		file := strings.TrimPrefix(filepath.ToSlash(path), "../")
		ast.Inspect(parsed, func(n ast.Node) bool {
			if text := specText(n); text != "" {
				s.names[file+": "+text] = true
				s.mark(text)
			}
			return true
		})
		return nil
	})
	Expect(err).NotTo(HaveOccurred())
}

// mark counts the sections in "(behaviour section 4, ...)" or "(behaviour sections 5 and 6)".
func (s *shown) mark(text string) {
	marked := regexp.MustCompile(`behaviour sections? (\d+)((?:(?:, | and )\d+)*)`).FindStringSubmatch(text)
	if marked == nil {
		return
	}
	for _, section := range regexp.MustCompile(`\d+`).FindAllString(marked[1]+marked[2], -1) {
		s.sections[section]++
	}
}

// specText returns the text of a container, spec or test, or "".
func specText(n ast.Node) string {
	switch n := n.(type) {
	case *ast.FuncDecl:
		if strings.HasPrefix(n.Name.Name, "Test") {
			return n.Name.Name
		}
	case *ast.CallExpr:
		name, ok := n.Fun.(*ast.Ident)
		if !ok || len(n.Args) == 0 || !slices.Contains([]string{"Describe", "Context", "DescribeTable", "It", "Entry"}, name.Name) {
			return ""
		}
		if text, ok := n.Args[0].(*ast.BasicLit); ok && text.Kind == token.STRING {
			unquoted, err := strconv.Unquote(text.Value)
			Expect(err).NotTo(HaveOccurred(), fmt.Sprint(text.Value))
			return unquoted
		}
	}
	return ""
}
