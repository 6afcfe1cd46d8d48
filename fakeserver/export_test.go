package fakeserver

import (
	"bytes"
	"errors"
	"io"
	"net"
	"time"
)

// Stuffed runs raw through the server's stuffing in pieces.
func Stuffed(raw []byte, piece int) []byte {
	var wire bytes.Buffer
	source := io.MultiReader() // empty, for an empty message
	if len(raw) > 0 {
		source = pieces{bytes.NewReader(raw)}
	}
	scratch := make([]byte, piece)
	if _, err := (&body{open: source, lines: -1, scratch: &scratch}).WriteTo(&wire); err != nil {
		panic(err)
	}
	return wire.Bytes()
}

// pieces hides that its reader can write itself.
type pieces struct{ io.Reader }

// Rendered writes a reply as text: pauses as <1s>, pieces that are sent by
// themselves with | between, the end as <close>.
func Rendered(r Reply) string {
	to := &rendering{}
	for _, c := range r {
		if err := feed(c, to); err != nil {
			if cut, ok := errors.AsType[*cutError](err); ok && cut.how != Open {
				return to.String() + "<" + cut.how.String() + ">"
			}
			return to.String()
		}
	}
	return to.String()
}

type rendering struct{ bytes.Buffer }

func (r *rendering) rest(d time.Duration) error {
	mark := "|"
	if d > 1 {
		mark = "<" + d.String() + ">"
	}
	r.WriteString(mark)
	return nil
}

func (r *rendering) push() error { return nil }

func (r *rendering) finish(bool) error { return nil }

// TakesEffect tells whether the command behind a reply takes effect.
func TakesEffect(r Reply) bool { return r.bearing() >= success }

// Translations are the texts of a language by the English ones.
func Translations() map[string]string { return german() }

// Form is a text with # in the place of each number.
func Form(text string) string {
	form, _ := withoutNumbers(text)
	return form
}

// Lookups gives what a session does to find the handler of a RETR.
func Lookups(s *Server, conn net.Conn) func() {
	x := &Exchange{Verb: "RETR", Args: "5", Session: newSession(s, conn, 1)}
	return func() { _ = s.rules.handler(x) }
}
