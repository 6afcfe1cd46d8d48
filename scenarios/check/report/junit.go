package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"pop3mtm/scenarios/check"
)

type junitSuites struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Skipped  int          `xml:"skipped,attr"`
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Skipped  int         `xml:"skipped,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Class   string        `xml:"classname,attr"`
	Name    string        `xml:"name,attr"`
	Failure *junitMessage `xml:"failure"`
	Skipped *junitMessage `xml:"skipped"`
	Out     string        `xml:"system-out,omitempty"`
}

type junitMessage struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr,omitempty"`
	Text    string `xml:",chardata"`
}

// JUnit writes the report as JUnit XML, with a suite for each severity. Only cases that fail the
// run are failures.
func (r *Report) JUnit(w io.Writer, p Policy) error {
	var all junitSuites
	for _, s := range check.Severities() {
		suite := junitSuite{Name: r.Client + ": " + string(s)}
		for _, c := range r.Cases {
			if c.Severity == s {
				suite.add(c, p)
			}
		}
		if suite.Tests > 0 {
			all.Tests, all.Failures, all.Skipped = all.Tests+suite.Tests, all.Failures+suite.Failures, all.Skipped+suite.Skipped
			all.Suites = append(all.Suites, suite)
		}
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	if err := e.Encode(all); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func (s *junitSuite) add(c Case, p Policy) {
	class, _, _ := strings.Cut(c.ID, "@")
	one := junitCase{Class: class, Name: c.ID}
	var b strings.Builder
	if c.Result != check.Pass && c.Result != check.Skipped {
		c.text(&b)
	}
	s.Tests++
	switch {
	case p.Fails(c):
		s.Failures++
		one.Failure = &junitMessage{Message: xmlText(c.Why), Type: string(c.Class), Text: xmlText(b.String())}
	case c.Result == check.Pass:
	case c.Result == check.Skipped:
		s.Skipped++
		one.Skipped = &junitMessage{Message: xmlText(c.Why)}
	default:
		one.Out = xmlText(fmt.Sprintf("%s %s: %s", c.Result, c.Class, b.String()))
	}
	s.Cases = append(s.Cases, one)
}

// xmlText removes the characters that XML does not allow.
func xmlText(text string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x20 && r != '\n' && r != '\t' || r == 0xFFFE || r == 0xFFFF {
			return '?'
		}
		return r
	}, strings.ToValidUTF8(text, "?"))
}
