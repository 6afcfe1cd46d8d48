package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"pop3mtm/cmd/internal/cli"
)

// cancel is the benchmark of stopping a copy that runs.
type cancel struct {
	question
	cancels int
}

const mostCancels = 10_000

func newCancel() *cobra.Command {
	var x cancel
	c := &cobra.Command{
		Use:   "cancel",
		Short: "Cancels a running copy at many positions, and looks at what is left",
		Long: `Cancel copies a mailbox with our MTM and cancels the copy when so many messages have come; the positions follow from the
seed. What is measured is the time from Cancel until the operation has ended: the line is dropped, and what came whole is safe
on the disk. After each cancel the store is checked, the messages that are there are compared with what was served, and the next
copy has to fetch exactly the rest. A cancel after which any of that is not so ends the bench.`,
		Example: `  bench cancel
  bench cancel --messages 2000 --cancels 10 --seed 7 --json`,
	}
	x.flags(c, 10_000, 8<<10, func() {
		c.Flags().IntVar(&x.cancels, "cancels", 50, "how many copies are cancelled")
		x.dirFlag(c)
	})
	c.RunE = ask(&x.question, x.validate, x.run)
	return c
}

func (x *cancel) validate() error {
	if x.box.Messages < 2 {
		return cli.Usage("--messages takes 2 or more: a copy of one message has no middle")
	}
	if x.cancels < 1 || x.cancels > mostCancels {
		return cli.Usage("--cancels takes 1 to %d, not %d", mostCancels, x.cancels)
	}
	return x.room(3)
}

// stopped is one cancel.
type stopped struct {
	Position int     `json:"position"` // of how many messages the progress told when it was cancelled
	Stored   int     `json:"stored"`   // of them, how many were safe when it had ended
	Seconds  float64 `json:"seconds"`  // from Cancel to the end
}

// stops is what the benchmark has found.
type stops struct {
	Benchmark string    `json:"benchmark"`
	Machine   machine   `json:"machine"`
	Mailbox   mailbox   `json:"mailbox"`
	Seconds   spread    `json:"seconds"`
	Ninety    float64   `json:"seconds_90_percent"`
	Cancels   []stopped `json:"cancels"`
	Finished  int       `json:"finished"`          // copies that had ended before they were cancelled; they are not counted
	Stopped   string    `json:"stopped,omitempty"` // why this is only a part
}

func (s *stops) conclude() {
	var seconds []float64
	for _, c := range s.Cancels {
		seconds = append(seconds, c.Seconds)
	}
	slices.Sort(seconds)
	s.Seconds, s.Ninety = spreadOf(seconds), seconds[(len(seconds)*9+9)/10-1]
}

func (s *stops) text(asJSON bool) ([]byte, error) {
	if asJSON {
		text, err := json.Marshal(s)
		return append(text, '\n'), err
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s%s of a copy of %s of %s\n%s\n\n", partly(s.Stopped), count(len(s.Cancels), "cancel"), count(s.Mailbox.Messages, "message"), s.Mailbox.mail(), s.Machine)
	ms := func(f float64) string { return short(f * 1e3) }
	align(&b, []heading{{"", 1}, {"milliseconds", 4}}, [][]string{
		{"", "least", "median", "90 %", "most"},
		{"from Cancel to the end", ms(s.Seconds.Least), ms(s.Seconds.Median), ms(s.Ninety), ms(s.Seconds.Most)},
	})
	fmt.Fprintf(&b, "\nAfter each the store was sound, held the first messages whole, and the next copy fetched exactly the rest.\n")
	return b.Bytes(), nil
}
