package gobuild_test

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"pop3mtm/internal/gobuild"
)

// The race detector makes a program about five times slower, and needs a C compiler.
func TestProgramsAreBuiltWithoutTheFlagsOfTheTests(t *testing.T) {
	t.Setenv("GOFLAGS", "-race -shuffle=on")
	program := filepath.Join(t.TempDir(), "autosend.exe")
	if err := gobuild.Programs(t.Context(), program, "pop3mtm/cmd/autosend"); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), "go", "version", "-m", program).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if strings.Contains(string(out), "-race=true") {
		t.Errorf("built with the race detector:\n%s", out)
	}
}

func TestAPackageThatDoesNotExistIsNamed(t *testing.T) {
	err := gobuild.Programs(t.Context(), filepath.Join(t.TempDir(), "x"), "./nowhere")
	if err == nil || !strings.Contains(err.Error(), "go build ./nowhere: ") {
		t.Errorf("got %v", err)
	}
}
