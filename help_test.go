package pop3mtm_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// noDefault is a default that says nothing, in a help text or where a man page has the value.
var noDefault = regexp.MustCompile(`\(default (0|\[\]|"")?\)|\\fB--[a-z0-9-]+\\fP=(0\w?|""|\\?\[\\?\])?\n`)

func TestNoHelpAndNoManPageShowsADefaultThatSaysNothing(t *testing.T) {
	for _, wrong := range []string{"only GLOB (default 0)\n", "\\fB--only\\fP=0\n", "\\fB--rtt\\fP=0s\n", "\\fB--out\\fP=\"\"\n", "\\fB--to\\fP=\n"} {
		if !noDefault.MatchString(wrong) {
			t.Errorf("%q is not found", wrong)
		}
	}
	bin := buildCommands(t)
	for _, program := range []string{"bench", "mtm", "pop3sim"} {
		t.Run(program, func(t *testing.T) {
			t.Parallel()
			path, man := filepath.Join(bin, program), t.TempDir()
			if runtime.GOOS == "windows" {
				path += ".exe"
			}
			if out, err := exec.CommandContext(t.Context(), path, "__man", man).CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			pages, err := os.ReadDir(man)
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range pages {
				text, err := os.ReadFile(filepath.Join(man, p.Name()))
				if found := noDefault.FindString(string(text)); err != nil || found != "" {
					t.Errorf("%s: %v, %q", p.Name(), err, found)
				}
			}
			if helps := helpsOf(t, path); helps != len(pages) {
				t.Errorf("%d help texts, but %d man pages", helps, len(pages))
			}
		})
	}
}

// helpsOf looks at the help of a command and of all below it, and returns how many there are.
func helpsOf(t *testing.T, command ...string) int {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), command[0], append(command[1:len(command):len(command)], "--help")...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%q: %v\n%s", command, err, out)
	}
	if found := noDefault.FindString(string(out)); found != "" {
		t.Errorf("the help of %q has %q", command[1:], found)
	}
	_, list, _ := strings.Cut(string(out), "Available Commands:\n")
	list, _, _ = strings.Cut(list, "\n\n")
	total := 1
	for line := range strings.Lines(list) {
		if name := strings.Fields(line)[0]; name != "help" && name != "completion" {
			total += helpsOf(t, append(slices.Clip(command), name)...)
		}
	}
	return total
}
