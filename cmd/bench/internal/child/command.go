// Package child runs the processes of a benchmark: the bench itself with a hidden command, and other programs. It measures
// what processes cost.
package child

import (
	"context"
	"encoding/json"
	"errors"
	"io"

	"github.com/spf13/cobra"

	"pop3mtm/cmd/internal/cli"
)

// Command is a hidden command that reads what it has to do as one JSON value from standard input: command lines can
// be read by every user of the machine, and passwords are in there. It ends early when its standard input does, that is
// with the process that started it.
func Command[Spec any](name, short string, run func(ctx context.Context, s *Spec, stdout io.Writer) error) *cobra.Command {
	c := &cobra.Command{Use: name, Hidden: true, Short: short}
	c.RunE = func(c *cobra.Command, _ []string) error {
		var s Spec
		d := json.NewDecoder(c.InOrStdin())
		d.DisallowUnknownFields()
		if err := d.Decode(&s); err != nil {
			return cli.Usage("what to do is read as JSON from standard input, and cannot be read: %w", err)
		}
		ctx, cancel := endsWithInput(c.Context(), c.InOrStdin())
		defer cancel()
		return run(ctx, &s, c.OutOrStdout())
	}
	return c
}

// Run runs such a command of the bench to its end, in a process of its own, and returns what it has written. read
// reads its stdout to the end.
func Run(ctx context.Context, argv []string, what string, spec any, read func(stdout io.Reader) error) error {
	cmd, said := Process(ctx, argv)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	cmd.Cancel = stdin.Close
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err = cmd.Start(); err != nil {
		return err
	}
	err = json.NewEncoder(stdin).Encode(spec)
	failed := read(stdout)
	_, _ = io.Copy(io.Discard, stdout) // so that it can end
	return said.Explain(ctx, what, errors.Join(cmd.Wait(), failed, err))
}
