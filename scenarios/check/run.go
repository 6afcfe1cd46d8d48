package check

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"time"

	"pop3mtm/scenarios"
)

// Result says what came of a case.
type Result string

// The values of Result.
const (
	Pass     Result = "pass"
	Fail     Result = "fail"
	Warn     Result = "warn"
	Skipped  Result = "not-exercised"
	Unstable Result = "unstable" // two runs differ
	Harness  Result = "harness"  // a client known to be right fails too: the case is in doubt
)

// Results returns all results.
func Results() []Result { return []Result{Pass, Fail, Warn, Skipped, Unstable, Harness} }

// Outcome is the verdict on a client in one case.
type Outcome struct {
	Case    *Case
	Result  Result
	Class   Class // "" for a pass
	Why     string
	Detail  string // stored against served
	Excerpt []Line // of the transcript, for results that are not a pass
	Output  string // the last that the client printed
	Took    time.Duration
}

// Runner lets a client play cases.
type Runner struct {
	Drive      Drive
	Deviations []string
	Layout     string // for the report
	// Jobs is how many cases run at a time. Those that wait for a time-out do not count. Default:
	// one more than there are processors.
	Jobs int
	// Done is called with each outcome, from one goroutine at a time. It may be nil.
	Done func(Outcome)
	// SelfCheck plays a case with a client that is known to be right, which has the abilities of
	// the other one; nil: cases are not doubted.
	SelfCheck Drive

	keys    *keys
	dir     string
	caFile  string
	learned map[TLS]*Learned
	told    sync.Mutex
	single  bool // all cases are on one port, so one at a time
}

// maxParked bounds the clients that wait for a time-out at the same time.
const maxParked = 200

// Open makes the directory of the run and the authority of its certificates, and probes the client.
// Close has to be called even after an error.
func (r *Runner) Open(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "pop3-check-")
	if err != nil {
		return err
	}
	if r.dir, err = filepath.EvalSymlinks(dir); err != nil {
		return err
	}
	r.keys, r.learned = newKeys(), map[TLS]*Learned{}
	r.caFile = filepath.Join(r.dir, "ca.pem")
	if err = os.WriteFile(r.caFile, r.keys.ca.PEM(), 0o600); err != nil {
		return err
	}
	for _, told := range r.Drive.Modes() {
		l, err := r.probe(ctx, told, told)
		if err != nil {
			return err
		}
		r.learned[told] = l
	}
	return nil
}

// Learned returns what the probe found, for each way of TLS that the client was told.
func (r *Runner) Learned() []*Learned {
	var all []*Learned
	for _, told := range r.Drive.Modes() {
		if l := r.learned[told]; l != nil {
			all = append(all, l)
		}
	}
	return all
}

// Close removes what the run has made.
func (r *Runner) Close() error {
	if r.dir == "" {
		return nil
	}
	return os.RemoveAll(r.dir)
}

// Run plays the cases and returns the outcomes in their order. When ctx ends it returns those that
// are known, and the cause.
func (r *Runner) Run(ctx context.Context, cases []*Case) ([]Outcome, error) {
	outcomes := make([]Outcome, len(cases))
	_, r.single = r.Drive.(place)
	jobs := r.Jobs
	if jobs <= 0 {
		jobs = runtime.GOMAXPROCS(0) + 1
	}
	if r.single {
		jobs = 1
	}
	r.each(ctx, len(cases), jobs, func(i int, idle func()) { outcomes[i] = r.first(ctx, cases[i], idle) })
	r.again(ctx, outcomes)
	known := slices.DeleteFunc(outcomes, func(o Outcome) bool { return o.Case == nil })
	return known, context.Cause(ctx)
}

// each calls f for numbers from 0 on, jobs at a time. A call that says that it is idle lets another
// one begin.
func (r *Runner) each(ctx context.Context, n, jobs int, f func(i int, idle func())) {
	slots, parked := make(chan struct{}, jobs), make(chan struct{}, maxParked)
	var work sync.WaitGroup
	defer work.Wait()
	for i := range n {
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
			return
		}
		work.Go(func() {
			var once sync.Once
			release := func() { once.Do(func() { <-slots }) }
			waits := false
			defer func() {
				release()
				if waits {
					<-parked
				}
			}()
			f(i, func() {
				if r.single {
					return
				}
				select {
				case parked <- struct{}{}:
					waits = true
					release()
				default: // too many wait: this one keeps its place
				}
			})
		})
	}
}

// first plays a case for the first time. A result without a failure is reported at once.
func (r *Runner) first(ctx context.Context, c *Case, idle func()) Outcome {
	o := r.play(ctx, r.Drive, c, idle)
	if o.Case != nil && o.Result != Fail {
		r.tell(o)
	}
	return o
}

func (r *Runner) tell(o Outcome) {
	r.told.Lock()
	defer r.told.Unlock()
	if r.Done != nil {
		r.Done(o)
	}
}

// again plays each case that failed a second time, alone, and with a client that is right. Those
// that hang wait together: nothing but time is in their way.
func (r *Runner) again(ctx context.Context, outcomes []Outcome) {
	var alone, waiting []int
	for i, o := range outcomes {
		switch {
		case o.Case == nil || o.Result != Fail:
		case o.Class == Hang:
			waiting = append(waiting, i)
		default:
			alone = append(alone, i)
		}
	}
	second := func(list []int) func(int, func()) {
		return func(n int, idle func()) {
			i := list[n]
			outcomes[i] = r.doubted(ctx, outcomes[i], r.play(ctx, r.Drive, outcomes[i].Case, idle))
			r.tell(outcomes[i])
		}
	}
	r.each(ctx, len(waiting), 1, second(waiting))
	r.each(ctx, len(alone), 1, second(alone))
}

// doubted compares two runs of a case, and asks the client that is known to be right.
func (r *Runner) doubted(ctx context.Context, a, b Outcome) Outcome {
	if b.Case == nil { // the run was ended
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
	if right := own.play(ctx, r.SelfCheck, a.Case, func() {}); right.Case != nil && right.Result == Fail {
		a.Result, a.Why = Harness, fmt.Sprintf("a client known to be right fails too (%s: %s); the first: %s", right.Class, right.Why, a.Why)
	}
	return a
}

// mode returns what is known of the client in the way of TLS that a case needs, or why it cannot
// play the case.
func (r *Runner) mode(d Drive, c *Case) (*Learned, string) {
	var first *Learned
	wanted := c.tls()
	for _, told := range d.Modes() {
		l := r.learned[told]
		if l == nil {
			continue
		}
		if first == nil {
			first = l
		}
		if slices.Contains(wanted, l.Mode) {
			return l, missing(c, l)
		}
	}
	switch {
	case first == nil:
		return nil, "the client was not probed"
	case wanted != nil:
		return first, "the client does not use TLS in this way"
	}
	return first, missing(c, first)
}

// tls returns the ways of TLS that a case can be played in, nil when it is not about TLS.
func (c *Case) tls() []TLS {
	var all []TLS
	for a, ways := range map[scenarios.Ability][]TLS{scenarios.UsesSTLS: {UseSTLS}, scenarios.UsesImplicit: {UseImplicit}, scenarios.UsesTLS: {UseSTLS, UseImplicit}} {
		if slices.Contains(c.Needs, a) {
			all = append(all, ways...)
		}
	}
	return all
}

// missing names an ability that a case needs and the client lacks.
func missing(c *Case, l *Learned) string {
	for _, a := range c.Needs {
		if !l.Can(a) {
			return fmt.Sprintf("the client has not the ability %q", a)
		}
	}
	return ""
}

// play plays a case once. The outcome has no case when ctx ended.
func (r *Runner) play(ctx context.Context, d Drive, c *Case, idle func()) Outcome {
	o := Outcome{Case: c}
	l, why := r.mode(d, c)
	if why != "" {
		o.Result, o.Class, o.Why = Skipped, NotExercised, why
		return o
	}
	began := time.Now()
	t, err := r.trial(c, l)
	if err == nil {
		t.idle = idle
		err = t.play(ctx)
		if err == nil {
			o = t.outcome()
		}
		err = errors.Join(err, t.close())
	}
	if ctx.Err() != nil {
		return Outcome{}
	}
	o.Took = time.Since(began)
	if err != nil {
		o.Result, o.Why = Harness, err.Error()
	}
	return o
}

// outcome judges a case that was played.
func (t *trial) outcome() Outcome {
	e := t.e
	o := Outcome{Case: e.c, Result: Pass}
	if n := len(e.endings); n > 0 {
		o.Output = lastLine(e.endings[n-1].Output)
	}
	found := e.judge()
	switch {
	case len(found) > 0:
		worst := found[0]
		o.Result, o.Class, o.Why, o.Detail = Fail, worst.class, worst.why, worst.detail
		if about(worst.class).Warning {
			o.Result = Warn
		}
		told := []Class{worst.class}
		for _, f := range found[1:] {
			if !slices.Contains(told, f.class) {
				told = append(told, f.class)
				o.Why += fmt.Sprintf("; also %s: %s", f.class, f.why)
			}
		}
		o.Excerpt = e.excerpt(worst)
	case !e.exercised:
		o.Result, o.Class, o.Why = Skipped, NotExercised, "the client never met the fault"
	}
	return o
}
