package edit

import (
	"bytes"
	"errors"
	"time"
)

// Rendered writes a reply as text: pauses as <1s>, pieces that are sent by
// themselves with | between, the end as <close>.
func Rendered(r Reply) string {
	to := &rendering{}
	for _, c := range r {
		if err := feed(c, to); err != nil {
			if cut, ok := errors.AsType[*CutError](err); ok && cut.How != Open {
				return to.String() + "<" + cut.How.String() + ">"
			}
			return to.String()
		}
	}
	return to.String()
}

type rendering struct{ bytes.Buffer }

func (r *rendering) Rest(d time.Duration) error {
	mark := "|"
	if d > 1 {
		mark = "<" + d.String() + ">"
	}
	r.WriteString(mark)
	return nil
}

func (r *rendering) Push() error { return nil }

func (r *rendering) finish(bool) error { return nil }

// TakesEffect reports whether the command behind a reply takes effect.
func TakesEffect(r Reply) bool { return r.Bearing() >= Success }
