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
		return 0, errors.New("no scenario found" + o.where())
	}
	if status = suite.Run(); status > 1 {
		return status, errors.New("godog could not run the scenarios")
	}
	return status, nil
}

// suite returns the run that the options ask for.
func (o Options) suite(ctx context.Context) *godog.TestSuite {
	options := godog.Options{
		Paths: o.Paths, Tags: o.Tags, Format: o.Format, Output: o.Out, NoColors: !o.Color,
		Concurrency: o.Concurrency, Randomize: o.Seed, Strict: true, DefaultContext: ctx,
	}
	if len(o.Paths) == 0 {
		options.FS, options.Paths = builtin, []string{"."}
	}
	return &godog.TestSuite{Name: "pop3mtm", ScenarioInitializer: initializer(), Options: &options}
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

// checkFormat refuses a format that godog does not know, before godog writes
// about it where nobody expects it.
func checkFormat(formats string) error {
	known := godog.AvailableFormatters()
	for format := range strings.SplitSeq(formats, ",") {
		name, _, _ := strings.Cut(format, ":")
		if _, ok := known[name]; !ok {
			return fmt.Errorf("%w %q; it is one of %s",
				ErrFormat, name, strings.Join(slices.Sorted(maps.Keys(known)), ", "))
		}
	}
	return nil
}
