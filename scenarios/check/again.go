package check

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"pop3mtm/scenarios"
)

// first plays a case for the first time. A pass is reported at once.
func (r *Runner) first(ctx context.Context, c *Case, idle func()) Outcome {
	second := r.ahead(ctx, c)
	o := r.play(ctx, r.Drive, c, func(since, limit time.Duration) {
		idle()
		if since > limit/2 && !r.single {
			second.begin()
		}
	})
	hangs := o.Result == Fail && o.Class == Hang
	if again := second.end(hangs); hangs && again.Case != nil {
		o = r.doubted(ctx, o, again)
		o.repeated = true
	}
	if o.Case != nil && (!o.accuses() || o.repeated) {
		r.tell(o)
	}
	return o
}

// ahead is the second run of a case that begins while the first one is silent, since both only
// wait: otherwise each hang would take twice its time.
type ahead struct {
	play    func() Outcome
	cancel  func()
	once    sync.Once
	outcome chan Outcome // nil before it has begun
}

func (r *Runner) ahead(ctx context.Context, c *Case) *ahead {
	ctx, cancel := context.WithCancel(ctx)
	return &ahead{cancel: cancel, play: func() Outcome { return r.play(ctx, r.Drive, c, patient) }}
}

func (a *ahead) begin() {
	a.once.Do(func() {
		a.outcome = make(chan Outcome, 1)
		go func() { a.outcome <- a.play() }()
	})
}

// end returns the outcome when it is wanted. Otherwise it ends the run.
func (a *ahead) end(wanted bool) Outcome {
	defer a.cancel()
	a.once.Do(func() {})
	if a.outcome == nil {
		return Outcome{}
	}
	if !wanted {
		a.cancel()
	}
	return <-a.outcome
}

// patient is for runs that keep nobody from running.
func patient(_, _ time.Duration) {}

// bySilence returns the numbers of the cases in which a client may have to wait for its own
// time-out, and of the others, which are played meanwhile.
func bySilence(cases []*Case) (silent, others []int) {
	for i, c := range cases {
		if c.goesSilent() {
			silent = append(silent, i)
		} else {
			others = append(others, i)
		}
	}
	return silent, others
}

// goesSilent reports whether the server may stop to answer, or leave an answer without its end.
func (c *Case) goesSilent() bool {
	if c.cut != nil {
		return c.cut.How == CutStall
	}
	return slices.ContainsFunc(c.scenario.Rules, func(r scenarios.Rule) bool {
		loses := slices.ContainsFunc(r.Before, func(a scenarios.Action) bool { return a.LosePipelined })
		return loses || slices.ContainsFunc(r.Do, silences)
	})
}

func silences(s scenarios.Step) bool {
	switch v := s.Value.(type) {
	case scenarios.Cut:
		return v.How == scenarios.Stall || v.How == scenarios.Withhold
	case scenarios.How:
		return v == scenarios.Stall || v == scenarios.Withhold
	case []scenarios.Step:
		return slices.ContainsFunc(v, silences)
	case scenarios.IfStatus:
		return slices.ContainsFunc(v.Do, silences)
	}
	return slices.Contains([]string{"silence", "noTerminator", "noFinalCRLF"}, s.Word)
}

// again plays each case that failed or warned a second time. One that failed is alone meanwhile.
// Those that hang wait together: nothing but time is in their way.
func (r *Runner) again(ctx context.Context, outcomes []Outcome, jobs int) {
	var warned, waiting, alone []int
	for i, o := range outcomes {
		switch {
		case o.Case == nil || !o.accuses() || o.repeated:
		case o.Result == Warn:
			warned = append(warned, i)
		case o.Class == Hang:
			waiting = append(waiting, i)
		default:
			alone = append(alone, i)
		}
	}
	second := func(list []int) func(int, func()) {
		return func(n int, idle func()) {
			i := list[n]
			once := r.play(ctx, r.Drive, outcomes[i].Case, func(_, _ time.Duration) { idle() })
			outcomes[i] = r.doubted(ctx, outcomes[i], once)
			r.tell(outcomes[i])
		}
	}
	r.each(ctx, len(warned), jobs, second(warned))
	r.each(ctx, len(waiting), 1, second(waiting))
	r.each(ctx, len(alone), 1, second(alone))
}

// accuses reports whether an outcome is one that is played again before it is believed.
func (o *Outcome) accuses() bool { return o.Result == Fail || o.Result == Warn }

// doubted compares two runs of a case, and plays it with the client that is known to be correct.
func (r *Runner) doubted(ctx context.Context, a, b Outcome) Outcome {
	if b.Case == nil { // the run was cancelled
		return a
	}
	if a.Class != b.Class {
		other := string(b.Class)
		if other == "" {
			other = string(b.Result)
		}
		a.Result, a.Why = Unstable, fmt.Sprintf("the second run, alone, was %s; the first: %s", other, a.Why)
		return a
	}
	if r.SelfCheck == nil {
		return a
	}
	own := Runner{Drive: r.SelfCheck, keys: r.keys, dir: r.dir, caFile: r.caFile, learned: map[TLS]*Learned{}}
	for _, l := range r.learned {
		ours := *l
		ours.Told, ours.Abilities, ours.Doubles = l.Mode, append(slices.Clone(l.Abilities), scenarios.Remembers), false
		own.learned[l.Mode] = &ours
	}
	if right := own.play(ctx, r.SelfCheck, a.Case, patient); right.Case != nil && (right.Result == Fail || right.Class == a.Class) {
		a.Result, a.Why = Harness, fmt.Sprintf("a client known to be correct fails too (%s: %s); the first: %s", right.Class, right.Why, a.Why)
	}
	return a
}
