package fakeserver

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"pop3mtm/fakeserver/edit"
)

// capa answers CAPA (RFC 2449 section 5): one capability per line.
func capa(t *popTalk, _ *Exchange) Answer {
	var body bytes.Buffer
	for _, row := range t.rows() {
		body.WriteString(row + "\r\n")
	}
	return says(edit.Multiline("capabilities follow", &body))
}

// rows returns the rows of the CAPA reply: those of the options, or the actual capabilities.
func (t *popTalk) rows() []string {
	o := t.options()
	switch {
	case t.view == nil && o.LoginCapabilities != nil:
		return o.LoginCapabilities
	case t.view != nil && t.user.Capabilities != nil:
		return t.user.Capabilities
	case o.Capabilities != nil:
		return o.Capabilities
	}
	return t.capabilities()
}

// capabilities returns the capabilities in the current state. APOP is not listed: RFC 2449
// section 6 announces it in the greeting.
func (t *popTalk) capabilities() []string {
	o, s := t.options(), t.session
	all := []string{"TOP"}
	if !s.needsTLS() {
		all = append(all, "USER")
	}
	if names := s.Offers(); len(names) > 0 && !t.lacks("AUTH") {
		all = append(all, "SASL "+strings.Join(names, " ")) // RFC 5034 section 3
	}
	// RFC 2595 section 4: in AUTHORIZATION only, and only once.
	if o.TLS != nil && s.tls == nil && s.state == Authorization {
		all = append(all, "STLS")
	}
	all = append(all, "UIDL", "PIPELINING",
		"RESP-CODES", "AUTH-RESP-CODE") // RFC 2449 section 6.4, RFC 3206 section 6
	all = append(all, t.delayRow()...)
	if o.UTF8 {
		all = append(all, "UTF8 USER") // RFC 6856 section 2
	}
	all = append(all, "LANG", o.expireRow(), "IMPLEMENTATION "+o.Implementation)
	var rows []string
	for _, row := range all {
		if name, _, _ := strings.Cut(row, " "); !t.lacks(name) {
			rows = append(rows, row)
		}
	}
	return rows
}

// delayRow returns the row for LoginDelay. RFC 2449 section 6.5: before login it has the longest
// delay, and USER when users have different ones.
func (t *popTalk) delayRow() []string {
	users := t.session.server.users
	d, differs := users.delay(t.user), false
	if t.session.state == Authorization {
		d, differs = users.longestDelay()
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
