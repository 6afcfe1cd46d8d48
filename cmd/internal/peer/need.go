package peer

import (
	"errors"
	"os"
	"testing"
)

// Need ends the test when err is not nil. A missing program only skips it, unless the environment
// variable CI is "true": there every program must be installed.
func Need(t testing.TB, err error) {
	t.Helper()
	if errors.Is(err, ErrMissing) && os.Getenv("CI") != "true" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
}
