package harness

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"pop3mtm/cmd/bench/internal/numbers"
	"pop3mtm/cmd/internal/cli"
)

// step is one measurement of a plan.
type step interface {
	// label returns the name of the step for people, the same in every round.
	label() string
	// purpose returns the purpose of an extra step, which runs once after the rounds, and "" for
	// a step of the rounds.
	purpose() string
	// progress returns the unit and the total of the step's progress bar. A total of 0 means that
	// it is not known.
	progress() (cli.Unit, int64)
	// run measures and keeps the result. It calls passed from time to time with the progress, or
	// with 0 when that is not known.
	run(ctx context.Context, round int, passed func(done int64)) error
}

// findings holds the figures of a benchmark.
type findings interface {
	// Empty reports whether there are no figures yet.
	Empty() bool
	// Stop records why the benchmark ended early.
	Stop(text string)
	// Conclude computes the summary.
	Conclude()
	// Show prints the figures.
	Show(stdout, stderr io.Writer) error
}

// plan holds the steps of a benchmark and the number of rounds. In a round each step runs once, so
// that a machine that is slow for a while slows all steps alike.
type plan struct {
	unit      string // what messages to the user call a step
	rounds    int
	steps     []step // of one round, in order
	extra     []step // run once after the rounds, since they measure what would slow a round
	alternate bool   // every second round runs in the opposite order
	findings  findings
	// failed is called when a step fails. The step is left out from then on. When failed is nil
	// the first failure ends the benchmark without figures.
	failed func(round int, label string, err error)
}

// run runs all steps and shows the findings, also when a signal or failures ended the plan early.
func (p *plan) run(c *cobra.Command) error {
	failed := p.runAll(c.Context(), c.ErrOrStderr())
	if p.findings.Empty() || p.failed == nil && failed != nil && c.Context().Err() == nil {
		return failed
	}
	p.findings.Conclude()
	return errors.Join(p.findings.Show(c.OutOrStdout(), c.ErrOrStderr()), failed)
}

// runAll runs the rounds, then the extra steps.
func (p *plan) runAll(ctx context.Context, stderr io.Writer) error {
	sequence := p.sequence()
	took, done := pace{}, 0
	var out failures
	for i, t := range sequence {
		if out.has(t.step.label()) {
			continue
		}
		var rest []string
		for _, later := range sequence[i:] {
			if !out.has(later.step.label()) {
				rest = append(rest, later.label)
			}
		}
		begun := time.Now()
		bar := newTurnBar(stderr, t, i, len(sequence), func() string { return took.left(rest, time.Since(begun)) })
		failed := t.step.run(ctx, t.round, bar.passed)
		bar.bar.Close()
		switch {
		case failed != nil && ctx.Err() != nil:
			p.findings.Stop(fmt.Sprintf("stopped by a signal after %d of %s", done, numbers.Count(len(sequence), p.unit)))
			return context.Cause(ctx)
		case failed != nil && p.failed == nil:
			return failed
		case failed != nil:
			out = append(out, failure{t.step.label(), failed})
			p.failed(t.round, t.step.label(), failed)
		}
		took[t.label] = time.Since(begun)
		done++
	}
	return out.err(p.findings.Empty())
}

// failures lists the steps that have failed.
type failures []failure

type failure struct {
	label string
	err   error
}

func (f failures) has(label string) bool {
	for _, one := range f {
		if one.label == label {
			return true
		}
	}
	return false
}

// err returns one error for all failures, or only the first one when there are no figures.
func (f failures) err(empty bool) error {
	if len(f) == 0 {
		return nil
	}
	if empty {
		return f[0].err
	}
	var names []string
	for _, one := range f {
		names = append(names, one.label)
	}
	return fmt.Errorf("without %s, which failed: %w", strings.Join(names, ", "), f[0].err)
}

// WithFolder creates a directory below dir, calls f with its absolute path, and removes it. With
// keep it does not remove the directory and prints its path to stderr.
func WithFolder(dir string, keep bool, stderr io.Writer, f func(dir string) error) (err error) {
	if dir, err = filepath.Abs(dir); err != nil {
		return err
	}
	if dir, err = os.MkdirTemp(dir, "bench-"); err != nil {
		return err
	}
	if keep {
		defer func() {
			_, failed := fmt.Fprintf(stderr, "The mail that the clients stored is in %s\n", dir)
			err = errors.Join(err, failed)
		}()
	} else {
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	}
	return f(dir)
}
