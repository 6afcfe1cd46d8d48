package fakeserver

import (
	"bytes"
	"io"
	"net"
)

// Stuffed runs raw through the server's stuffing in pieces.
func Stuffed(raw []byte, piece int) []byte {
	var wire bytes.Buffer
	source := io.MultiReader() // empty, for an empty message
	if len(raw) > 0 {
		source = pieces{bytes.NewReader(raw), piece}
	}
	if _, err := (&body{open: source, lines: -1, lender: new(lender)}).WriteTo(&wire); err != nil {
		panic(err)
	}
	return wire.Bytes()
}

// pieces reads few octets at once, and hides that its reader can write itself.
type pieces struct {
	from io.Reader
	most int
}

func (p pieces) Read(b []byte) (int, error) { return p.from.Read(b[:min(len(b), p.most)]) }

// Translations returns the texts of a language by the English ones.
func Translations() map[string]string { return german() }

// Form returns a text with # in the place of each number.
func Form(text string) string {
	form, _ := withoutNumbers(text)
	return form
}

// Lookups returns what a session does to find the handler of a RETR.
func Lookups(s *Server, conn net.Conn) func() {
	x := &Exchange{Verb: "RETR", Args: "5", Session: newSession(s, conn, 1)}
	x.Session.talk = s.protocol.Begin(x.Session)
	return func() { _ = s.rules.handler(x) }
}
