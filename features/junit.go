package features

import (
	"encoding/xml"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cucumber/godog"
)

// reasonName is the name of an attachment of a skipped step, which says why.
const reasonName = "reason"

// junit writes a JUnit report with a class name for each case, by which report viewers group.
type junit struct {
	*godog.BaseFmt
	out   io.Writer
	suite string
}

// Summary writes the report.
func (j *junit) Summary() {
	text, err := xml.MarshalIndent(j.report(), "", "  ")
	if err == nil {
		_, err = fmt.Fprintf(j.out, "%s%s\n", xml.Header, text)
	}
	if err != nil {
		_, _ = fmt.Fprintln(j.out, "the JUnit report cannot be written:", err) // an error cannot be returned here
	}
}

type junitReport struct {
	XMLName xml.Name `xml:"testsuites"`
	junitCounts
	Suites []*junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	junitCounts
	Cases []*junitCase `xml:"testcase"`
}

type junitCounts struct {
	Name     string  `xml:"name,attr"`
	Tests    int     `xml:"tests,attr"`
	Skipped  int     `xml:"skipped,attr"`
	Failures int     `xml:"failures,attr"`
	Errors   int     `xml:"errors,attr"`
	Time     seconds `xml:"time,attr"`
}

type junitCase struct {
	Class   string        `xml:"classname,attr"`
	Name    string        `xml:"name,attr"`
	Status  string        `xml:"status,attr"`
	Time    seconds       `xml:"time,attr"`
	Failure *junitProblem `xml:"failure"`
	Error   *junitProblem `xml:"error"`
	Skipped *junitProblem `xml:"skipped"`
}

type junitProblem struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr,omitempty"`
}

// seconds is a duration in a report.
type seconds float64

// MarshalText returns the seconds with six decimals.
func (s seconds) MarshalText() ([]byte, error) {
	return strconv.AppendFloat(nil, float64(s), 'f', 6, 64), nil
}

// add counts a case, or all cases of a suite.
func (c *junitCounts) add(more junitCounts) {
	c.Tests += more.Tests
	c.Skipped += more.Skipped
	c.Failures += more.Failures
	c.Errors += more.Errors
	c.Time += more.Time
}

func (j *junit) report() *junitReport {
	report := &junitReport{junitCounts: junitCounts{Name: j.suite}}
	began := map[string]time.Time{}
	for _, r := range j.Storage.MustGetPickleResults() {
		began[r.PickleID] = r.StartedAt
	}
	for _, feature := range j.Storage.MustGetFeatures() {
		suite := &junitSuite{junitCounts: junitCounts{Name: feature.Feature.Name}}
		names := map[string]int{}
		for _, p := range feature.Pickles {
			names[p.Name]++
		}
		number := map[string]int{}
		for _, p := range feature.Pickles {
			c := j.result(p, began[p.Id])
			if c.Class = suite.Name; names[p.Name] > 1 {
				number[p.Name]++
				c.Name = fmt.Sprintf("%s #%d", p.Name, number[p.Name])
			}
			suite.Cases = append(suite.Cases, c)
			suite.add(c.counts())
		}
		report.Suites = append(report.Suites, suite)
		report.add(suite.junitCounts)
	}
	slices.SortStableFunc(report.Suites, func(a, b *junitSuite) int { return strings.Compare(a.Name, b.Name) })
	return report
}

// counts returns what the case adds to those of its suite.
func (c *junitCase) counts() junitCounts {
	one := junitCounts{Tests: 1, Time: c.Time}
	switch {
	case c.Failure != nil:
		one.Failures = 1
	case c.Error != nil:
		one.Errors = 1
	case c.Skipped != nil:
		one.Skipped = 1
	}
	return one
}

// result returns the case of a scenario. Its status is that of the step that decided it.
func (j *junit) result(p *godog.Scenario, began time.Time) *junitCase {
	c := &junitCase{Name: p.Name, Status: godog.StepSkipped.String()}
	if len(p.Steps) == 0 {
		c.Status, c.Error = "undefined", &junitProblem{Message: "the scenario has no steps", Type: "undefined"}
		return c
	}
	status, decided, reason := godog.StepPassed, "", ""
	ended := began
	for _, r := range j.Storage.MustGetPickleStepResultsByPickleID(p.Id) {
		if r.FinishedAt.After(ended) {
			ended = r.FinishedAt
		}
		if now := worse(status, r.Status); now != status || reason == "" && now == r.Status && now != godog.StepPassed {
			status, decided = now, j.Storage.MustGetPickleStep(r.PickleStepID).Text
			reason = "Step " + decided
			if r.Err != nil {
				reason += ": " + r.Err.Error()
			}
			for _, a := range r.Attachments {
				if a.Name == reasonName {
					reason = string(a.Data)
				}
			}
		}
	}
	c.Time, c.Status = seconds(ended.Sub(began).Seconds()), status.String()
	switch status {
	case godog.StepPassed:
	case godog.StepFailed:
		c.Failure = &junitProblem{Message: reason}
	case godog.StepSkipped:
		c.Skipped = &junitProblem{Message: reason}
	case godog.StepUndefined:
		c.Error = &junitProblem{Message: new(world).suggestion(decided).Error(), Type: c.Status}
	default:
		c.Error = &junitProblem{Message: reason, Type: c.Status}
	}
	return c
}
