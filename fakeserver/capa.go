package fakeserver

import (
	"bytes"
	"fmt"
	"strings"
	"time"
)

// capa answers CAPA (RFC 2449 section 5): one capability a line.
func capa(x *Exchange) Reply {
	rows := x.Session.server.o.Capabilities
	if rows == nil {
		rows = x.Session.capabilities()
	}
	var body bytes.Buffer
	for _, row := range rows {
		body.WriteString(row + "\r\n")
	}
	return multiline("capabilities follow", &body)
}

// capabilities of this moment. APOP is none: RFC 2449 section 6 has the greeting
// tell of it.
func (s *Session) capabilities() []string {
	o := &s.server.o
	all := []string{"TOP"}
	if !s.needsTLS() {
		all = append(all, "USER")
	}
	if names := s.offers(); len(names) > 0 && !s.server.lacks("AUTH") {
		all = append(all, "SASL "+strings.Join(names, " ")) // RFC 5034 section 3
	}
	// RFC 2595 section 4: in AUTHORIZATION only; and never twice.
	if o.TLS != nil && s.tls == nil && s.state == Authorization {
		all = append(all, "STLS")
	}
	all = append(all, "UIDL", "PIPELINING",
		"RESP-CODES", "AUTH-RESP-CODE") // RFC 2449 section 6.4, RFC 3206 section 6
	if o.LoginDelay > 0 {
		all = append(all, fmt.Sprintf("LOGIN-DELAY %d", s.server.delay()/time.Second))
	}
	all = append(all, "EXPIRE NEVER", "IMPLEMENTATION "+o.Implementation)
	var rows []string
	for _, row := range all {
		if name, _, _ := strings.Cut(row, " "); !s.server.lacks(name) {
			rows = append(rows, row)
		}
	}
	return rows
}
