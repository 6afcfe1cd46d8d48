package features

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/cucumber/godog"
)

// junitName is the name under which junit is registered with godog.
const junitName = "pop3mtm-junit"

var registerJUnit = sync.OnceFunc(func() {
	godog.Format(junitName, "", func(suite string, out io.Writer) godog.Formatter {
		j := &junit{out: out}
		j.JUnitFmt = godog.NewJUnitFmt(suite, &j.raw)
		return j
	})
})

// Formats returns a list of godog's formats, such as "junit:report.xml,progress", with our JUnit
// formatter in place of godog's: its cases have class names, and the times of suites add up. Run
// uses it; the field Format of a godog suite of your own takes the list.
func Formats(formats string) string {
	registerJUnit()
	list := strings.Split(formats, ",")
	for i, format := range list {
		if name, file, to := strings.Cut(format, ":"); name == "junit" {
			list[i] = junitName
			if to {
				list[i] += ":" + file
			}
		}
	}
	return strings.Join(list, ",")
}

// junit is godog's JUnit formatter with two additions: a class name for each case, by which report
// viewers group, and the correct time of a suite when its scenarios run in random order.
type junit struct {
	*godog.JUnitFmt
	raw bytes.Buffer // what godog writes
	out io.Writer
}

// Summary writes the report.
func (j *junit) Summary() {
	j.JUnitFmt.Summary()
	if err := completeJUnit(j.out, j.raw.Bytes()); err != nil {
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
	Name     string `xml:"name,attr"`
	Tests    int    `xml:"tests,attr"`
	Skipped  int    `xml:"skipped,attr"`
	Failures int    `xml:"failures,attr"`
	Errors   int    `xml:"errors,attr"`
	Time     string `xml:"time,attr"`
}

type junitCase struct {
	Class    string         `xml:"classname,attr"`
	Name     string         `xml:"name,attr"`
	Status   string         `xml:"status,attr"`
	Time     string         `xml:"time,attr"`
	Failures []junitProblem `xml:"failure"`
	Errors   []junitProblem `xml:"error"`
}

type junitProblem struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr,omitempty"`
}

// completeJUnit writes godog's report with class names, and with the sum of the cases' times as the
// time of each suite.
func completeJUnit(out io.Writer, raw []byte) error {
	var report junitReport
	if err := xml.Unmarshal(raw, &report); err != nil {
		return err
	}
	var all float64
	for _, suite := range report.Suites {
		var sum float64
		for _, c := range suite.Cases {
			c.Class = suite.Name
			seconds, err := strconv.ParseFloat(c.Time, 64)
			if err != nil || seconds < 0 {
				seconds = 0
			}
			c.Time = junitTime(seconds)
			sum += seconds
		}
		suite.Time = junitTime(sum)
		all += sum
	}
	report.Time = junitTime(all)
	slices.SortStableFunc(report.Suites, func(a, b *junitSuite) int { return strings.Compare(a.Name, b.Name) })
	text, err := xml.MarshalIndent(report, "", "  ")
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%s%s\n", xml.Header, text)
	return err
}

func junitTime(seconds float64) string { return strconv.FormatFloat(seconds, 'f', 6, 64) }
