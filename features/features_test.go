package features_test

import (
	"flag"
	"os"
	"testing"

	"github.com/cucumber/godog"

	"pop3mtm/features"
	"pop3mtm/internal/ramdisk"
)

// options are godog's own, by its own flags: go test ./features
// -godog.tags=@move -godog.format=pretty
var options = godog.Options{Paths: []string{"."}, Format: "progress", Output: os.Stdout, Concurrency: 4, Randomize: -1, Strict: true}

func TestMain(m *testing.M) {
	ramdisk.Use()
	godog.BindFlags("godog.", flag.CommandLine, &options)
	os.Exit(m.Run())
}

// TestFeatures runs all built-in suites, each scenario as a test below this one. The seed in the
// summary repeats an order.
func TestFeatures(t *testing.T) {
	skipUpdate(t)
	o := options
	if paths := flag.Args(); len(paths) > 0 {
		o.Paths = paths
	}
	given := map[string]bool{}
	flag.Visit(func(f *flag.Flag) { given[f.Name] = true })
	if o.Format != "progress" && !given["godog.concurrency"] {
		o.Concurrency = 1 // the other formats get mixed up
	}
	o.Format, o.TestingT = features.Formats(o.Format), t
	suite := godog.TestSuite{Name: "pop3mtm", ScenarioInitializer: features.InitializeScenario, Options: &o}
	if found, err := suite.RetrieveFeatures(); err != nil || len(found) == 0 {
		// Run says what is wrong with the tags or the files.
		_, err := features.Run(t.Context(), features.Options{Paths: o.Paths, Tags: o.Tags})
		t.Fatal(err)
	}
	if suite.Run() != 0 {
		t.Fatal("a scenario failed; the output above names it")
	}
}

// skipUpdate skips a test of scenarios when only STEPS.md is to be written.
func skipUpdate(t *testing.T) {
	t.Helper()
	if f := flag.Lookup("update"); f != nil && f.Value.String() == "true" {
		t.Skip("-update only writes STEPS.md")
	}
}
