package pop3mtm_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"pop3mtm/internal/need"
)

// TestTheExamplesInOtherLanguagesWork runs examples/ with the programs of each language,
// as somebody runs a copy of them. A program that is not installed skips its example,
// except where CI is true.
func TestTheExamplesInOtherLanguagesWork(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the examples are written for Unix")
	}
	bin := buildCommands(t)
	for _, e := range []struct {
		name, folder string
		needs        []string
		script       string
		mayLack      bool // a machine of CI need not have it
	}{
		{"Python", "python", []string{"python3"}, `
			python=python3
			$python -c 'import pytest' 2>/dev/null || python=/usr/bin/python3
			$python -c 'import pytest' 2>/dev/null || { echo "pytest is not installed" >&2; exit 77; }
			$python -m pytest -q -p no:cacheprovider .`, false},
		{"Node", "node", []string{"node"}, "node --test", false},
		{"Shell", "shell", []string{"curl"}, "sh fetch.sh", false},
		{"Java", "java", []string{"java", "javac"}, `
			pop3sim serve --pop3 127.0.0.1:0 --http 127.0.0.1:0 --ready-file ready.json --quiet --exit-with-parent &
			java Fetch.java http://$(pop3sim ready --wait 1m --ready-file ready.json --show http)/api/v1`, true},
	} {
		t.Run(e.name, func(t *testing.T) {
			for _, program := range e.needs {
				if _, err := exec.LookPath(program); e.mayLack && err != nil {
					t.Skip(err)
				}
				need.Program(t, program)
			}
			dir := filepath.Join(t.TempDir(), "example")
			if err := os.CopyFS(dir, os.DirFS(filepath.Join("examples", e.folder))); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
			defer cancel()
			cmd := exec.CommandContext(ctx, "sh", "-c", "set -e\n"+e.script)
			cmd.Dir = dir
			cmd.Env = append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"), "PYTHONDONTWRITEBYTECODE=1")
			out, err := cmd.CombinedOutput()
			if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.ExitCode() == 77 {
				need.Missing(t, errors.New(strings.TrimSpace(string(out))))
			}
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			t.Logf("%s", out)
		})
	}
}

var shownFile = regexp.MustCompile("(?m)^`(examples/[^`]+)`:\n\n```[a-z]+\n")

// TestTheDocumentsShowTheExamplesAsTheyAre compares the code after a line
// `examples/FILE`: with the file.
func TestTheDocumentsShowTheExamplesAsTheyAre(t *testing.T) {
	shown := 0
	for _, file := range documents(t) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, at := range shownFile.FindAllSubmatchIndex(text, -1) {
			shown++
			name := string(text[at[2]:at[3]])
			want, err := os.ReadFile(name)
			if err != nil {
				t.Errorf("%s: %v", file, err)
				continue
			}
			block, _, _ := bytes.Cut(text[at[1]:], []byte("```\n"))
			if !bytes.Equal(block, want) {
				t.Errorf("%s shows %s other than it is", file, name)
			}
		}
	}
	if shown == 0 {
		t.Error("no document shows an example: the form of what this test looks for has changed")
	}
}
