package budget

import (
	"testing"
	"time"
)

// failed is a test that remembers whether it failed.
type failed struct {
	testing.TB
	yes bool
}

func (f *failed) Errorf(string, ...any) { f.yes = true }

func TestMemory(t *testing.T) {
	var kept []byte
	for name, c := range map[string]struct {
		f    func(input []byte)
		want bool
	}{
		"linear":          {func(in []byte) { kept = append(kept[:0], in...) }, false},
		"grows with n**2": {func(in []byte) { kept = make([]byte, len(in)*len(in)/64) }, true},
	} {
		f := &failed{TB: t}
		if Of(f, []byte("sixteen octets.."), c.f); f.yes != c.want {
			t.Errorf("%s: failed %v, want %v", name, f.yes, c.want)
		}
	}
}

func TestTime(t *testing.T) {
	for name, c := range map[string]struct {
		took []time.Duration
		want bool
	}{
		"in time":                {[]time.Duration{time.Second}, false},
		"in time when repeated":  {[]time.Duration{time.Hour, time.Hour, 1}, false},
		"never in time":          {[]time.Duration{time.Hour, time.Hour, time.Hour}, true},
		"a second and two parts": {[]time.Duration{time.Second + 2*timePerOctet}, false},
	} {
		f, run := &failed{TB: t}, 0
		check(f, []byte("ab"), func([]byte) (time.Duration, uint64) {
			run++
			return c.took[run-1], 0
		})
		if f.yes != c.want || run != len(c.took) {
			t.Errorf("%s: failed %v after %d runs", name, f.yes, run)
		}
	}
}
