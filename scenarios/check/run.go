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

// Result is the result of a case.
type Result string

// The values of Result.
const (
	Pass     Result = "pass"
	Fail     Result = "fail"
	Warn     Result = "warn"
	Skipped  Result = "not-exercised"
	Unstable Result = "unstable" // two runs of the case had different results
	Harness  Result = "harness"  // a client known to be correct fails too: the case is in doubt
)

// Results returns all results.
func Results() []Result { return []Result{Pass, Fail, Warn, Skipped, Unstable, Harness} }

// Outcome is the verdict on a client in one case.
type Outcome struct {
	Case    *Case
	Result  Result
	Class   Class // "" for a pass
	Why     string
	Detail  string // where stored and served mail differ
	Excerpt []Line // the part of the transcript, for results that are not a pass
	Output  string // the end of the client's output
	Took    time.Duration
	Left    int // processes that the client left behind, which were ended

	repeated bool // a second run was made
	several  bool // the client makes several connections in each visit
}

// Runner lets a client play cases. Call Open, then Run any number of times, then Close.
type Runner struct {
	Drive      Drive
	Deviations []string
	Layout     string // as declared, for the report
	// Jobs is the number of cases that run at a time; cases in which the client is idle do not
	// count. Default: the number of processors plus one.
	Jobs int
	// Done, if not nil, is called with each outcome, from one goroutine at a time.
	Done func(Outcome)
	// SelfCheck is a client that is known to be correct. It plays each case that fails, and is
	// taken to have the abilities of the tested client. With nil, cases are never in doubt.
	SelfCheck Drive

	keys    *keys
	dir     string
	caFile  string
	learned map[TLS]*Learned
	told    sync.Mutex
	single  bool                    // all cases use one port, so one plays at a time
	stop    context.CancelCauseFunc // of the current Run
}

// waitingPerJob limits the clients that wait for a time-out, beside each one that works: they all
// go on at about the same time.
const waitingPerJob = 5

// Open creates the directory and the certificate authority of the run, and probes the client. The
// error matches ErrProbe when the client cannot be checked. Call Close even after an error.
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

// Learned returns what the probe detected, for each use of TLS that the client was set to.
func (r *Runner) Learned() []*Learned {
	var all []*Learned
	for _, told := range r.Drive.Modes() {
		if l := r.learned[told]; l != nil {
			all = append(all, l)
		}
	}
	return all
}

// Close removes the directory of the run.
func (r *Runner) Close() error {
	if r.dir == "" {
		return nil
	}
	return os.RemoveAll(r.dir)
}

// Run plays the cases and returns the outcomes in the same order. When ctx ends it returns the
// outcomes that are known, and the cause.
func (r *Runner) Run(ctx context.Context, cases []*Case) ([]Outcome, error) {
	outcomes := make([]Outcome, len(cases))
	ctx, r.stop = context.WithCancelCause(ctx)
	defer r.stop(nil)
	_, r.single = r.Drive.(place)
	jobs := r.Jobs
	if jobs <= 0 {
		jobs = runtime.GOMAXPROCS(0) + 1
	}
	if r.single {
		jobs = 1
	}
	play := func(list []int) func(int, func()) {
		return func(n int, idle func()) {
			i := list[n]
			outcomes[i] = r.first(ctx, cases[i], idle)
		}
	}
	silent, others := bySilence(cases)
	if r.single {
		silent, others = nil, slices.Sorted(slices.Values(slices.Concat(silent, others)))
	}
	var waiting sync.WaitGroup
	waiting.Go(func() { r.each(ctx, len(silent), waitingPerJob*jobs, play(silent)) })
	r.each(ctx, len(others), jobs, play(others))
	waiting.Wait()
	r.again(ctx, outcomes, jobs)
	known := slices.DeleteFunc(outcomes, func(o Outcome) bool { return o.Case == nil })
	return known, context.Cause(ctx)
}

// each calls f for the numbers from 0 to n-1, jobs of them at a time. A call that reports that it
// is idle lets another one begin.
func (r *Runner) each(ctx context.Context, n, jobs int, f func(i int, idle func())) {
	slots, parked := make(chan struct{}, jobs), make(chan struct{}, waitingPerJob*jobs)
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
				if r.single || waits {
					return
				}
				select {
				case parked <- struct{}{}:
					waits = true
					release()
				default: // too many are idle: this one keeps its place
				}
			})
		})
	}
}

func (r *Runner) tell(o Outcome) {
	r.told.Lock()
	defer r.told.Unlock()
	if r.Done != nil {
		r.Done(o)
	}
}

// mode returns what the probe detected with the use of TLS that a case needs, or why the client
// cannot play the case.
func (r *Runner) mode(d Drive, c *Case) (*Learned, string) {
	var first *Learned
	if _, person := d.(*Attend); person && c.kill != nil {
		return nil, "a person cannot end the client at one reply of the server"
	}
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
		return first, "the client does not use TLS in the way that the case needs"
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

// missing returns a text about an ability that a case needs and the client lacks, or "".
func missing(c *Case, l *Learned) string {
	for _, a := range c.Needs {
		if !l.Can(a) {
			return fmt.Sprintf("the client does not have the ability %q", a)
		}
	}
	return ""
}

// play plays a case once. The outcome has no case when ctx ended.
func (r *Runner) play(ctx context.Context, d Drive, c *Case, idle Waiting) Outcome {
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
	if errors.Is(err, ErrStopped) && r.stop != nil {
		r.stop(ErrStopped)
	}
	if ctx.Err() != nil {
		return Outcome{}
	}
	o.Took = time.Since(began)
	switch {
	case errors.Is(err, errSkipped):
		o.Result, o.Class, o.Why = Skipped, NotExercised, err.Error()
	case err != nil:
		o.Result, o.Why = Harness, err.Error()
	}
	return o
}

// outcome returns the verdict on a case that was played.
func (t *trial) outcome() Outcome {
	e := t.e
	o := Outcome{Case: e.c, Result: Pass, several: e.learned.Sessions > 1}
	for _, end := range e.endings {
		o.Left += end.Left
	}
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
