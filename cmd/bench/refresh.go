package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"pop3mtm/cmd/internal/cli"
)

// largestRoundTrip is what the bench can hold back without slowing down what passes.
const largestRoundTrip = time.Second

// refresh is the benchmark of fetching the headers of a whole mailbox, with and without pipelining.
type refresh struct {
	box       mailbox
	oneByOne  int // messages of the mailbox that is refreshed without pipelining
	roundTrip time.Duration
	runs      int
	mtm       string
	dir       string
	format    string
	out       string
}

func newRefresh() *cobra.Command {
	var r refresh
	c := &cobra.Command{
		Use:   "refresh",
		Short: "Fetches the headers of a large mailbox, with and without pipelining",
		Long: `Refresh fetches the headers of a synthetic mailbox with our MTM, over a line on which half of a round trip is added in
each direction: once from a server that offers PIPELINING, once from one that does not, taking turns. What is measured is
the whole process from its start to its end. Then it refreshes the same mailbox again, with nothing new in it.

Without pipelining every header takes a round trip, so that mailbox is smaller, and headers per second are compared.
Every header is compared with what was served, and a refresh with nothing new that sends a TOP ends the bench.`,
		Example: `  bench refresh
  bench refresh --messages 10000 --one-by-one-messages 1000 --rtt 20ms --runs 3
  bench refresh --mtm bin/mtm --out results`,
	}
	r.box.flags(c, 100_000, 2<<10)
	f := c.Flags()
	f.IntVar(&r.oneByOne, "one-by-one-messages", 10_000, "number of messages in the mailbox that is refreshed without pipelining")
	f.DurationVar(&r.roundTrip, "rtt", time.Millisecond, "round trip that is added to the line: 0, 500us, 20ms ...")
	f.IntVar(&r.runs, "runs", 5, "how often each mailbox is refreshed")
	f.StringVar(&r.mtm, "mtm", "", "an mtm program to measure instead of the MTM built into the bench")
	f.StringVar(&r.dir, "dir", os.TempDir(), "folder on the disk that is stored to; a folder is made in it and removed")
	f.StringVar(&r.format, "format", "table", "what is printed: table, benchfmt (for benchstat) or json")
	f.StringVar(&r.out, "out", "", "folder for the results as results.json, results.bench and results.txt")
	c.RunE = func(c *cobra.Command, _ []string) error {
		if err := r.validate(); err != nil {
			return err
		}
		found, err := r.run(c.Context(), c.ErrOrStderr())
		if err != nil {
			return err
		}
		return show(found, r.format, r.out, c.OutOrStdout())
	}
	return c
}

func (r *refresh) validate() error {
	if err := r.box.validate(); err != nil {
		return err
	}
	if err := checkMessages("--one-by-one-messages", r.oneByOne); err != nil {
		return err
	}
	if r.roundTrip < 0 || r.roundTrip > largestRoundTrip {
		return cli.Usage("--rtt takes 0 to %v, not %v", largestRoundTrip, r.roundTrip)
	}
	return checkRuns(r.runs, r.format)
}

// run does all trials, the two ways taking turns.
func (r *refresh) run(ctx context.Context, stderr io.Writer) (found *refreshResults, err error) {
	bench, err := os.Executable()
	if err != nil {
		return nil, err
	}
	found = &refreshResults{
		Benchmark: "refresh", Machine: thisMachine(), Mailbox: r.box, OneByOne: r.oneByOne,
		RoundTrip: r.roundTrip.Seconds(), Runs: r.runs,
	}
	if found.Version, err = (&ours{bench: bench, mtm: r.mtm}).version(ctx); err != nil {
		return nil, err
	}
	dir, err := makeFolders(r.dir, r.out)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	for run := range r.runs {
		for _, pipelined := range []bool{true, false} {
			t := refreshTrial{
				Mailbox: r.box, Pipelined: pipelined, RoundTrip: r.roundTrip, Mtm: r.mtm,
				Dir: filepath.Join(dir, fmt.Sprintf("%03d-%s", run+1, way(pipelined))),
			}
			if !pipelined {
				t.Mailbox.Messages = r.oneByOne
			}
			m, err := t.inProcess(ctx, fmt.Sprintf("run %d of %d, %s", run+1, r.runs, way(pipelined)), stderr)
			if err != nil {
				return nil, err
			}
			found.Trials = append(found.Trials, *m)
		}
	}
	return found, nil
}

// inProcess runs the trial in a process of its own and in a folder that is there as long.
func (t *refreshTrial) inProcess(ctx context.Context, label string, stderr io.Writer) (m *refreshed, err error) {
	if err = os.Mkdir(t.Dir, 0o700); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(t.Dir)) }()
	total := int64(t.Mailbox.Messages)
	bar := cli.NewBar(stderr, label, cli.Messages, total)
	return inProcess[refreshed](ctx, refreshTrialName, t, bar, label, total)
}
