package scenarios

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"strings"
)

// Formats returns the names of the formats that Verdict.Write knows.
func Formats() []string { return []string{"text", "json", "junit", "tap"} }

// Write writes the verdict in a format, which must be one of Formats.
func (v *Verdict) Write(w io.Writer, format string) error {
	switch format {
	case "text":
		_, err := io.WriteString(w, v.String())
		return err
	case "json":
		e := json.NewEncoder(w)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		return e.Encode(v)
	case "junit":
		return v.junit(w)
	case "tap":
		_, err := io.WriteString(w, v.tap())
		return err
	}
	return fmt.Errorf("%s", unknown("format", format, Formats()))
}

// name returns the name of the scenario, or a placeholder.
func (v *Verdict) name() string {
	if v.Scenario == "" {
		return "expectations"
	}
	return v.Scenario
}

// String returns the verdict for people.
func (v *Verdict) String() string {
	var b strings.Builder
	switch v.Result {
	case NotExercised:
		fmt.Fprintf(&b, "scenario %s: no client connected\n", v.name())
	case Fail:
		fmt.Fprintf(&b, "scenario %s: expectations not met\n", v.name())
	default:
		fmt.Fprintf(&b, "scenario %s: all expectations met\n", v.name())
	}
	for _, c := range v.Checks {
		for _, f := range c.Failures {
			if c.User != "" {
				fmt.Fprintf(&b, "user %s: ", c.User)
			}
			b.WriteString(f.Error() + "\n")
		}
	}
	return b.String()
}

// title returns a line that says what a check is about.
func (c *Check) title() string {
	if c.User != "" {
		return c.User + ": " + c.What
	}
	return c.What
}

// text returns the failures of a check as text.
func (c *Check) text() string {
	var all []string
	for _, f := range c.Failures {
		all = append(all, f.Error())
	}
	return strings.Join(all, "\n")
}

// junit writes JUnit XML, which CI systems read, with a test case for each check.
func (v *Verdict) junit(w io.Writer) error {
	type message struct {
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
	type testCase struct {
		Class   string   `xml:"classname,attr"`
		Name    string   `xml:"name,attr"`
		Failure *message `xml:"failure,omitempty"`
		Skipped *message `xml:"skipped,omitempty"`
	}
	type suite struct {
		XMLName  xml.Name   `xml:"testsuite"`
		Name     string     `xml:"name,attr"`
		Tests    int        `xml:"tests,attr"`
		Failures int        `xml:"failures,attr"`
		Errors   int        `xml:"errors,attr"`
		Skipped  int        `xml:"skipped,attr"`
		Cases    []testCase `xml:"testcase"`
	}
	s := suite{Name: v.name(), Tests: len(v.Checks)}
	for _, c := range v.Checks {
		one := testCase{Class: v.name(), Name: c.title()}
		switch {
		case len(c.Failures) > 0:
			s.Failures++
			one.Failure = &message{c.Failures[0].Expected, valid(c.text())}
		case v.Result == NotExercised:
			s.Skipped++
			one.Skipped = &message{Message: "no client connected"}
		}
		s.Cases = append(s.Cases, one)
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	if err := e.Encode(s); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

// valid returns text without the characters that XML does not allow.
func valid(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' {
			return '?'
		}
		return r
	}, text)
}

// tap returns the verdict in the Test Anything Protocol, version 13.
func (v *Verdict) tap() string {
	var b strings.Builder
	fmt.Fprintf(&b, "TAP version 13\n1..%d\n", len(v.Checks))
	for i, c := range v.Checks {
		title := strings.NewReplacer("#", "\\#", "\n", " ").Replace(v.name() + " - " + c.title())
		switch {
		case len(c.Failures) > 0:
			fmt.Fprintf(&b, "not ok %d - %s\n", i+1, title)
			for line := range strings.SplitSeq(c.text(), "\n") {
				b.WriteString("# " + line + "\n")
			}
		case v.Result == NotExercised:
			fmt.Fprintf(&b, "ok %d - %s # SKIP no client connected\n", i+1, title)
		default:
			fmt.Fprintf(&b, "ok %d - %s\n", i+1, title)
		}
	}
	return b.String()
}
