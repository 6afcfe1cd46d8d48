package harness

import (
	"fmt"
	"io"
	"slices"
	"time"

	"pop3mtm/cmd/internal/cli"
)

// pace holds how long the last run of each step took, by label. It estimates how long the other
// steps will take.
type pace map[string]time.Duration

// left describes how long the steps with these labels will take: as long as their last run, or else
// as the mean of all steps. The first of them has been running for the given time. left returns ""
// until a step has ended.
func (p pace) left(labels []string, running time.Duration) string {
	if len(p) == 0 || len(labels) == 0 {
		return ""
	}
	mean := time.Duration(0)
	for _, took := range p {
		mean += took / time.Duration(len(p))
	}
	sum := time.Duration(0)
	for i, label := range labels {
		took, known := p[label]
		if !known {
			took = mean
		}
		if i == 0 {
			took = max(0, took-running)
		}
		sum += took
	}
	step := time.Second
	if sum > time.Minute {
		step = 10 * time.Second
	}
	return fmt.Sprintf("; about %v left", sum.Round(step))
}

// turn is one run of a step.
type turn struct {
	step  step
	round int
	label string // the same in every round
	title string // of the progress bar
}

// sequence returns the turns of all rounds and of the extra steps, in order.
func (p *plan) sequence() []turn {
	var all []turn
	for round := 1; round <= p.rounds; round++ {
		steps := slices.Clone(p.steps)
		if p.alternate && round%2 == 0 {
			slices.Reverse(steps)
		}
		for _, s := range steps {
			all = append(all, turn{s, round, s.label(), fmt.Sprintf("run %d of %d, %s", round, p.rounds, s.label())})
		}
	}
	for _, s := range p.extra {
		label := s.purpose() + ", " + s.label()
		all = append(all, turn{s, p.rounds + 1, label, label})
	}
	return all
}

// turnBar is the progress bar during one turn. It shows the progress of the step where that is
// known, else the number of the turn.
type turnBar struct {
	bar   *cli.Bar
	title string
	left  func() string
	total int64 // of the step, 0 = not known
}

func newTurnBar(stderr io.Writer, t turn, done, turns int, left func() string) *turnBar {
	b := &turnBar{title: t.title, left: left}
	unit, total := t.step.progress()
	b.total = total
	if total > 0 {
		b.bar = cli.NewBar(stderr, t.title+left(), unit, total)
	} else {
		b.bar = cli.NewBar(stderr, t.title+left(), cli.Steps, int64(turns))
		b.bar.Set(int64(done), int64(turns))
	}
	return b
}

// passed updates the bar to the progress done, or only its text when done is 0.
func (b *turnBar) passed(done int64) {
	b.bar.Describe(b.title + b.left())
	if b.total > 0 && done > 0 {
		b.bar.Set(min(done, b.total), b.total)
	}
}
