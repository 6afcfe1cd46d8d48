package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// names returns what is in a directory.
func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}

func put(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

func content(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestAFailedReleaseLeavesTheEarlierOneAsItWas(t *testing.T) {
	parent := t.TempDir()
	out := filepath.Join(parent, "dist")
	put(t, filepath.Join(out, sums), "earlier")
	failed := errors.New("the disk is full")
	err := staged(out, func(dir, work string) error {
		put(t, filepath.Join(dir, "half"), "made")
		put(t, filepath.Join(work, "object"), "file")
		return failed
	})
	if !errors.Is(err, failed) {
		t.Errorf("the error is %v", err)
	}
	if got := names(t, parent); len(got) != 1 || content(t, filepath.Join(out, sums)) != "earlier" {
		t.Errorf("left: %v", got)
	}
}

func TestANewReleaseReplacesTheEarlierOne(t *testing.T) {
	parent := t.TempDir()
	out := filepath.Join(parent, "dist")
	for _, version := range []string{"1", "2"} {
		err := staged(out, func(dir, _ string) error {
			put(t, filepath.Join(dir, sums), "sum of "+version)
			put(t, filepath.Join(dir, "only-in-"+version), version)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if got := strings.Join(names(t, out), " "); got != sums+" only-in-2" {
		t.Errorf("the release has %s", got)
	}
	if got := names(t, parent); len(got) != 1 {
		t.Errorf("left beside it: %v", got)
	}
}

func TestADirectoryThatIsNotAReleaseIsKept(t *testing.T) {
	out := t.TempDir()
	put(t, filepath.Join(out, "thesis.txt"), "mine")
	never := func(string, string) error { t.Error("it was built"); return nil }
	if err := staged(out, never); err == nil || !strings.Contains(err.Error(), "not an earlier release") {
		t.Errorf("the error is %v", err)
	}
	file := filepath.Join(out, "thesis.txt")
	if err := staged(file, never); err == nil {
		t.Error("a file is taken for a directory")
	}
	if err := staged(filepath.Join(out, "no", "such", "dist"), never); err == nil || !strings.Contains(err.Error(), "cannot write beside it") {
		t.Errorf("the error is %v", err)
	}
	if content(t, file) != "mine" {
		t.Error("the file has changed")
	}
}

func TestADirectoryThatCannotBeWrittenIsRefusedBeforeAnythingIsBuilt(t *testing.T) {
	never := func(string, string) error { t.Error("it was built"); return nil }
	t.Run("below a file", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "file")
		put(t, file, "mine")
		if err := staged(filepath.Join(file, "dist"), never); err == nil || content(t, file) != "mine" {
			t.Errorf("the error is %v", err)
		}
	})
	t.Run("below a directory without write permission", func(t *testing.T) {
		if os.Getuid() == 0 {
			t.Skip("root may write everywhere")
		}
		parent := t.TempDir()
		if err := os.Chmod(parent, 0o500); err != nil {
			t.Fatal(err)
		}
		if err := staged(filepath.Join(parent, "dist"), never); err == nil || !strings.Contains(err.Error(), "cannot write beside it") {
			t.Errorf("the error is %v", err)
		}
	})
}

func TestWrongUsageIsRefusedBeforeAnythingIsBuilt(t *testing.T) {
	for want, args := range map[string][]string{
		"--out is missing":      {},
		"unexpected argument":   {"--out", "dist", "more"},
		"is not a version":      {"--out", "dist", "--version", "latest"},
		`"plan9/amd64" is not`:  {"--out", "dist", "--targets", "linux/amd64,plan9/amd64"},
		"flag provided but not": {"--output", "dist"},
	} {
		var said bytes.Buffer
		if status := run(t.Context(), args, &said); status != 2 || !strings.Contains(said.String(), want) {
			t.Errorf("%q: status %d: %s", args, status, said.String())
		}
	}
	if status := run(t.Context(), []string{"--help"}, &bytes.Buffer{}); status != 0 {
		t.Errorf("--help: status %d", status)
	}
}

func TestAStoppedReleaseLeavesNothing(t *testing.T) {
	parent := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	var said bytes.Buffer
	status := run(ctx, []string{"--out", filepath.Join(parent, "dist"), "--targets", "linux/amd64"}, stopAt{&said, "programs for", cancel})
	if status != 1 || !strings.Contains(said.String(), "stopped by a signal") || !strings.Contains(said.String(), "dist is as it was before") {
		t.Errorf("status %d: %s", status, said.String())
	}
	if left := names(t, parent); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
}

// stopAt calls stop when a text is written.
type stopAt struct {
	said *bytes.Buffer
	text string
	stop func()
}

func (w stopAt) Write(p []byte) (int, error) {
	if strings.Contains(string(p), w.text) {
		w.stop()
	}
	return w.said.Write(p)
}

func TestAMissingToolIsNamed(t *testing.T) {
	parent := t.TempDir()
	t.Setenv("PATH", t.TempDir())
	var said bytes.Buffer
	if status := run(t.Context(), []string{"--out", filepath.Join(parent, "dist")}, &said); status != 1 || !strings.Contains(said.String(), `"go": executable file not found in $PATH; install go`) {
		t.Errorf("status %d: %s", status, said.String())
	}
	if left := names(t, parent); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
}

func TestGitIsNamedWhenItIsMissing(t *testing.T) {
	program, err := exec.LookPath("go")
	if err != nil {
		t.Fatal(err)
	}
	parent, path := t.TempDir(), t.TempDir()
	if err = os.Symlink(program, filepath.Join(path, "go")); err != nil {
		t.Skip(err)
	}
	t.Setenv("PATH", path)
	t.Setenv("SOURCE_DATE_EPOCH", "")
	var said bytes.Buffer
	if status := run(t.Context(), []string{"--out", filepath.Join(parent, "dist")}, &said); status != 1 || !strings.Contains(said.String(), `"git": executable file not found in $PATH; install git`) {
		t.Errorf("status %d: %s", status, said.String())
	}
	if left := names(t, parent); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
}

func TestTheVersionIsTheTagOrMadeOfDateAndCommit(t *testing.T) {
	dir := t.TempDir()
	git := func(args ...string) {
		t.Helper()
		cmd := exec.Command("git", append([]string{"-c", "user.name=n", "-c", "user.email=e@example.org", "-c", "tag.gpgSign=false"}, args...)...)
		cmd.Dir, cmd.Env = dir, append(os.Environ(), "GIT_COMMITTER_DATE=1700000000 +0000")
		if text, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
	}
	check := func(given, want string) {
		t.Helper()
		id, err := identify(t.Context(), dir, given)
		if err != nil || !strings.HasPrefix(id.version, want) || id.date != time.Unix(1_700_000_000, 0).UTC() || len(id.commit) != 40 {
			t.Errorf("%+v, %v; want %s", id, err, want)
		}
	}
	t.Setenv("SOURCE_DATE_EPOCH", "")
	if _, err := identify(t.Context(), dir, ""); err == nil || !strings.Contains(err.Error(), "SOURCE_DATE_EPOCH") {
		t.Errorf("outside of a repository: %v", err)
	}
	git("init", "-q")
	put(t, filepath.Join(dir, "a"), "1")
	git("add", "a")
	git("commit", "-qm", "one")
	check("", "0.0.0-20231114221320-")
	check("3.0.0", "3.0.0")
	git("tag", "vNext")
	git("tag", "v1.2.0-rc.1")
	check("", "1.2.0-rc.1")
	put(t, filepath.Join(dir, "a"), "2")
	check("", "1.2.0-rc.1+dirty")
	t.Setenv("SOURCE_DATE_EPOCH", "5")
	if id, err := identify(t.Context(), dir, ""); err != nil || id.date.Unix() != 5 {
		t.Errorf("%+v, %v", id, err)
	}
	t.Setenv("SOURCE_DATE_EPOCH", "tomorrow")
	if _, err := identify(t.Context(), dir, ""); err == nil {
		t.Error("a date that is not a number is accepted")
	}
}
