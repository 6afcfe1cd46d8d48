// Package need finds the foreign programs that tests run. Only tests and what helps them import it.
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
	if err != nil {
		Missing(t, err)
	}
	return path
}

// Missing skips a test that needs what err says is missing, and fails it where CI is "true".
func Missing(t testing.TB, err error) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(err)
	}
	t.Skip(err)
}
