// Package need finds the foreign programs that tests run. Only tests import it.
package need

import (
	"os"
	"os/exec"
	"testing"
)

// Program returns the path of a program on the PATH. When it is missing the test is skipped with
// the program's name; with the environment variable CI set to "true" the test fails, because there
// every program must be installed.
func Program(t testing.TB, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	switch {
	case err == nil:
	case os.Getenv("CI") == "true":
		t.Fatal(err)
	default:
		t.Skip(err)
	}
	return path
}
