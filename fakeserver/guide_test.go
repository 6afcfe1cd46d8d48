package fakeserver_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"net"
	"net/textproto"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/edit"
	"pop3mtm/fakeserver/maildrop"
)

// fetchAndDelete stands for the client that is tested: it fetches message 1, and deletes it when it
// has all of it.
func fetchAndDelete(addr string) error {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return err
	}
	c := textproto.NewConn(conn)
	defer func() { _ = c.Close() }()
	for _, command := range []string{"", "USER demo", "PASS demo", "RETR 1"} {
		if command != "" {
			if err := c.PrintfLine("%s", command); err != nil {
				return err
			}
		}
		if _, err := c.ReadLine(); err != nil {
			return err
		}
	}
	if _, err := c.ReadDotBytes(); err != nil {
		return err
	}
	for _, command := range []string{"DELE 1", "QUIT"} {
		if err := c.PrintfLine("%s", command); err != nil {
			return err
		}
		if _, err := c.ReadLine(); err != nil {
			return err
		}
	}
	return nil
}

func TestAClientDeletesNothingThatItHasNot(t *testing.T) {
	mail := maildrop.Bytes("a1", []byte("Subject: one\r\n\r\nHello.\r\n"))
	srv := fakeserver.Start(t, fakeserver.NewMaildrop(mail), &fakeserver.Options{Strict: true})
	srv.On(fakeserver.Match{Verb: "RETR", Args: "1"},
		fakeserver.Auto.With(edit.CutAfter(30, edit.Close))).Once().Must()

	if err := fetchAndDelete(srv.Addr()); err == nil {
		t.Error("a message that is cut was taken for a whole one")
	}
	g := NewWithT(t)
	g.Expect(srv).NotTo(fakeserver.HaveReceived("DELE"))
	g.Expect(srv).To(fakeserver.HaveKept("a1"))

	g.Expect(fetchAndDelete(srv.Addr())).To(Succeed())
	g.Expect(srv).To(fakeserver.HaveReceived("DELE 1").InSession(2).Times(1))
	g.Expect(srv.WaitFor(t.Context(), fakeserver.Ended(2))).To(Succeed())
	g.Expect(srv).To(fakeserver.HaveKept())
}

func TestAClientIsTheSameWhateverThePacketsAre(t *testing.T) {
	for _, fragment := range fakeserver.Fragments() {
		t.Run(fragment.String(), func(t *testing.T) {
			drop := fakeserver.NewMaildrop(maildrop.Bytes("a1", []byte("Subject: one\r\n\r\n.\r\n")))
			srv := fakeserver.Start(t, drop, &fakeserver.Options{Fragment: fragment})
			NewWithT(t).Expect(fetchAndDelete(srv.Addr())).To(Succeed())
		})
	}
}

func TestUsersShareAServer(t *testing.T) {
	srv := fakeserver.Start(t, nil, &fakeserver.Options{Users: map[string]fakeserver.User{}})
	drop := fakeserver.NewMaildrop(maildrop.Bytes("a1", []byte("Subject: one\r\n\r\n")))
	srv.SetUser(t.Name(), fakeserver.User{Password: "secret", Maildrop: drop})
	srv.On(fakeserver.Match{Verb: "DELE", User: t.Name()}, fakeserver.Auto.With(edit.Refuse("not here")))
	NewWithT(t).Expect(srv.Users()).To(ContainElement(t.Name()))
}

var goBlock = regexp.MustCompile("(?s)```go\n(.*?)```")

var _ = Describe("docs/fakeserver.md", func() {
	// plain is code without indentation and blank lines, so that a part of a function can stand
	// alone.
	plain := func(code string) string {
		var lines []string
		for line := range strings.Lines(code) {
			if l := strings.TrimSpace(line); l != "" {
				lines = append(lines, l)
			}
		}
		return strings.Join(lines, "\n")
	}

	It("shows only code that is run here, as an example or a test", func() {
		var run strings.Builder
		for _, name := range []string{"example_test.go", "guide_test.go"} {
			code, err := os.ReadFile(name)
			Expect(err).NotTo(HaveOccurred())
			run.WriteString(plain(string(code)) + "\n")
		}
		guide, err := os.ReadFile(filepath.Join("..", "docs", "fakeserver.md"))
		Expect(err).NotTo(HaveOccurred())
		blocks := goBlock.FindAllStringSubmatch(string(guide), -1)
		Expect(len(blocks)).To(BeNumerically(">", 5))
		for _, b := range blocks {
			Expect(run.String()).To(ContainSubstring(plain(b[1])))
		}
	})

	It("names every edit, view, change and deletion", func() {
		guide, err := os.ReadFile(filepath.Join("..", "docs", "fakeserver.md"))
		Expect(err).NotTo(HaveOccurred())
		for kind, folder := range map[string]string{"Edit": "edit", "View": ".", "Change": ".", "Condition": "."} {
			for _, name := range makers(folder, kind) {
				Expect(string(guide)).To(ContainSubstring("`"+name+"`"), "a function that makes a %s", kind)
			}
		}
	})
})

// makers returns the exported functions of the package in a folder that make a value of a type,
// sorted.
func makers(folder, kind string) []string {
	GinkgoHelper()
	files, err := filepath.Glob(filepath.Join(folder, "*.go"))
	Expect(err).NotTo(HaveOccurred())
	var made []string
	for _, name := range files {
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		Expect(err).NotTo(HaveOccurred())
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Recv != nil || !fn.Name.IsExported() || fn.Type.Results == nil {
				continue
			}
			if id, ok := fn.Type.Results.List[0].Type.(*ast.Ident); ok && id.Name == kind {
				made = append(made, fn.Name.Name)
			}
		}
	}
	slices.Sort(made)
	return made
}
