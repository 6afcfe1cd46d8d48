package main

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"pop3mtm/cmd/internal/cli"
)

// start is the benchmark of how soon a server with a large mailbox is there, and of the memory that it needs.
type start struct {
	question
	runs    int
	pop3sim string
}

func newStart() *cobra.Command {
	var x start
	c := &cobra.Command{
		Use:   "start",
		Short: "How soon the simulator serves the first message of a huge mailbox, and in how much memory",
		Long: `Start starts the simulator with a synthetic mailbox, logs in and fetches the first message: what is measured is the time
from the start of the server's process to the last octet. Then a second session asks STAT, LIST and UIDL and fetches the last
message. Both messages and every row of both lists are compared with what the mailbox must have. The memory is the largest
resident set of the server's process until its end.`,
		Example: `  bench start
  bench start --messages 100000 --runs 20 --json
  bench start --pop3sim bin/pop3sim --synthetic 10000000,size=lognormal:8KiB:1.5,mix=mail`,
	}
	x.flags(c, mostMessages, 8<<10, func() {
		c.Flags().IntVar(&x.runs, "runs", 5, "how often the server is started")
		c.Flags().StringVar(&x.pop3sim, "pop3sim", "", "a pop3sim program that serves instead of the server built into the bench")
	})
	c.RunE = ask(&x.question, x.validate, x.run)
	return c
}

func (x *start) validate() error {
	if x.runs < 1 || x.runs > mostRounds {
		return cli.Usage("--runs takes 1 to %d, not %d", mostRounds, x.runs)
	}
	return nil
}

// started is one start.
type started struct {
	First   float64 `json:"first_message_seconds"` // from the start of the process to the last octet of the first message
	Listing float64 `json:"listing_seconds"`       // STAT, LIST and UIDL
	Last    float64 `json:"last_message_seconds"`  // its RETR
	Serving usage   `json:"server_usage"`
}

// starts is what the benchmark has found.
type starts struct {
	Benchmark string    `json:"benchmark"`
	Machine   machine   `json:"machine"`
	Mailbox   mailbox   `json:"mailbox"`
	First     spread    `json:"first_message_seconds"`
	Listing   spread    `json:"listing_seconds"`
	Last      spread    `json:"last_message_seconds"`
	Peak      int64     `json:"server_peak_bytes"` // the largest of all starts, 0 where the system does not tell
	Starts    []started `json:"starts"`
	Stopped   string    `json:"stopped,omitempty"` // why this is only a part
}

func (s *starts) conclude() {
	of := func(figure func(started) float64) spread {
		var figures []float64
		for _, one := range s.Starts {
			figures = append(figures, figure(one))
		}
		return spreadOf(figures)
	}
	s.First = of(func(one started) float64 { return one.First })
	s.Listing = of(func(one started) float64 { return one.Listing })
	s.Last = of(func(one started) float64 { return one.Last })
	for _, one := range s.Starts {
		s.Peak = max(s.Peak, one.Serving.Peak)
	}
}

func (s *starts) text(asJSON bool) ([]byte, error) {
	if asJSON {
		text, err := json.Marshal(s)
		return append(text, '\n'), err
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s%s of %s; %s\n%s\n\n", partly(s.Stopped), count(s.Mailbox.Messages, "message"), s.Mailbox.mail(), count(len(s.Starts), "start"), s.Machine)
	row := func(name string, all spread) []string {
		return []string{name, short(all.Least * 1e3), short(all.Median * 1e3), short(all.Most * 1e3)}
	}
	align(&b, []heading{{"", 1}, {"milliseconds", 3}}, [][]string{
		{"", "least", "median", "most"},
		row("from the start to the first message", s.First), row("STAT, LIST and UIDL", s.Listing), row("the last message", s.Last),
	})
	fmt.Fprintf(&b, "\nThe server's memory was %s at most, all this included.\n", memory(float64(s.Peak)))
	return b.Bytes(), nil
}
