package main

import (
	"fmt"
	"strings"

	"pop3mtm/fakeserver/maildrop"
)

// synthetic is the value of --synthetic.
type synthetic struct {
	given bool
	o     maildrop.SyntheticOptions
}

// Set parses the value.
func (s *synthetic) Set(text string) error {
	o, err := maildrop.ParseSynthetic(text)
	if err != nil {
		return err
	}
	*s = synthetic{true, o}
	return nil
}

// String returns the value in full, empty when it was not given.
func (s *synthetic) String() string {
	if !s.given {
		return ""
	}
	return s.o.String()
}

// Type returns what help shows for the value.
func (s *synthetic) Type() string { return "SPEC" }

func (s *synthetic) open() (maildrop.Source, error) { return maildrop.Synthetic(s.o) }

// syntheticHelp says what --synthetic takes.
func syntheticHelp() string {
	var b strings.Builder
	b.WriteString("Synthetic mail is " + maildrop.SyntheticForm + `:
  size     8KiB; lognormal:MEDIAN:SIGMA[:LEAST:MOST]; table:office; or table:FILE with one size
           a line, or what LIST printed. 8KiB when it is not given
  seed     another number makes other messages; 1 when it is not given
  arrive   so many new messages come after each session
  expire   so many of the oldest go after each session, or a share of all, such as 1%
  shuffle  the mailbox has another order in each session
  mix      what the messages are:
`)
	for _, m := range maildrop.Mixes() {
		fmt.Fprintf(&b, "    %-12s %s\n", m.Name, m.About)
	}
	return b.String()
}
