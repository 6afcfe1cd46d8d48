package mail_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/internal/need"
	"pop3mtm/mtm/mail"
)

// reading is what a reader makes of a message. A field may be a text in place of a list when the
// reader fails.
type reading map[string]any

var _ = Describe("Beside Python's email package", func() {
	It("differs only as testdata/python.txt says", func() {
		need.Program(GinkgoTB(), "python3")
		corpora := mails()
		theirs := pythonReads(corpora)
		var got []string
		for i, c := range corpora {
			raw, err := os.ReadFile(c.path)
			Expect(err).NotTo(HaveOccurred())
			ours := weRead(raw)
			for _, field := range []string{"subject", "from", "to", "date", "text", "files"} {
				a, b := comparable(ours[field]), comparable(theirs[i][field])
				if a != b {
					got = append(got, c.name+" "+field)
					if os.Getenv("SHOW") != "" {
						fmt.Printf("%s %s\n   ours   %s\n   python %s\n", c.name, field, a, b)
					}
				}
			}
		}
		Expect(got).To(ConsistOf(known()))
	})
})

// corpus is a message of a collection: its name there, and its file.
type corpus struct{ name, path string }

// mails returns the messages of all collections: those of enmime and go-message, and ours.
func mails() []corpus {
	GinkgoHelper()
	list := files("enmime", moduleDir("github.com/jhillyerd/enmime/v2"), ".raw")
	list = append(list, goMessages(moduleDir("github.com/emersion/go-message"))...)
	list = append(list, files("fixtures", "../../fixtures/mail", ".eml")...)
	return append(list, files("odd", "testdata/odd", ".eml")...)
}

func moduleDir(module string) string {
	GinkgoHelper()
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", module).Output()
	Expect(err).NotTo(HaveOccurred())
	return strings.TrimSpace(string(dir))
}

func files(name, dir, ext string) []corpus {
	GinkgoHelper()
	var list []corpus
	Expect(filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && filepath.Ext(path) == ext {
			list = append(list, corpus{name + "/" + filepath.Base(filepath.Dir(path)) + "/" + d.Name(), path})
		}
		return err
	})).To(Succeed())
	Expect(list).NotTo(BeEmpty())
	return list
}

// goMessages writes the messages that stand as constants in the tests of a module to files.
func goMessages(dir string) []corpus {
	GinkgoHelper()
	var list []corpus
	target := GinkgoT().TempDir()
	for _, file := range files("go-message", dir, ".go") {
		parsed, err := parser.ParseFile(token.NewFileSet(), file.path, nil, 0)
		Expect(err).NotTo(HaveOccurred())
		constants := map[string]string{}
		ast.Inspect(parsed, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || len(spec.Names) != 1 || len(spec.Values) != 1 {
				return true
			}
			name := spec.Names[0].Name
			text, ok := constantText(spec.Values[0], constants)
			if !ok {
				return true
			}
			constants[name] = text
			if strings.Contains(text, ": ") && strings.Contains(text, "\r\n\r\n") {
				path := filepath.Join(target, name)
				Expect(os.WriteFile(path, []byte(text), 0o600)).To(Succeed())
				list = append(list, corpus{"go-message/" + name, path})
			}
			return true
		})
	}
	Expect(list).NotTo(BeEmpty())
	return list
}

// constantText evaluates a string constant of Go.
func constantText(e ast.Expr, known map[string]string) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		if e.Kind != token.STRING {
			return "", false
		}
		return constant.StringVal(constant.MakeFromLiteral(e.Value, e.Kind, 0)), true
	case *ast.BinaryExpr:
		x, okX := constantText(e.X, known)
		y, okY := constantText(e.Y, known)
		return x + y, okX && okY && e.Op == token.ADD
	case *ast.Ident:
		text, ok := known[e.Name]
		return text, ok
	}
	return "", false
}

func pythonReads(list []corpus) []reading {
	GinkgoHelper()
	python := exec.Command("python3", "testdata/reader.py")
	var paths strings.Builder
	for _, c := range list {
		fmt.Fprintln(&paths, c.path)
	}
	python.Stdin, python.Stderr = strings.NewReader(paths.String()), GinkgoWriter
	out, err := python.Output()
	Expect(err).NotTo(HaveOccurred())
	var all []reading
	for d := json.NewDecoder(bytes.NewReader(out)); d.More(); {
		var r reading
		Expect(d.Decode(&r)).To(Succeed())
		all = append(all, r)
	}
	Expect(all).To(HaveLen(len(list)))
	return all
}

// weRead reads a message as Python's get_body, walk and headers do.
func weRead(raw []byte) reading {
	GinkgoHelper()
	m := read(string(raw))
	r := reading{"subject": m.Header.Text("Subject"), "text": "", "files": [][]any{}, "date": ""}
	for _, name := range []string{"from", "to"} {
		all := []string{}
		for _, a := range m.Header.Addresses(name) {
			all = append(all, a.Address)
		}
		r[name] = all
	}
	if t, ok := mail.ParseDate([]byte(m.Header.Value("Date"))); ok {
		r["date"] = t.Format(time.RFC3339)
	}
	texts, err := m.Texts(m.view)
	Expect(err).NotTo(HaveOccurred())
	for _, t := range texts {
		if t.Part.MediaType == "text/plain" {
			r["text"] = m.text(t.Part)
			break
		}
	}
	list := [][]any{}
	for _, p := range m.Leaves() {
		if (p.Disposition == "attachment" || p.Filename != "") && !p.IsMessage() {
			list = append(list, []any{p.Filename, p.Size})
		}
	}
	r["files"] = list
	return r
}

// comparable returns a field without differences that nobody sees: line ends, blanks at the ends.
func comparable(v any) string {
	if text, ok := v.(string); ok {
		text = strings.ReplaceAll(text, "\r\n", "\n")
		var lines []string
		for line := range strings.SplitSeq(text, "\n") {
			lines = append(lines, strings.Join(strings.Fields(line), " "))
		}
		v = strings.TrimSpace(strings.Join(lines, "\n"))
	}
	out, err := json.Marshal(v)
	Expect(err).NotTo(HaveOccurred())
	return string(out)
}

// known reads testdata/python.txt: a message, a field, and behind a # the reason.
func known() []string {
	GinkgoHelper()
	f, err := os.Open("testdata/python.txt")
	Expect(err).NotTo(HaveOccurred())
	defer f.Close()
	var list []string
	for s := bufio.NewScanner(f); s.Scan(); {
		difference, reason, _ := strings.Cut(s.Text(), "#")
		if strings.TrimSpace(difference) == "" {
			continue
		}
		Expect(strings.TrimSpace(reason)).NotTo(BeEmpty(), s.Text())
		list = append(list, strings.TrimSpace(difference))
	}
	slices.Sort(list)
	return list
}
