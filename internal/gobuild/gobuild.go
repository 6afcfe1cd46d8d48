// Package gobuild builds the commands that tests run. Only tests import it.
package gobuild

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
)

// Programs writes the programs of packages to the file out, or into the directory out when
// it ends in a path separator. The packages are relative to the working directory, which is
// that of the test's own package. They are built as releases are, without what only debuggers
// read, whatever GOFLAGS asks of the tests themselves.
func Programs(ctx context.Context, out string, packages ...string) error {
	return build(ctx, out, nil, packages)
}

// Overlaid builds as Programs does, with the source files that overlay replaces: a JSON file as
// 'go build -overlay' reads it.
func Overlaid(ctx context.Context, overlay, out string, packages ...string) error {
	return build(ctx, out, []string{"-overlay", overlay}, packages)
}

func build(ctx context.Context, out string, flags, packages []string) error {
	arguments := slices.Concat([]string{"build", "-ldflags=-s -w", "-o", out}, flags, packages)
	command := exec.CommandContext(ctx, "go", arguments...)
	command.Env = append(os.Environ(), "GOFLAGS=-buildvcs=false")
	if text, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("go build %s: %w\n%s", strings.Join(packages, " "), err, text)
	}
	return nil
}
