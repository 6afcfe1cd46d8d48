package record_test

import (
	"io"
	"strings"
	"testing"

	"pop3mtm/fakeserver/record"
)

// FuzzRead reads anything as a transcript: an error, or a recording all of whose
// replies can be written.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{
		"S: +OK\nC: RETR 1\nS: +OK\n[at 5ms]\nS: x\nS: .\nC: QUIT\nS: +OK\n[the server closed the connection]\n",
		"[session 2]\nC: AUTH PLAIN\n[session 1]\nC: AUTH\nS: +OK\nS: .\n[session 2]\nS: + \\\nC: x\\\nC: y\nS: +OK\n",
		"[TLS 1.3]\nS: +OK\nC: STLS\nS: +OK\n[TLS 1.3]\nC: CAPA\nS: +OK\\n\nS: .\\n\nS: more\n",
		"C: a\nC: b\nC: LIST\nS: +OK\\\nS: \\n\nS: 1 2\nC: QUIT\nS: .\\n\nS: x",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r, err := record.Read(strings.NewReader(text), int64(len(text)))
		if err != nil {
			return
		}
		for _, s := range r.Sessions {
			for i := range s.Turns {
				n, err := r.WriteReply(&s.Turns[i], io.Discard)
				if err != nil {
					t.Fatalf("turn %d of session %d: %v", i, s.Number, err)
				}
				if n > int64(len(text)) {
					t.Fatalf("turn %d of session %d has %d octets of %d", i, s.Number, n, len(text))
				}
				if _, err = r.Status(&s.Turns[i]); err != nil {
					t.Fatal(err)
				}
			}
		}
	})
}
