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

// step is one measurement of a plan, which is made in each round.
type step interface {
	// label names the step for people; it is the same in every round.
	label() string
	// purpose says what a step is for that runs once, after the rounds; "" for a
	// step of the rounds.
	purpose() string
	// progress returns the unit and the total of the step's bar; a total of 0 is not known.
	progress() (cli.Unit, int64)
	// run makes the measurement and keeps what it found. passed is called when time passes, with
	// how far the step is, 0 where that is not known.
	run(ctx context.Context, round int, passed func(done int64)) error
}

// findings holds the figures of a benchmark.
type findings interface {
	// Empty reports whether there is no figure.
	Empty() bool
	// Stop records that a signal ended the benchmark, in words.
	Stop(text string)
	// Conclude sums up.
	Conclude()
	// Show prints what was found.
	Show(stdout, stderr io.Writer) error
}

// plan holds what a benchmark will do: the steps of one round, and how many rounds. In a round each
// step runs once, so that what slows the machine down for a while slows all of them.
type plan struct {
	unit      string // what the text of an interrupted benchmark calls a step
	rounds    int
	steps     []step // of one round, in order
	extra     []step // run once after the rounds, for what would slow a measured run
	alternate bool   // every second round runs in the opposite order
	findings  findings
	// failed is called for a step that fails, which is left out from then on. When it is nil the
	// first failure ends the benchmark without figures.
	failed func(round int, label string, err error)
}

// run runs all steps and shows the findings: also those of a plan that a signal
// or failures cut short.
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

// failures are the steps that have failed.
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

// err returns one error for all failures, or only the first cause when there is no figure.
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

// WithFolder creates a new folder below dir for as long as f runs; its path is absolute, since
// clients run in folders of their own. A folder that is kept is named on stderr at the end.
func WithFolder(dir string, keep bool, stderr io.Writer, f func(dir string) error) (err error) {
	if dir, err = filepath.Abs(dir); err != nil {
		return err
	}
	if dir, err = os.MkdirTemp(dir, "bench-"); err != nil {
		return err
	}
	if keep {
		defer func() {
			_, failed := fmt.Fprintf(stderr, "What the clients stored is kept in %s\n", dir)
			err = errors.Join(err, failed)
		}()
	} else {
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	}
	return f(dir)
}
