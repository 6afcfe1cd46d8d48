package need_test

import (
	"strings"
	"testing"

	"pop3mtm/internal/need"
)

// recorder ends a test by a panic, and keeps how it ended.
type recorder struct {
	testing.TB
	skipped, failed string
}

func (*recorder) Helper() {}

func (r *recorder) Skip(args ...any) { r.skipped = args[0].(error).Error(); panic(r) }

func (r *recorder) Fatal(args ...any) { r.failed = args[0].(error).Error(); panic(r) }

// ended returns the error with which f skipped or failed its test.
func ended(t *testing.T, f func(testing.TB)) (skipped, failed string) {
	r := &recorder{TB: t}
	defer func() {
		if p := recover(); p != nil && p != any(r) {
			panic(p)
		}
		skipped, failed = r.skipped, r.failed
	}()
	f(r)
	return "", ""
}

func TestAMissingProgramSkipsByNameAndFailsInCI(t *testing.T) {
	look := func(t testing.TB) { need.Program(t, "no-such-program") }
	t.Setenv("CI", "")
	if skipped, failed := ended(t, look); !strings.Contains(skipped, "no-such-program") || failed != "" {
		t.Errorf("skipped %q, failed %q", skipped, failed)
	}
	t.Setenv("CI", "true")
	if skipped, failed := ended(t, look); skipped != "" || !strings.Contains(failed, "no-such-program") {
		t.Errorf("in CI: skipped %q, failed %q", skipped, failed)
	}
}

func TestAProgramThatIsThereIsFound(t *testing.T) {
	if path := need.Program(t, "go"); path == "" {
		t.Error("no path")
	}
}
