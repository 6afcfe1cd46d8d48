package peer

import (
	"errors"
	"os"
	"testing"
)

// Need ends the test when err is not nil. A missing program skips the test, unless the environment
// variable CI is "true": then the test fails.
func Need(t testing.TB, err error) {
	t.Helper()
	if errors.Is(err, ErrMissing) && os.Getenv("CI") != "true" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
}
