package fakeserver

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"pop3mtm/fakeserver/edit"
)

// capa answers CAPA (RFC 2449 section 5): one capability a line.
func capa(x *Exchange) edit.Reply {
	rows := x.Session.rows()
	var body bytes.Buffer
	for _, row := range rows {
		body.WriteString(row + "\r\n")
	}
	return edit.Multiline("capabilities follow", &body)
}

// rows of the CAPA reply: those that the options name, or what is true.
func (s *Session) rows() []string {
	o := &s.server.o
	switch {
	case s.view == nil && o.LoginCapabilities != nil:
		return o.LoginCapabilities
	case s.view != nil && s.user.Capabilities != nil:
		return s.user.Capabilities
	case o.Capabilities != nil:
		return o.Capabilities
	}
	return s.capabilities()
}

// capabilities of this moment. APOP is none: RFC 2449 section 6 has the greeting
// tell of it.
func (s *Session) capabilities() []string {
	o := &s.server.o
	all := []string{"TOP"}
	if !s.needsTLS() {
		all = append(all, "USER")
	}
	if names := s.offers(); len(names) > 0 && !s.lacks("AUTH") {
		all = append(all, "SASL "+strings.Join(names, " ")) // RFC 5034 section 3
	}
	// RFC 2595 section 4: in AUTHORIZATION only; and never twice.
	if o.TLS != nil && s.tls == nil && s.state == Authorization {
		all = append(all, "STLS")
	}
	all = append(all, "UIDL", "PIPELINING",
		"RESP-CODES", "AUTH-RESP-CODE") // RFC 2449 section 6.4, RFC 3206 section 6
	all = append(all, s.delayRow()...)
	if o.UTF8 {
		all = append(all, "UTF8 USER") // RFC 6856 section 2
	}
	all = append(all, "LANG", o.expireRow(), "IMPLEMENTATION "+o.Implementation)
	var rows []string
	for _, row := range all {
		if name, _, _ := strings.Cut(row, " "); !s.lacks(name) {
			rows = append(rows, row)
		}
	}
	return rows
}

// delayRow lists the LoginDelay. RFC 2449 section 6.5: USER tells before login that
// it is another one for some users, and the longest is named.
func (s *Session) delayRow() []string {
	d, differs := s.server.delay(s.user), false
	if s.state == Authorization {
		d, differs = s.server.longestDelay()
	}
	if d == 0 {
		return nil
	}
	row := fmt.Sprintf("LOGIN-DELAY %d", d/time.Second)
	if differs {
		row += " USER"
	}
	return []string{row}
}
