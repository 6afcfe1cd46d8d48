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

// ErrFormat is in the error of Run when Options.Format is wrong.
var ErrFormat = errors.New("unknown format")

// Options of Run; the zero value runs all built-in suites.
type Options struct {
	// Paths are .feature files, FILE:LINE for one scenario, or folders of them.
	// None means the built-in suites.
	Paths []string
	// Tags picks scenarios, in godog's notation: "@move && ~@slow".
	Tags string
	// Format is godog's: progress, pretty, junit, cucumber, events, or several
	// joined by commas, each with ":FILE" after it if it shall go to a file.
	// Default: progress.
	Format string
	// Out takes the output. Default: os.Stdout.
	Out io.Writer
	// Color paints it for a terminal.
	Color bool
	// Concurrency is how many scenarios run at a time. Default: 1.
	Concurrency int
	// Seed of the random order of scenarios; 0 picks one. The summary shows it.
	Seed int64
	// Server is what each scenario's server starts from: its greeting, its texts, what it offers.
	// The user demo is added. nil stands for a correct server.
	Server *fakeserver.Options
	// Steps adds steps of your own, which may stand beside those of STEPS.md. Function Server gives
	// them the scenario's server.
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
		o.Seed = -1 // godog's word for "pick one"
	}
	o.hints = new(hints)
	return o
}

// Run runs scenarios in random order and blocks until the last one has ended.
// status is 0 when all passed and 1 when one failed; a step that is undefined,
// pending or ambiguous fails too. The error is of options that cannot work: no
// scenario found, a file that does not parse, an unknown format. After ctx has
// ended the remaining scenarios fail at once. Run once at a time: godog's
// summary takes its seed from the environment.
func Run(ctx context.Context, o Options) (status int, err error) {
	o = o.orDefault()
	if err = checkFormat(o.Format); err != nil {
		return 0, err
	}
	suite := o.suite(ctx)
	found, err := suite.RetrieveFeatures()
	if err != nil {
		return 0, err
	}
	if len(found) == 0 {
		return 0, errors.New("no scenario found" + o.where() + o.tagHint(ctx))
	}
	if status = suite.Run(); status > 1 {
		return status, errors.New("godog could not run the scenarios")
	}
	return status, o.hints.write(o.hintsTo())
}

// hintsTo returns where hints go: not into a report that a program reads.
func (o Options) hintsTo() io.Writer {
	for format := range strings.SplitSeq(o.Format, ",") {
		if !strings.Contains(format, ":") && format != "progress" && format != "pretty" {
			return os.Stderr
		}
	}
	return o.Out
}

// suite returns the run that the options ask for.
func (o Options) suite(ctx context.Context) *godog.TestSuite {
	options := godog.Options{
		Paths: o.Paths, Tags: o.Tags, Format: ourFormats(o.Format), Output: o.Out, NoColors: !o.Color,
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

// tagHint says how tags are combined, and which ones the suites have.
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
	return "; write '@a && @b' for both, '@a,@b' for one of them, '~@a' for those without; known are " +
		strings.Join(slices.Sorted(maps.Keys(known)), ", ")
}

func formatNames(known map[string]string) []string {
	names := slices.Sorted(maps.Keys(known))
	return slices.DeleteFunc(names, func(name string) bool { return name == junitName })
}

// checkFormat refuses a format that godog does not know, before godog writes
// about it where nobody expects it.
func checkFormat(formats string) error {
	known := godog.AvailableFormatters()
	for format := range strings.SplitSeq(formats, ",") {
		name, _, _ := strings.Cut(format, ":")
		if _, ok := known[name]; !ok || name == junitName {
			return fmt.Errorf("%w %q; it is one of %s",
				ErrFormat, name, strings.Join(formatNames(known), ", "))
		}
	}
	return nil
}
