package harness

import (
	"context"
	"io"
	"os"

	"github.com/spf13/cobra"

	"pop3mtm/cmd/bench/internal/workload"
	"pop3mtm/cmd/internal/cli"
)

// Question holds the flags of a benchmark that has a table of its own.
type Question struct {
	Box  workload.Mailbox
	Dir  string
	json bool
}

// Flags adds the flags of the mailbox, then the question's own, then the form of the answer.
func (x *Question) Flags(c *cobra.Command, messages int, size cli.Size, own func()) {
	x.Box.Flags(c, messages, size)
	c.Flags().SortFlags = false
	own()
	c.Flags().BoolVar(&x.json, "json", false, "print an object for programs")
}

// DirFlag adds the folder for stores.
func (x *Question) DirFlag(c *cobra.Command) {
	c.Flags().StringVar(&x.Dir, "dir", os.TempDir(), "directory on the disk that is measured; a directory is created in it and removed")
}

// Room refuses a path that is not a directory, and a disk without room for this
// many times the mailbox.
func (x *Question) Room(times int64) error {
	if info, err := os.Stat(x.Dir); err != nil || !info.IsDir() {
		return cli.Usage("--dir %s is not a directory", x.Dir)
	}
	return workload.CheckSpace(x.Dir, times*x.Box.Total())
}

// Validate checks the flags of the mailbox, then the question's own.
func (x *Question) Validate(c *cobra.Command, own func() error) error {
	if err := x.Box.Take(c.Flags()); err != nil {
		return err
	}
	if err := x.Box.Validate(); err != nil {
		return err
	}
	return own()
}

// answer holds what a question has found.
type answer interface {
	Empty() bool
	Stop(text string)
	Conclude()
	Text(asJSON bool) ([]byte, error)
}

// Ask measures in rounds and prints the answer. After a signal it prints what
// was measured until then.
func (x *Question) Ask(c *cobra.Command, found answer, rounds int, unit string, one Single) error {
	p := plan{unit: unit, rounds: rounds, steps: []step{one}, findings: answered{found, x.json}}
	return p.run(c)
}

// answered is an answer as findings of a plan.
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

// Single is a step that is only a function.
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
