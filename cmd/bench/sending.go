package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"pop3mtm/cmd/internal/cli"
)

// sending is the benchmark of emptying an outbox.
type sending struct {
	question
	runs      int
	roundTrip time.Duration
}

func newSending() *cobra.Command {
	var x sending
	c := &cobra.Command{
		Use:   "send",
		Short: "Sends an outbox with our autosend, beside a plain loop",
		Long: `Send fills an Outbox and empties it with our autosend: one connection, each message leased before and moved to Sent after
it, safe on the disk. Beside it go-smtp's Client, which is what autosend uses, sends the same messages in a plain loop: a
connection each, out of memory, with no store. Both send to the same server, in this process, and take turns; every message is
compared with what was sent. Half of --rtt is added in each direction.`,
		Example: `  bench send
  bench send --messages 200 --runs 3 --rtt 20ms --json`,
	}
	x.flags(c, 1000, 4<<10, func() {
		c.Flags().IntVar(&x.runs, "runs", 5, "how often each of the two sends all messages")
		c.Flags().DurationVar(&x.roundTrip, "rtt", 0, "round trip that is added between client and server")
		x.dirFlag(c)
	})
	c.RunE = ask(&x.question, x.validate, x.run)
	return c
}

// mostSent bounds the messages, which the server keeps in memory.
const mostSent = 100_000

func (x *sending) validate() error {
	if x.box.Messages > mostSent || x.box.total() > largestSent {
		return cli.Usage("the server keeps what it is sent in memory: take %d messages and %s at most", mostSent, octets(largestSent))
	}
	if x.runs < 1 || x.runs > 1000 {
		return cli.Usage("--runs takes 1 to 1000, not %d", x.runs)
	}
	if x.roundTrip < 0 || x.roundTrip > time.Minute {
		return cli.Usage("--rtt takes 0 to 1m, not %s", x.roundTrip)
	}
	return x.room(2)
}

// sends is what the benchmark has found.
type sends struct {
	Benchmark string        `json:"benchmark"`
	Machine   machine       `json:"machine"`
	Mailbox   mailbox       `json:"mailbox"`
	RoundTrip time.Duration `json:"round_trip"`
	Autosend  []float64     `json:"autosend_seconds"`
	Loop      []float64     `json:"loop_seconds"`      // of the same round
	Faster    spread        `json:"times_faster"`      // autosend's time in that of the loop, round by round
	Stopped   string        `json:"stopped,omitempty"` // why this is only a part
}

func (s *sends) conclude() {
	var ratios []float64
	for i := range s.Autosend {
		ratios = append(ratios, s.Loop[i]/s.Autosend[i])
	}
	s.Faster = spreadOf(ratios)
}

func (s *sends) text(asJSON bool) ([]byte, error) {
	if asJSON {
		text, err := json.Marshal(s)
		return append(text, '\n'), err
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s%s of %s sent; %s of round trip added; %s each, taking turns\n%s\n\n",
		partly(s.Stopped), count(s.Mailbox.Messages, "message"), s.Mailbox.mail(), s.RoundTrip, count(len(s.Loop), "run"), s.Machine)
	row := func(name string, seconds []float64) []string {
		all := spreadOf(seconds)
		return []string{name, short(all.Least * 1e3), short(all.Median * 1e3), short(all.Most * 1e3), short(float64(s.Mailbox.Messages) / all.Median)}
	}
	align(&b, []heading{{"", 1}, {"milliseconds", 3}, {"messages/s", 1}}, [][]string{
		{"", "least", "median", "most", "median"}, row("autosend, one connection", s.Autosend), row("plain loop, one each", s.Loop),
	})
	fmt.Fprintf(&b, "\nautosend is %s times as fast as the loop (%s to %s)\n", short(s.Faster.Median), short(s.Faster.Least), short(s.Faster.Most))
	return b.Bytes(), nil
}
