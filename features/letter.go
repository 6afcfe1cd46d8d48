package features

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"pop3mtm/fakeserver/maildrop"
	"pop3mtm/mtm/store"
)

// nothing is written in a table for an empty cell, or for a list without elements.
const nothing = "-"

// letter is a message of a scenario; its subject identifies it.
type letter struct {
	maildrop.Message
	sender string
	date   time.Time
	// altered means that the scenario's server changes it on the way
	altered bool
}

// sketch describes a letter to write; only the subject is required.
type sketch struct {
	subject string
	octets  int // approximate size; 0: small
	lines   int // exact number of lines of text; 0: as many as octets needs
	sender  string
	date    string // RFC 3339
	arrived string // RFC 3339; for a Received field
	name    string // the unique-id
	to, cc  string // "": demo@example.org
	answers string // Reply-To
	with    []string
}

// smallLetter is the size of a letter whose size does not matter.
const smallLetter = 600

// extra is something that a letter can carry, with the flags that its entry then has.
type extra struct {
	name   string
	header string // a field
	part   string // a part after the text: the value of Content-Type, and further fields
	flags  store.Flags
	email  store.EmailFlags
}

func extras() []extra {
	const file = "application/pdf\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename=plan.pdf"
	const inline = "\r\nContent-Disposition: inline"
	return []extra{
		{"attachment", "", file, store.Attachment, 0},
		{"web page", "", "text/html", 0, store.MHTML},
		{"calendar", "", "text/calendar", 0, store.ICalendar},
		{"old calendar", "", "text/x-vcalendar", 0, store.VCalendar},
		{"visiting card", "", "text/vcard", 0, store.VCard},
		{"signature", "", "application/pgp-signature" + inline, 0, store.Signed},
		{"encryption", "", "application/pkcs7-mime" + inline, 0, store.Encrypted},
		{"receipt request", "Disposition-Notification-To: <ann@example.org>", "", 0, store.Receipt},
		{"high priority", "X-Priority: 1", "", store.PriorityHigh, 0},
		{"low priority", "X-Priority: 5", "", store.PriorityLow, 0},
	}
}

func extraNames() []string {
	var names []string
	for _, x := range extras() {
		names = append(names, x.name)
	}
	return names
}

// sketchOf returns the sketch for a row of a table.
func sketchOf(row map[string]string) (s sketch, err error) {
	if lines, ok := row["lines"]; ok {
		if s.lines, err = strconv.Atoi(lines); err != nil {
			return s, err
		}
	}
	s.subject, s.sender, s.date, s.arrived, s.name = row["subject"], row["sender"], row["date"], row["arrived"], row["names"]
	s.to, s.cc, s.answers = row["to"], row["cc"], row["answers to"]
	if with := row["with"]; with != "" && with != nothing {
		s.with = strings.Split(with, ", ")
	}
	known := []string{"subject", "sender", "date", "arrived", "lines", "names", "with", "to", "cc", "answers to"}
	for _, column := range slices.Sorted(maps.Keys(row)) {
		if !slices.Contains(known, column) {
			return s, fmt.Errorf("a message has no %q; it has %s", column, strings.Join(known, ", "))
		}
	}
	for _, name := range s.with {
		if !slices.Contains(extraNames(), name) {
			return s, fmt.Errorf("a message cannot have a %q; it may have: %s", name, strings.Join(extraNames(), ", "))
		}
	}
	return s, nil
}

// newLetter writes letter n of a scenario. Its lines begin with a dot, which must be stuffed on the
// wire.
func newLetter(n int, s sketch) letter {
	name := []string{"Ann", "Ben", "Cleo", "Dora"}[n%4]
	l := letter{
		sender: fmt.Sprintf("%s <%s%d@example.org>", name, name, n),
		date:   time.Date(2024, 5, 1, 9, 0, 0, 0, time.UTC).Add(time.Duration(n) * time.Minute),
	}
	if s.sender != "" {
		l.sender = s.sender
	}
	if date, err := time.Parse(time.RFC3339, s.date); err == nil {
		l.date = date
	}
	var b bytes.Buffer
	if arrived, err := time.Parse(time.RFC3339, s.arrived); err == nil {
		fmt.Fprintf(&b, "Received: from a.example.org by b.example.org; %s\r\n", arrived.Format(time.RFC1123Z))
	}
	if l.sender != nothing {
		fmt.Fprintf(&b, "From: %s\r\n", l.sender)
	}
	if s.to == "" {
		s.to = "demo@example.org"
	}
	fmt.Fprintf(&b, "To: %s\r\nSubject: %s\r\n", s.to, s.subject)
	if s.cc != "" {
		fmt.Fprintf(&b, "Cc: %s\r\n", s.cc)
	}
	if s.answers != "" {
		fmt.Fprintf(&b, "Reply-To: %s\r\n", s.answers)
	}
	fmt.Fprintf(&b, "Date: %s\r\nMessage-ID: <%d@example.org>\r\n", l.date.Format(time.RFC1123Z), n)
	s.write(&b)
	if s.name == "" {
		s.name = fmt.Sprintf("letter-%d", n)
	}
	l.Message = maildrop.Bytes(s.name, b.Bytes())
	return l
}

// write writes the fields and the body that follow after the fields that every letter has.
func (s sketch) write(b *bytes.Buffer) {
	var parts []string
	for _, x := range extras() {
		switch {
		case !slices.Contains(s.with, x.name):
		case x.part == "":
			b.WriteString(x.header + "\r\n")
		default:
			parts = append(parts, x.part)
		}
	}
	if len(parts) == 0 {
		b.WriteString("\r\n")
		s.writeText(b)
		return
	}
	b.WriteString("MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=cut\r\n\r\n--cut\r\nContent-Type: text/plain\r\n\r\n")
	s.writeText(b)
	for _, part := range parts {
		b.WriteString("--cut\r\nContent-Type: " + part + "\r\n\r\n")
		for range 80 {
			b.WriteString("UGxhbnMgZm9yIHRoZSBsaWdodGhvdXNlIG9uIEd1bGwgUm9jaywgc2Vjb25kIGRyYWZ0\r\n")
		}
	}
	b.WriteString("--cut--\r\n")
}

func (s sketch) writeText(b *bytes.Buffer) {
	if s.lines == 0 {
		b.WriteString(".\r\n..\r\n")
	}
	for n := 1; n <= s.lines || (s.lines == 0 && b.Len() < max(s.octets, smallLetter)); n++ {
		fmt.Fprintf(b, ".%d Dear reader, line %d of %q has the colour of the sea.\r\n", n%3, n, s.subject)
	}
}
