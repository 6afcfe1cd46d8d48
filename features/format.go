package features

import (
	"fmt"
	"io"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/cucumber/godog"
)

// ours begins the names under which formatters of this package are registered with godog.
const ours = "pop3mtm-"

var register = sync.OnceFunc(func() {
	godog.Format(ours+"junit", "", func(suite string, out io.Writer) godog.Formatter {
		return &junit{BaseFmt: godog.NewBaseFmt(suite, out), out: out, suite: suite}
	})
	godog.Format(ours+"progress", "", func(suite string, out io.Writer) godog.Formatter {
		line := &scenarioLine{Writer: out}
		f := godog.NewProgressFmt(suite, line)
		line.base = f.Base
		return f
	})
	godog.Format(ours+"pretty", "", func(suite string, out io.Writer) godog.Formatter {
		line := &scenarioLine{Writer: out}
		f := godog.NewPrettyFmt(suite, line)
		line.base = f.Base
		return f
	})
})

// Formats returns a list of godog's formats, such as "junit:report.xml,progress", with our
// formatters in place of godog's: cases of a JUnit report have class names and reasons, its times
// add up, and skipped scenarios do not count as passed. Run uses it; the field Format of a godog
// suite of your own takes the list.
func Formats(formats string) string {
	register()
	list := strings.Split(formats, ",")
	for i, format := range list {
		switch name, _, _ := strings.Cut(format, ":"); name {
		case "junit", "progress", "pretty":
			list[i] = ours + format
		}
	}
	return strings.Join(list, ",")
}

// curtain hides what godog prints about the scenarios that are left when a run is stopped, until
// its summary.
type curtain struct {
	io.Writer
	closed  func() bool
	summary atomic.Bool
}

func (c *curtain) Write(p []byte) (int, error) {
	if c.closed() && !c.summary.Load() {
		return len(p), nil
	}
	return c.Writer.Write(p)
}

var scenarioCount = regexp.MustCompile(`^\d+ scenarios \(`)

// scenarioLine replaces the line in which godog counts scenarios, because godog counts those that
// are skipped as passed.
type scenarioLine struct {
	io.Writer
	base *godog.BaseFmt
}

func (l *scenarioLine) Write(p []byte) (int, error) {
	if !scenarioCount.Match(p) {
		return l.Writer.Write(p)
	}
	_, err := io.WriteString(l.Writer, countScenarios(l.base))
	return len(p), err
}

// countScenarios returns the line in which scenarios are counted.
func countScenarios(f *godog.BaseFmt) string {
	counts := map[godog.StepResultStatus]int{}
	all := f.Storage.MustGetPickleResults()
	for _, scenario := range all {
		worst := godog.StepPassed
		results := f.Storage.MustGetPickleStepResultsByPickleID(scenario.PickleID)
		if len(results) == 0 {
			worst = godog.StepUndefined
		}
		for _, r := range results {
			worst = worse(worst, r.Status)
		}
		counts[worst]++
	}
	var parts []string
	for _, status := range []godog.StepResultStatus{godog.StepPassed, godog.StepFailed, godog.StepPending, godog.StepAmbiguous, godog.StepUndefined, godog.StepSkipped} {
		if n := counts[status]; n > 0 {
			parts = append(parts, status.Color()(fmt.Sprintf("%d %s", n, status)))
		}
	}
	return fmt.Sprintf("%d scenarios (%s)\n", len(all), strings.Join(parts, ", "))
}

// worse returns the status of a scenario that has both. What follows a failed step is skipped.
func worse(a, b godog.StepResultStatus) godog.StepResultStatus {
	switch {
	case a == godog.StepPassed, a == godog.StepSkipped && b != godog.StepPassed, b == godog.StepFailed:
		return b
	}
	return a
}
