package main

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
)

// plan is what a benchmark will do: the trials of one round, and how many rounds. In a round each trial is run once, so
// that what slows the machine down for a while slows all of them.
type plan struct {
	setup  *setup
	rounds int
	trials []trial // of one round, in order; Dir, Keep and Profile are filled in
	extra  []trial // run once after the rounds, for what would slow a measured run; see trial.Trace and trial.Syncs
	found  *results
	// conclude is called once all trials have ended and the summary is made; nil for nothing more to do.
	conclude func()
}

// run does all trials and shows the results: also those of a plan that a signal or failures cut short.
func (p *plan) run(c *cobra.Command) error {
	ctx, s := c.Context(), p.setup
	if err := p.prepare(); err != nil {
		return err
	}
	failed := p.runAll(ctx, c.ErrOrStderr())
	if len(p.found.Trials) == 0 {
		return failed
	}
	p.found.conclude()
	if p.conclude != nil {
		p.conclude()
	}
	failed = errors.Join(s.output.show(p.found, c.OutOrStdout()), failed)
	s.output.tellWhere(c.ErrOrStderr())
	return failed
}

// prepare refuses a disk that is too small, and makes the folders of the results.
func (p *plan) prepare() error {
	for i := range p.trials {
		if err := checkSpace(p.setup.dir, p.trials[i].needs()); err != nil {
			return err
		}
	}
	if p.setup.profile != "" {
		if err := os.MkdirAll(p.setup.profile, 0o755); err != nil {
			return err
		}
	}
	return p.setup.output.prepare()
}

// runAll runs the rounds, then what comes once. A trial that fails is told in the results and left out from then on.
func (p *plan) runAll(ctx context.Context, stderr io.Writer) (err error) {
	dir, err := makeFolder(p.setup.dir)
	if err != nil {
		return err
	}
	if p.setup.keep {
		defer func() {
			_, failed := fmt.Fprintf(stderr, "What the clients stored is kept in %s\n", dir)
			err = errors.Join(err, failed)
		}()
	} else {
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	}
	sequence := p.sequence()
	took, done := pace{}, 0
	out := map[string]error{} // by label: trials that have failed
	for i, s := range sequence {
		t := s.trial
		if out[t.label()] != nil {
			continue
		}
		t.Dir = filepath.Join(dir, fmt.Sprintf("%03d-%s", s.round, t.folder()))
		t.Keep, t.Profile = p.setup.keep, p.setup.profile
		var rest []string
		for _, later := range sequence[i:] {
			if out[later.trial.label()] == nil {
				rest = append(rest, later.label)
			}
		}
		begun := time.Now()
		bar := newTurnBar(stderr, s, i, len(sequence), func() string { return took.left(rest, time.Since(begun)) })
		if failed := p.step(ctx, &t, s, bar); failed != nil && ctx.Err() != nil {
			p.found.Stopped = part(done, len(sequence), "trial")
			return context.Cause(ctx)
		} else if failed != nil {
			out[t.label()] = failed
			p.found.Failures = append(p.found.Failures, failure{Round: s.round, What: t.label(), Text: failed.Error()})
		}
		took[s.label] = time.Since(begun)
		done++
	}
	return p.failures(out)
}

// failures makes one error of what has failed; with no figure at all it is the cause itself.
func (p *plan) failures(out map[string]error) error {
	if len(out) == 0 {
		return nil
	}
	first := p.found.Failures[0]
	if len(p.found.Trials) == 0 {
		return out[first.What]
	}
	var names []string
	for _, f := range p.found.Failures {
		names = append(names, f.What)
	}
	return fmt.Errorf("without %s, which failed: %w", strings.Join(names, ", "), out[first.What])
}

// step runs one trial in a process and a folder of its own and keeps what it has found.
func (p *plan) step(ctx context.Context, t *trial, s turn, bar *turnBar) (err error) {
	defer bar.bar.Close()
	if err = os.Mkdir(t.Dir, 0o700); err != nil {
		return err
	}
	if !t.Keep {
		defer func() { err = errors.Join(err, os.RemoveAll(t.Dir)) }()
	}
	found, err := inProcess(ctx, t, s.title, bar.passed)
	if err != nil {
		return err
	}
	for i := range found.Measurements {
		m := found.Measurements[i]
		m.Round = s.round
		switch {
		case t.Syncs:
			p.found.setSyncs(m.Client, m.Syncs, m.Messages)
		case t.Trace:
			p.found.Traces = append(p.found.Traces, m)
		default:
			p.found.Trials = append(p.found.Trials, m)
		}
	}
	return nil
}

// makeFolder makes a new folder below dir, for what the clients store; its path is absolute, since clients run in
// folders of their own.
func makeFolder(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	return os.MkdirTemp(dir, "bench-")
}
