// Package gobuild builds the commands that tests run. Only tests import it.
package gobuild

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// Programs writes the programs of packages to the file out, or into the directory out when
// it ends in a path separator. The packages are relative to the working directory, which is
// that of the test's own package. They are built as releases are, without what only debuggers
// read, whatever GOFLAGS asks of the tests themselves.
func Programs(ctx context.Context, out string, packages ...string) error {
	command := exec.CommandContext(ctx, "go", append([]string{"build", "-ldflags=-s -w", "-o", out}, packages...)...)
	command.Env = append(os.Environ(), "GOFLAGS=-buildvcs=false")
	if text, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("go build %s: %w\n%s", strings.Join(packages, " "), err, text)
	}
	return nil
}
