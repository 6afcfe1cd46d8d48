package features

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/cucumber/godog"

	"pop3mtm/fakeserver"
	"pop3mtm/scenarios/check"
)

//go:embed *.feature
var builtin embed.FS

// ErrFormat is wrapped by the error of Run when Options.Format is wrong.
var ErrFormat = errors.New("unknown format")

// Options configures Run. The zero value runs all built-in suites.
type Options struct {
	// Paths holds .feature files, directories of them, or FILE:LINE for one scenario. Default: the
	// built-in suites.
	Paths []string
	// Tags selects scenarios, in godog's notation: "@move && ~@slow".
	Tags string
	// Format is one of godog's formats: progress, pretty, junit, cucumber, events. Several are
	// joined by commas; FORMAT:FILE writes to a file. Default: progress.
	Format string
	// Out receives the output. Default: os.Stdout.
	Out io.Writer
	// Color adds colours for a terminal.
	Color bool
	// Concurrency is the number of scenarios that run at a time. Default: 1.
	Concurrency int
	// Seed of the random order of scenarios; 0 picks one. The summary shows it.
	Seed int64
	// Server holds the options of each scenario's server, such as its greeting. The user demo is
	// added. Default: those of a correct server.
	Server *fakeserver.Options
	// Steps, if not nil, adds your own steps to those of STEPS.md. The function Server returns the
	// scenario's server to them.
	Steps func(*godog.ScenarioContext)
	// Client is a client that is driven instead of the MTM, such as check.Exec with a preset, by
	// the steps that fit every client. A scenario with another step is skipped, and Run says why.
	// nil stands for the MTM.
	Client check.Drive

	hints *hints
}

func (o Options) orDefault() Options {
	if o.Format == "" {
		o.Format = "progress"
	}
	if o.Out == nil {
		o.Out = os.Stdout
	}
	if o.Concurrency <= 0 {
		o.Concurrency = 1
	}
	if o.Seed == 0 {
		o.Seed = -1 // godog picks one
	}
	o.hints = new(hints)
	return o
}

// Run runs scenarios in random order and blocks until the last one has ended. status is 0 when all
// passed or were skipped, and 1 when one failed; an undefined, pending or ambiguous step fails its
// scenario. err reports options that cannot work: no scenario is found, a file does not parse, the
// format is unknown. After ctx has ended the remaining scenarios are skipped, the report shows what
// ran, and err wraps the cause. Calls must not overlap, since godog's summary takes its seed from
// the environment.
func Run(ctx context.Context, o Options) (status int, err error) {
	o = o.orDefault()
	if err = checkFormat(o.Format); err != nil {
		return 0, err
	}
	out := &curtain{Writer: o.Out, closed: func() bool { return ctx.Err() != nil }}
	plain := o.Out
	o.Out = out
	suite := o.suite(ctx)
	suite.TestSuiteInitializer = func(s *godog.TestSuiteContext) { s.AfterSuite(func() { out.summary.Store(true) }) }
	found, err := suite.RetrieveFeatures()
	if err != nil {
		return 0, err
	}
	if len(found) == 0 {
		return 0, errors.New("no scenario found" + o.where() + o.tagHint(ctx))
	}
	if status = suite.Run(); status > 1 {
		return status, errors.New("godog could not run the scenarios; its output says why")
	}
	o.Out = plain
	if err = o.hints.write(o.hintsTo()); err == nil && ctx.Err() != nil {
		all := 0
		for _, f := range found {
			all += len(f.Pickles)
		}
		_, err = fmt.Fprintf(o.hintsTo(), "stopped: %d of %d scenarios ran, %d passed\n", o.hints.ran, all, o.hints.passed)
		return status, errors.Join(context.Cause(ctx), err)
	}
	return status, err
}

// hintsTo returns the writer for hints. They must not get into a report that a program reads.
func (o Options) hintsTo() io.Writer {
	for format := range strings.SplitSeq(o.Format, ",") {
		if !strings.Contains(format, ":") && format != "progress" && format != "pretty" {
			return os.Stderr
		}
	}
	return o.Out
}

// suite returns the godog suite for these options.
func (o Options) suite(ctx context.Context) *godog.TestSuite {
	options := godog.Options{
		Paths: o.Paths, Tags: o.Tags, Format: Formats(o.Format), Output: o.Out, NoColors: !o.Color,
		Concurrency: o.Concurrency, Randomize: o.Seed, Strict: true, DefaultContext: ctx,
	}
	if len(o.Paths) == 0 {
		options.FS, options.Paths = builtin, []string{"."}
	}
	return &godog.TestSuite{Name: "pop3mtm", ScenarioInitializer: o.Initializer(), Options: &options}
}

func (o Options) where() string {
	var text string
	if len(o.Paths) > 0 {
		text = " in " + strings.Join(o.Paths, ", ")
	}
	if o.Tags != "" {
		text += " with the tags " + o.Tags
	}
	return text
}

// tagHint returns a text about how to combine tags, and which tags exist.
func (o Options) tagHint(ctx context.Context) string {
	if o.Tags == "" {
		return ""
	}
	o.Tags = ""
	found, err := o.suite(ctx).RetrieveFeatures()
	if err != nil || len(found) == 0 {
		return ""
	}
	known := map[string]bool{}
	for _, f := range found {
		for _, p := range f.Pickles {
			for _, tag := range p.Tags {
				known[tag.Name] = true
			}
		}
	}
	if len(known) == 0 {
		return "; the feature files have no tags"
	}
	return "; write '@a && @b' for both, '@a,@b' for one of them, '~@a' for those without; known are " +
		strings.Join(slices.Sorted(maps.Keys(known)), ", ")
}

func formatNames(known map[string]string) []string {
	names := slices.Sorted(maps.Keys(known))
	return slices.DeleteFunc(names, func(name string) bool { return strings.HasPrefix(name, ours) })
}

// checkFormat rejects an unknown format, before godog reports it on standard output.
func checkFormat(formats string) error {
	known := godog.AvailableFormatters()
	for format := range strings.SplitSeq(formats, ",") {
		name, _, _ := strings.Cut(format, ":")
		if _, ok := known[name]; !ok || strings.HasPrefix(name, ours) {
			return fmt.Errorf("%w %q; it is one of %s",
				ErrFormat, name, strings.Join(formatNames(known), ", "))
		}
	}
	return nil
}
