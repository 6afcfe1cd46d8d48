package features

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/agnivade/levenshtein"
	"github.com/cucumber/godog"

	"pop3mtm/fakeserver"
)

// InitializeScenario adds the steps of this package to a scenario, and gives it its own server,
// message store and client. It is a scenario initializer of godog: assign it to the field
// ScenarioInitializer of a godog.TestSuite, or call it in an initializer that adds steps of your
// own.
func InitializeScenario(sc *godog.ScenarioContext) { Options{}.Initializer()(sc) }

// Initializer returns InitializeScenario with these options. It uses Server, Steps and Client; the
// other options are those of Run.
func (o Options) Initializer() func(*godog.ScenarioContext) {
	habit := new(habit)
	return func(sc *godog.ScenarioContext) {
		w := &world{base: o.Server}
		if o.Client != nil {
			w.other = &other{drive: o.Client, habit: habit}
		}
		w.hook(sc, o.hints)
		for i, run := range w.runs() {
			sc.Step(expressions()[i], run)
		}
		if o.Steps != nil {
			o.Steps(sc)
		}
	}
}

// expressions returns the regular expressions of all steps, compiled once: to compile them takes
// longer than to run a scenario.
var expressions = sync.OnceValue(func() (all []*regexp.Regexp) {
	for _, s := range new(world).steps() {
		all = append(all, s.expression())
	}
	return all
})

// key is the key of a scenario's world in the context of its steps.
type key struct{}

// Server returns the server of the scenario to which the context of a step belongs, for steps of
// your own. It starts the server unless it runs already; later steps cannot change what the server
// offers. The server's method Addr returns its address; the user is User with the password
// Password.
func Server(ctx context.Context) (*fakeserver.Server, error) {
	w, ok := ctx.Value(key{}).(*world)
	if !ok {
		return nil, errors.New("the context does not belong to a step of a scenario that features.InitializeScenario has set up")
	}
	err := w.ready(ctx)
	return w.server, err
}

// hook begins the world before a scenario's first step, and ends it after the last one.
func (w *world) hook(sc *godog.ScenarioContext, hints *hints) {
	sc.Before(func(ctx context.Context, scenario *godog.Scenario) (context.Context, error) {
		ctx = context.WithValue(ctx, key{}, w)
		if err := stopped(ctx); err != nil {
			return ctx, err
		}
		if w.other != nil {
			if err := w.fit(ctx, scenario); err != nil {
				return ctx, err
			}
		}
		return ctx, w.begin(ctx, scenario.Id)
	})
	sc.StepContext().Before(func(ctx context.Context, _ *godog.Step) (context.Context, error) {
		if w.over { // godog would count a step that is skipped anyway as failed
			return ctx, nil
		}
		return ctx, stopped(ctx)
	})
	sc.StepContext().After(func(ctx context.Context, step *godog.Step, status godog.StepResultStatus, err error) (context.Context, error) {
		w.over = w.over || w.failed != nil || status != godog.StepPassed
		if s, ok := errors.AsType[skipped](err); ok {
			ctx = godog.Attach(ctx, godog.Attachment{Body: []byte(s.Error()), FileName: reasonName, MediaType: "text/plain"})
			if hints != nil && !w.left {
				hints.skip(s)
			}
			w.left = true
		}
		if status != godog.StepUndefined {
			failed := w.failed
			w.failed = nil
			return ctx, failed
		}
		hint := w.suggestion(step.Text)
		if hints != nil {
			hints.add(hint.Error())
		}
		return ctx, hint
	})
	sc.After(func(ctx context.Context, _ *godog.Scenario, failed error) (context.Context, error) {
		err := w.end(ctx)
		if failed != nil || w.left { // report only the scenario's own failure
			err = nil
		}
		if hints != nil && !w.left {
			hints.count(failed == nil && err == nil)
		}
		return ctx, err
	})
}

// errStopped is the reason why scenarios of a run that has ended early are skipped.
var errStopped = errors.New("the run was stopped")

// stopped returns a reason to skip what follows when the run is to end.
func stopped(ctx context.Context) error {
	if ctx.Err() == nil {
		return nil
	}
	return skipped{cause: errStopped}
}

// hints are the suggestions of a run, and the reasons why scenarios were skipped.
type hints struct {
	mu      sync.Mutex
	text    []string
	skipped int
	ran     int // scenarios that ran to their end
	passed  int
}

func (h *hints) count(passed bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ran++
	if passed {
		h.passed++
	}
}

// skip counts a scenario that is skipped.
func (h *hints) skip(s skipped) {
	if s.cause != nil {
		return
	}
	h.mu.Lock()
	h.skipped++
	h.mu.Unlock()
	h.add(s.Error())
}

func (h *hints) add(text string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !slices.Contains(h.text, text) {
		h.text = append(h.text, text)
	}
}

func (h *hints) write(out io.Writer) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	text := h.text
	switch h.skipped {
	case 0:
	case 1:
		text = append([]string{"1 scenario was skipped:"}, text...)
	default:
		text = append([]string{fmt.Sprintf("%d scenarios were skipped:", h.skipped)}, text...)
	}
	for _, text := range text {
		if _, err := fmt.Fprintln(out, text); err != nil {
			return err
		}
	}
	return nil
}

// suggestion returns the error for a line that no step matches. It names the most similar line
// among the examples of the steps and the built-in suites, if one is similar enough.
func (w *world) suggestion(line string) error {
	best, distance := "", len(line)/2
	for _, known := range w.knownLines() {
		if d := levenshtein.ComputeDistance(line, known); d < distance {
			best, distance = known, d
		}
	}
	if best == "" {
		return fmt.Errorf("no step reads %q; features/STEPS.md lists the steps", line)
	}
	return fmt.Errorf("no step reads %q; did you mean %q?", line, best)
}

// knownLines returns examples of lines that steps match.
func (w *world) knownLines() []string {
	var lines []string
	for _, s := range w.steps() {
		example, _, _ := strings.Cut(s.example, "\n")
		lines = append(lines, example)
	}
	entries, _ := builtin.ReadDir(".") // reading embedded files cannot fail
	for _, e := range entries {
		text, _ := builtin.ReadFile(e.Name())
		for line := range strings.Lines(string(text)) {
			keyword, step, _ := strings.Cut(strings.TrimSpace(line), " ")
			if slices.Contains([]string{"Given", "When", "Then", "And", "But"}, keyword) && !strings.Contains(step, "<") {
				lines = append(lines, step)
			}
		}
	}
	return lines
}
