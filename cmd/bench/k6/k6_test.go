package main_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"pop3mtm/cmd/bench/internal/hosts"
)

// binary is the k6 of this module, built by TestMain.
var binary string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "k6-")
	if err != nil {
		panic(err)
	}
	binary = filepath.Join(dir, "k6")
	build := exec.Command("go", "build", "-o", binary, ".")
	if out, err := build.CombinedOutput(); err != nil {
		panic(string(out))
	}
	status := m.Run()
	_ = os.RemoveAll(dir) // below the system's directory for temporary files
	os.Exit(status)
}

// patience limits what a test waits for on a busy machine.
const patience = 2 * time.Minute

// result is what a run of k6 left.
type result struct {
	status int
	said   string // on both streams
	part   *hosts.Part
}

// runner is a directory in which scripts run.
type runner struct {
	*testing.T
	dir string
}

func newRunner(t *testing.T) *runner { return &runner{t, t.TempDir()} }

// command returns k6 run for a script, with settings NAME=VALUE and flags.
func (r *runner) command(script string, args ...string) *exec.Cmd {
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	r.Cleanup(cancel)
	all := []string{"run", "--no-color", "--no-usage-report", "--quiet", "--address", "", "--out", "hdr=" + r.file("part.json")}
	for _, a := range args {
		if name, _, ok := strings.Cut(a, "="); ok && !strings.HasPrefix(name, "-") {
			all = append(all, "-e")
		}
		all = append(all, a)
	}
	c := exec.CommandContext(ctx, binary, append(all, script)...)
	c.Env = append(os.Environ(), "HDR_HOST=here", "NO_COLOR=1")
	return c
}

func (r *runner) file(name string) string { return filepath.Join(r.dir, name) }

// script writes a script; BODY is that of its default function.
func (r *runner) script(body string) string {
	r.Helper()
	text := "import pop3 from 'k6/x/pop3';\nimport { check } from 'k6';\nexport default function () {\n" + body + "\n}\n"
	if strings.Contains(body, "export default") {
		text = body
	}
	if err := os.WriteFile(r.file("test.js"), []byte(text), 0o600); err != nil {
		r.Fatal(err)
	}
	return r.file("test.js")
}

// run runs the body of a script to its end.
func (r *runner) run(body string, args ...string) result {
	r.Helper()
	return r.finish(r.command(r.script(body), args...))
}

// finish runs a command to its end.
func (r *runner) finish(c *exec.Cmd) result {
	r.Helper()
	var said bytes.Buffer
	c.Stdout, c.Stderr = &said, &said
	err := c.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		r.Fatalf("%v\n%s", err, said.String())
	}
	return r.result(c, said.String())
}

func (r *runner) result(c *exec.Cmd, said string) result {
	r.Helper()
	part, err := hosts.ReadFile(r.file("part.json"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		r.Fatal(err)
	}
	return result{c.ProcessState.ExitCode(), said, part}
}

// passes runs a body that must pass its checks.
func (r *runner) passes(body string, args ...string) result {
	r.Helper()
	got := r.run(body, args...)
	if got.status != 0 || strings.Contains(got.said, "level=error") || got.part == nil || got.part.Failed > 0 || got.part.Iterations == 0 {
		r.Fatalf("status %d\n%s", got.status, got.said)
	}
	return got
}

// programs are the commands of the main module that tests have built.
var programs sync.Map

// program builds a command of the main module, once.
func program(t *testing.T, name string) string {
	t.Helper()
	path := filepath.Join(filepath.Dir(binary), name)
	build, _ := programs.LoadOrStore(name, sync.OnceValue(func() error {
		if out, err := exec.Command("go", "build", "-C", "../../..", "-o", path, "./cmd/"+name).CombinedOutput(); err != nil {
			return fmt.Errorf("%w: %s", err, out)
		}
		return nil
	}))
	if err := build.(func() error)(); err != nil {
		t.Fatal(err)
	}
	return path
}

func pop3sim(t *testing.T) string { t.Helper(); return program(t, "pop3sim") }
