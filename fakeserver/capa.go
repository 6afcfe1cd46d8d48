package fakeserver

import (
	"bytes"
	"strings"
)

// capa answers CAPA (RFC 2449 section 5): one capability a line.
func capa(x *Exchange) Reply {
	rows := x.Session.server.o.Capabilities
	if rows == nil {
		rows = x.Session.server.capabilities()
	}
	var body bytes.Buffer
	for _, row := range rows {
		body.WriteString(row + "\r\n")
	}
	return multiline("capabilities follow", &body)
}

// capabilities are the same in both states. APOP is none: RFC 2449 section 6
// has the greeting tell of it.
func (s *Server) capabilities() []string {
	all := []string{
		"TOP", "USER", "UIDL", "PIPELINING",
		"RESP-CODES", "AUTH-RESP-CODE", // RFC 2449 section 6.4, RFC 3206 section 6
		"EXPIRE NEVER",
		"IMPLEMENTATION " + s.o.Implementation,
	}
	var rows []string
	for _, row := range all {
		if name, _, _ := strings.Cut(row, " "); !s.lacks(name) {
			rows = append(rows, row)
		}
	}
	return rows
}
