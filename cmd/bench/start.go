package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"pop3mtm/cmd/bench/internal/child"
	"pop3mtm/cmd/bench/internal/clients"
	"pop3mtm/cmd/bench/internal/harness"
	"pop3mtm/cmd/bench/internal/numbers"
	"pop3mtm/cmd/bench/internal/report"
	"pop3mtm/cmd/bench/internal/servers"
	"pop3mtm/cmd/bench/internal/verify"
	"pop3mtm/cmd/bench/internal/workload"
	"pop3mtm/cmd/internal/cli"
	"pop3mtm/fakeserver/maildrop"
)

// start measures how soon a server with a large mailbox answers, and its memory.
type start struct {
	harness.Question
	runs    int
	pop3sim string
}

// StartMode returns the mode that runs it.
func StartMode() harness.Mode { return harness.Mode{Command: newStart()} }

func newStart() *cobra.Command {
	var x start
	c := &cobra.Command{
		Use:   "start",
		Short: "Measure how soon the simulator serves the first message of a huge mailbox, and its memory",
		Long: `Start runs the simulator with a synthetic mailbox, logs in and fetches the first message. It measures the time from the start
of the server's process to the last octet of that message. Then a second session sends STAT, LIST and UIDL and fetches the last message. Both
messages and every row of both lists are compared with the mailbox. The memory is the largest resident set of the server's
process during its life.`,
		Example: `  bench start
  bench start --messages 100000 --runs 20 --json
  bench start --pop3sim bin/pop3sim --synthetic 10000000,size=lognormal:8KiB:1.5,mix=mail`,
	}
	x.Flags(c, workload.MostMessages, 8<<10, func() {
		c.Flags().IntVar(&x.runs, "runs", 5, "number of times that the server is started")
		c.Flags().StringVar(&x.pop3sim, "pop3sim", "", "a pop3sim program that serves instead of the server built into the bench")
	})
	c.RunE = func(c *cobra.Command, _ []string) error {
		if err := x.Question.Validate(c, x.validate); err != nil {
			return err
		}
		served, err := x.Box.List()
		if err != nil {
			return err
		}
		found := &starts{Benchmark: "start", Machine: report.ThisMachine(), Mailbox: x.Box}
		return x.Ask(c, found, x.runs, "start", harness.Single{Name: "starting", Do: func(ctx context.Context) error {
			one, err := x.once(ctx, served)
			if err == nil {
				found.Starts = append(found.Starts, one)
			}
			return err
		}})
	}
	return c
}

func (x *start) validate() error {
	if x.runs < 1 || x.runs > harness.MostRounds {
		return cli.Usage("--runs takes 1 to %d, not %d", harness.MostRounds, x.runs)
	}
	return nil
}

// started holds the figures of one start.
type started struct {
	First   float64     `json:"first_message_seconds"` // from the start of the process to the last octet of the first message
	Listing float64     `json:"listing_seconds"`       // STAT, LIST and UIDL
	Last    float64     `json:"last_message_seconds"`  // RETR of the last message
	Serving child.Usage `json:"server_usage"`
}

// starts holds the results of the benchmark.
type starts struct {
	Benchmark string           `json:"benchmark"`
	Machine   report.Machine   `json:"machine"`
	Mailbox   workload.Mailbox `json:"mailbox"`
	First     numbers.Spread   `json:"first_message_seconds"`
	Listing   numbers.Spread   `json:"listing_seconds"`
	Last      numbers.Spread   `json:"last_message_seconds"`
	Peak      int64            `json:"server_peak_bytes"` // the largest of all starts, 0 where the system does not report it
	Starts    []started        `json:"starts"`
	Stopped   string           `json:"stopped,omitempty"` // why the results are incomplete
}

// Empty implements answer.
func (s *starts) Empty() bool { return len(s.Starts) == 0 }

// Stop implements answer.
func (s *starts) Stop(text string) { s.Stopped = text }

// Conclude implements answer.
func (s *starts) Conclude() {
	of := func(figure func(started) float64) numbers.Spread {
		var figures []float64
		for _, one := range s.Starts {
			figures = append(figures, figure(one))
		}
		return numbers.SpreadOf(figures)
	}
	s.First = of(func(one started) float64 { return one.First })
	s.Listing = of(func(one started) float64 { return one.Listing })
	s.Last = of(func(one started) float64 { return one.Last })
	for _, one := range s.Starts {
		s.Peak = max(s.Peak, one.Serving.Peak)
	}
}

func (s *starts) Text(asJSON bool) ([]byte, error) {
	if asJSON {
		text, err := json.Marshal(s)
		return append(text, '\n'), err
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s%s of %s; %s\n%s\n\n", numbers.Partly(s.Stopped), numbers.Count(s.Mailbox.Messages, "message"), s.Mailbox.Mail(), numbers.Count(len(s.Starts), "start"), s.Machine)
	row := func(name string, all numbers.Spread) []string {
		return []string{name, numbers.Short(all.Least * 1e3), numbers.Short(all.Median * 1e3), numbers.Short(all.Most * 1e3)}
	}
	numbers.Align(&b, []numbers.Heading{numbers.Over("", 1), numbers.Over("milliseconds", 3)}, [][]string{
		{"", "least", "median", "most"},
		row("from the start to the first message", s.First), row("STAT, LIST and UIDL", s.Listing), row("the last message", s.Last),
	})
	fmt.Fprintf(&b, "\nThe server's memory was %s at most, all this included.\n", numbers.Memory(float64(s.Peak)))
	return b.Bytes(), nil
}

// once starts a server, measures it, and stops it.
func (x *start) once(ctx context.Context, served maildrop.List) (one started, err error) {
	spec := servers.Spec{Name: servers.Simulator, Program: x.pop3sim}
	begun := time.Now()
	server, err := spec.Begin(ctx, servers.Hosting{Mailbox: x.Box, Accounts: 1}, func(servers.Counts) {})
	if err != nil {
		return one, err
	}
	defer func() {
		spent, ended := server.Stop()
		one.Serving = spent
		err = errors.Join(err, server.Said.Explain(ctx, "the server", ended))
	}()
	session, err := clients.Dial(ctx, server.Login, 1<<20)
	if err != nil {
		return one, err
	}
	var first bytes.Buffer
	err = session.Fetch("RETR 1", &first)
	one.First = time.Since(begun).Seconds()
	if err == nil {
		_, err = session.Ask("QUIT")
	}
	session.Close()
	if err == nil {
		err = sameMessage(first.Bytes(), served.At(0))
	}
	if err == nil {
		err = one.walk(ctx, server.Login, served)
	}
	return one, err
}

// walk sends STAT, LIST, UIDL and RETR of the last message, and records the times.
func (one *started) walk(ctx context.Context, l servers.Login, served maildrop.List) error {
	session, err := clients.Dial(ctx, l, 1<<20)
	if err != nil {
		return err
	}
	defer session.Close()
	begun := time.Now()
	found, err := session.List()
	one.Listing = time.Since(begun).Seconds()
	if err != nil {
		return err
	}
	begun = time.Now()
	var last bytes.Buffer
	err = session.Fetch("RETR "+strconv.Itoa(served.Len()), &last)
	one.Last = time.Since(begun).Seconds()
	if err == nil {
		_, err = session.Ask("QUIT")
	}
	if err != nil {
		return err
	}
	return errors.Join(sameMessage(last.Bytes(), served.At(served.Len()-1)), found.Same(served))
}

// sameMessage returns an error unless the octets are those of a message.
func sameMessage(got []byte, m maildrop.Message) error {
	if err := verify.NewComparer().Next(bytes.NewReader(got), m); err != nil {
		return fmt.Errorf("message %s: %w", m.UID(), err)
	}
	if int64(len(got)) != m.Size() {
		return fmt.Errorf("message %s has %d octets, but %d were served", m.UID(), len(got), m.Size())
	}
	return nil
}
