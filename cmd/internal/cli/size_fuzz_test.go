package cli_test

import (
	"testing"

	"pop3mtm/cmd/internal/cli"
	"pop3mtm/internal/budget"
)

// FuzzSize: what is taken for a size is not negative, and is written as the same size.
func FuzzSize(f *testing.F) {
	for _, seed := range []string{"", "0", "8KiB", "2 mb", "-1", "9223372036854775807", "8388608TiB", "1e3", "KiB", "\u0661"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		budget.Of(t, []byte(text), func(text []byte) {
			var s cli.Size
			_ = s.Set(string(text))
		})
		var size, again cli.Size
		if size.Set(text) != nil {
			if size != 0 {
				t.Fatalf("%q is refused, and changes the value to %d", text, size)
			}
			return
		}
		if err := again.Set(size.String()); err != nil || again != size || size < 0 {
			t.Fatalf("%q is %d, %v, written %q", text, size, err, size.String())
		}
	})
}
