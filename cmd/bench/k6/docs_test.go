package main_test

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"pop3mtm/fakeserver"
)

// scale is the page whose commands need k6, so that the main module's tests cannot run them.
const scale = "../../../docs/scale.md"

func page(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(scale)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestTheFirstScriptOfTheDocumentWorks(t *testing.T) {
	_, after, found := strings.Cut(page(t), "`first.js`:\n\n```js\n")
	script, _, ended := strings.Cut(after, "```\n")
	if !found || !ended {
		t.Fatal("docs/scale.md has no first.js")
	}
	drop := fakeserver.PerSession(source(t, "1000,size=2KiB,seed=7"))
	srv := fakeserver.Start(t, nil, &fakeserver.Options{Users: map[string]fakeserver.User{}, Unlisted: func(string) (fakeserver.User, bool) {
		return fakeserver.User{Password: "secret", Maildrop: drop}, true
	}})
	got := newRunner(t).passes(script, "POP3="+srv.Addr(), "--vus", "2", "--duration", "1s")
	if got.part.Messages < 2000 {
		t.Errorf("%+v", got.part)
	}
}

// TestTheBenchCommandsOfTheDocumentWork runs them with little work; those that need a server of
// the reader's, or a script of theirs, only have their flags checked.
func TestTheBenchCommandsOfTheDocumentWork(t *testing.T) {
	bench := program(t, "bench")
	lines := regexp.MustCompile(`(?m)^bench k6 .*$`).FindAllString(page(t), -1)
	if len(lines) < 4 {
		t.Fatal(lines)
	}
	smaller := strings.NewReplacer("bin/k6", binary, "'", "", "--duration 1m", "", "--users 50", "--users 3", "--users 200", "--users 5", "--rate 500", "--rate 20",
		"--messages 1000000", "--messages 200", "--html ", "--html "+t.TempDir()+"/")
	for _, line := range lines {
		args := strings.Fields(smaller.Replace(line))[1:]
		if strings.Contains(line, "my.js") || strings.Contains(line, "--merge") {
			if out, err := exec.CommandContext(t.Context(), bench, append(args, "--help")...).CombinedOutput(); err != nil {
				t.Errorf("%s: %v\n%s", line, err, out)
			}
			continue
		}
		if !strings.Contains(line, "large_mailbox") {
			args = append(args, "--duration", "1s")
		}
		if out, err := exec.CommandContext(t.Context(), bench, args...).CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", line, err, out)
		}
	}
}
