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

// String returns the full value, or "" when it was not given.
func (s *synthetic) String() string {
	if !s.given {
		return ""
	}
	return s.o.String()
}

// Type returns what help shows for the value.
func (s *synthetic) Type() string { return "SPEC" }

func (s *synthetic) open() (maildrop.Source, error) { return maildrop.Synthetic(s.o) }

// syntheticHelp returns the help text about the value of --synthetic.
func syntheticHelp() string {
	var b strings.Builder
	b.WriteString("Synthetic mail is " + maildrop.SyntheticForm + `:
  size     8KiB; lognormal:MEDIAN:SIGMA[:LEAST:MOST]; table:office; or table:FILE, with one size
             per line or the output of LIST (default 8KiB)
  seed     a number that selects the messages (default 1)
  arrive   number of messages that arrive after each session
  expire   number of the oldest messages that expire after each session, or a share such as 1%
  shuffle  change the order of the mailbox in each session
  mix      the kind of messages:
`)
	for _, m := range maildrop.Mixes() {
		fmt.Fprintf(&b, "    %-12s %s\n", m.Name, m.About)
	}
	return b.String()
}
