package harness

import (
	"context"
	"io"
	"os"

	"github.com/spf13/cobra"

	"pop3mtm/cmd/bench/internal/workload"
	"pop3mtm/cmd/internal/cli"
)

// Question holds the flags of a benchmark that prints a table of its own instead of report.Results.
type Question struct {
	Box  workload.Mailbox
	Dir  string
	json bool
}

// Flags adds the flags of the mailbox, then those that own adds, then --json.
func (x *Question) Flags(c *cobra.Command, messages int, size cli.Size, own func()) {
	x.Box.Flags(c, messages, size)
	c.Flags().SortFlags = false
	own()
	c.Flags().BoolVar(&x.json, "json", false, "print the results as one JSON object")
}

// DirFlag adds the flag --dir.
func (x *Question) DirFlag(c *cobra.Command) {
	c.Flags().StringVar(&x.Dir, "dir", os.TempDir(), "directory on the disk that is measured; a directory is created in it and removed")
}

// Room returns an error when --dir is not a directory, or its disk has no space for the given
// multiple of the mailbox.
func (x *Question) Room(times int64) error {
	if info, err := os.Stat(x.Dir); err != nil || !info.IsDir() {
		return cli.Usage("--dir takes a directory that exists, not %s", x.Dir)
	}
	return workload.CheckSpace(x.Dir, times*x.Box.Total())
}

// Validate checks the flags of the mailbox and then calls own, which checks the others.
func (x *Question) Validate(c *cobra.Command, own func() error) error {
	if err := x.Box.Take(c.Flags()); err != nil {
		return err
	}
	if err := x.Box.Validate(); err != nil {
		return err
	}
	return own()
}

// answer holds the figures of a question.
type answer interface {
	Empty() bool
	Stop(text string)
	Conclude()
	Text(asJSON bool) ([]byte, error)
}

// Ask runs the step once in each round and prints the figures. After a signal it prints those that
// were measured before.
func (x *Question) Ask(c *cobra.Command, found answer, rounds int, unit string, one Single) error {
	p := plan{unit: unit, rounds: rounds, steps: []step{one}, findings: answered{found, x.json}}
	return p.run(c)
}

// answered implements findings for an answer.
type answered struct {
	answer
	json bool
}

// Show implements findings.
func (a answered) Show(stdout, _ io.Writer) error {
	text, err := a.Text(a.json)
	if err == nil {
		_, err = stdout.Write(text)
	}
	return err
}

// Single is a step that calls a function.
type Single struct {
	Name string
	Do   func(ctx context.Context) error
}

// label implements step.
func (m Single) label() string { return m.Name }

// purpose implements step.
func (Single) purpose() string { return "" }

// progress implements step.
func (Single) progress() (cli.Unit, int64) { return cli.Steps, 0 }

// run implements step.
func (m Single) run(ctx context.Context, _ int, _ func(int64)) error { return m.Do(ctx) }
