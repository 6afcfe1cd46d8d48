// Package child starts the processes of a benchmark, which are the bench itself with a hidden
// command and other programs, and measures their CPU time and memory.
package child

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"runtime/pprof"

	"github.com/spf13/cobra"

	"pop3mtm/cmd/internal/cli"
)

// Command returns a hidden command that reads its task as one JSON value from standard input: the
// task may hold passwords, and every user of the machine can read command lines. The command ends
// at the end of standard input, which comes at the latest when the process that started it ends.
func Command[Spec any](name, short string, run func(ctx context.Context, s *Spec, stdout io.Writer) error) *cobra.Command {
	c := &cobra.Command{Use: name, Hidden: true, Short: short}
	c.RunE = func(c *cobra.Command, _ []string) error {
		var s Spec
		d := json.NewDecoder(c.InOrStdin())
		d.DisallowUnknownFields()
		if err := d.Decode(&s); err != nil {
			return cli.Usage("cannot read the task, which is JSON on standard input: %w", err)
		}
		ctx, cancel := endsWithInput(c.Context(), c.InOrStdin())
		defer cancel()
		return run(ctx, &s, c.OutOrStdout())
	}
	return c
}

// Run starts the command that Command returned as a process, sends it its task, and waits for its
// end. read must read the process's stdout. what names the process in errors.
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
	_, _ = io.Copy(io.Discard, stdout) // the process cannot end while a pipe to us is full
	return said.Explain(ctx, what, errors.Join(cmd.Wait(), failed, err))
}

// Profiled runs f and writes a CPU profile of it to path. An empty path means no profile.
func Profiled(path string, f func() error) (err error) {
	if path == "" {
		return f()
	}
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if err := pprof.StartCPUProfile(file); err != nil {
		return err
	}
	defer pprof.StopCPUProfile()
	return f()
}
