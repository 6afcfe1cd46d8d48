package features

import (
	"context"
	"regexp"
	"strings"

	"github.com/cucumber/godog"
)

// step is one row of the table: how a line of a scenario reads and what it does.
type step struct {
	pattern string // with the placeholders of expression
	about   string // one line for STEPS.md
	example string // a line that the pattern matches
	run     any    // a method of a world, called with the placeholders' values
}

// steps is the whole table, in the order of STEPS.md.
func (w *world) steps() []step {
	var all []step
	for _, group := range w.groups() {
		all = append(all, group.steps...)
	}
	return all
}

// group is the steps of one file.
type group struct {
	title string
	steps []step
}

func (w *world) groups() []group {
	return []group{
		{"The server", w.serverSteps()},
		{"Getting mail", w.mailSteps()},
		{"The account and the message store", w.storeSteps()},
	}
}

// placeholders are what patterns hold in braces. Each stands for one value.
func placeholders() *strings.Replacer {
	const text = `"([^"]*)"`
	return strings.NewReplacer(
		"{list}", `(nothing|"[^"]*"(?:, "[^"]*")*(?: and "[^"]*")?)`,
		"{text}", text,
		"{int}", `(\d+)`,
		"{number}", `(-?\d+)`,
		"{command}", `(`+commandPattern+`)`,
		"{part}", `(`+strings.Join(partNames(), "|")+`)`,
		"{ability}", `(`+strings.Join(abilityNames(), "|")+`)`,
		"{state}", `(connected|offline)`,
		"{who}", `(it|what I began)`,
		"{place}", `(Inbox|mailbox|folder "[^"]*")`,
		"(s)", `s?`,
		"(", `\(`, ")", `\)`,
	)
}

// expression is the regular expression of a step's pattern.
func (s step) expression() *regexp.Regexp {
	return regexp.MustCompile("^" + placeholders().Replace(s.pattern) + "$")
}

// initialize gives each scenario a world of its own, and checks it at the end.
func initialize(sc *godog.ScenarioContext) {
	w := new(world)
	sc.Before(func(ctx context.Context, scenario *godog.Scenario) (context.Context, error) {
		return ctx, w.begin(ctx, scenario.Id)
	})
	sc.StepContext().Before(func(ctx context.Context, _ *godog.Step) (context.Context, error) {
		w.failWith(ctx)
		return ctx, ctx.Err()
	})
	sc.After(func(ctx context.Context, _ *godog.Scenario, failed error) (context.Context, error) {
		err := w.end(ctx)
		if failed != nil { // the scenario's own failure is the one to tell
			err = nil
		}
		return ctx, err
	})
	for _, s := range w.steps() {
		sc.Step(s.expression(), s.run)
	}
}
