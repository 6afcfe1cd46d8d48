package peer

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// command prepares a run of a program in dir with an environment that hides the user's settings.
func command(ctx context.Context, dir, path string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Dir = dir
	cmd.WaitDelay = 5 * time.Second
	cmd.Env = []string{"HOME=" + dir, "LC_ALL=C", "PATH=" + os.Getenv("PATH")}
	return cmd
}

// run runs the program and returns what it wrote to stdout and stderr. The error has the last line.
func run(ctx context.Context, cmd *exec.Cmd) ([]byte, error) {
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	if ctx.Err() != nil {
		return out.Bytes(), fmt.Errorf("%s was stopped: %w", filepath.Base(cmd.Path), context.Cause(ctx))
	}
	if err != nil {
		return out.Bytes(), fmt.Errorf("%s: %w: %s", filepath.Base(cmd.Path), err, lastLine(out.Bytes()))
	}
	return out.Bytes(), nil
}

// version runs a program and returns its first line of output.
func version(ctx context.Context, name, debian string, args ...string) (string, error) {
	path, err := program(name, debian)
	if err != nil {
		return "", err
	}
	out, err := run(ctx, command(ctx, os.TempDir(), path, args...))
	if err != nil {
		return "", err
	}
	line, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	return line, nil
}

func lastLine(out []byte) string {
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	return lines[len(lines)-1]
}

// settings writes a file that only its owner can read, since it has a password.
func settings(path, text string) error {
	return os.WriteFile(path, []byte(text), 0o600)
}

// quoted returns s in double quotes, with backslash and quote escaped, as curl, mpop
// and fetchmail read it.
func quoted(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}
