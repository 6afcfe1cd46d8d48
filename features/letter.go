package features

import (
	"bytes"
	"fmt"
	"time"

	"pop3mtm/fakeserver/maildrop"
)

// letter is a message of a scenario, known by its subject.
type letter struct {
	maildrop.Message
	sender string
	date   time.Time
}

// smallLetter is the size of a letter whose size does not matter.
const smallLetter = 600

// newLetter writes letter n of a scenario, about octets long. Its lines begin with
// what the wire has to protect.
func newLetter(n int, subject string, octets int) letter {
	name := []string{"Ann", "Ben", "Cleo", "Dora"}[n%4]
	l := letter{
		sender: fmt.Sprintf("%s <%s%d@example.org>", name, name, n),
		date:   time.Date(2024, 5, 1, 9, 0, 0, 0, time.UTC).Add(time.Duration(n) * time.Minute),
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "From: %s\r\nTo: demo@example.org\r\nSubject: %s\r\n", l.sender, subject)
	fmt.Fprintf(&b, "Date: %s\r\nMessage-ID: <%d@example.org>\r\n\r\n", l.date.Format(time.RFC1123Z), n)
	b.WriteString(".\r\n..\r\n")
	for line := 1; b.Len() < octets; line++ {
		fmt.Fprintf(&b, ".%d Dear reader, line %d of %q has the colour of the sea.\r\n", line%3, line, subject)
	}
	l.Message = maildrop.Bytes(fmt.Sprintf("letter-%d", n), b.Bytes())
	return l
}
