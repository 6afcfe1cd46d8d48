package pop3mtm_test

import (
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// mtm/doc.go shows the commands for a module of one's own, and then a first test in it.
func TestTheFirstTestInThePackageDocumentationWorks(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the commands are written for a Unix shell")
	}
	commands, test := firstTest(t)
	shell := newShell(t, "")
	mine := filepath.Join(shell.dir, "mine")
	err := os.Mkdir(mine, 0o700)
	if err == nil {
		err = os.WriteFile(filepath.Join(mine, "first_test.go"), []byte(test), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	script := "set -e\ncd mine\ngo mod init example.org/mine\n" + commands + "\ngo test ."
	if text := shell.run(t.Context(), example{command: script}); text != "" {
		t.Error(text)
	}
}

// firstTest returns the commands and the test that mtm/doc.go shows.
func firstTest(t *testing.T) (commands, test string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join("mtm", "doc.go"), nil, parser.ParseComments|parser.PackageClauseOnly)
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ := strings.Cut(file.Doc.Text(), "# In a module of your own\n")
	text, _, _ = strings.Cut(text, "\n# ")
	var code strings.Builder
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "\t") || line == "\n" {
			code.WriteString(strings.TrimPrefix(line, "\t"))
		}
	}
	const begin = "package mine\n"
	commands, test, found := strings.Cut(code.String(), begin)
	if !found {
		t.Fatal("mtm/doc.go shows no test of package mine")
	}
	return commands, begin + test
}
