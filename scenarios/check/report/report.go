// Package report writes what a check of POP3 clients found: as text, JSON, JUnit XML, TAP, an HTML
// page, a Markdown page and a badge.
package report

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"pop3mtm/scenarios/check"
)

// Report holds the results of one client.
type Report struct {
	Client   string   `json:"client"`
	Version  string   `json:"version,omitempty"`
	Settings string   `json:"settings,omitempty"`
	Learned  []string `json:"learned,omitempty"` // what the probe detected, in words
	Cases    []Case   `json:"cases"`
	Totals   Totals   `json:"totals"`
}

// Case is the verdict on the client in one case.
type Case struct {
	ID          string         `json:"id"`
	Class       check.Class    `json:"class"`
	Severity    check.Severity `json:"severity"`
	Result      check.Result   `json:"result"`
	Why         string         `json:"why"`
	RFC         string         `json:"rfc"` // section, or the quirk of the server
	Reproduce   string         `json:"reproduce"`
	Title       string         `json:"title"`
	Requirement string         `json:"requirement"`
	Detail      string         `json:"detail,omitempty"` // where stored and served mail differ
	Output      string         `json:"output,omitempty"` // the client's last line
	Excerpt     []check.Line   `json:"excerpt,omitempty"`
	Left        int            `json:"left,omitempty"` // processes that the client left behind
}

// Counts holds the number of cases with each result.
type Counts map[check.Result]int

// Of returns the number of cases with a result.
func (c Counts) Of(result string) int { return c[check.Result(result)] }

// Totals counts the cases.
type Totals struct {
	Cases      int                       `json:"cases"`
	Results    Counts                    `json:"results"`
	Severities map[check.Severity]Counts `json:"severities"`
}

// Of returns the verdict on an outcome.
func Of(o check.Outcome) Case {
	c := o.Case
	one := Case{ID: c.ID, Class: o.Class, Severity: c.Severity, Result: o.Result, Why: o.Why, RFC: c.Where(), Reproduce: o.Reproduce(), Left: o.Left, Title: c.Title, Requirement: c.Requirement}
	if o.Result != check.Pass && o.Result != check.Skipped {
		one.Detail, one.Excerpt, one.Output = o.Detail, o.Excerpt, o.Output
	}
	return one.clean()
}

// clean returns the case with control characters in its texts made visible: a client and a server
// may print anything, and a terminal would obey it.
func (c Case) clean() Case {
	for _, text := range []*string{&c.ID, &c.Why, &c.RFC, &c.Reproduce, &c.Title, &c.Requirement, &c.Detail, &c.Output} {
		*text = visible(*text)
	}
	c.Excerpt = slices.Clone(c.Excerpt)
	for i := range c.Excerpt {
		c.Excerpt[i].Text = visible(c.Excerpt[i].Text)
	}
	return c
}

// clean does the same for the texts about the client.
func (r *Report) clean() {
	for _, text := range []*string{&r.Client, &r.Version, &r.Settings} {
		*text = visible(*text)
	}
	for i := range r.Learned {
		r.Learned[i] = visible(r.Learned[i])
	}
}

// Add adds the cases of these outcomes, and counts them.
func (r *Report) Add(outcomes []check.Outcome) {
	for _, o := range outcomes {
		r.Cases = append(r.Cases, Of(o))
	}
	r.clean()
	r.count()
}

func (r *Report) count() {
	r.Totals = Totals{Cases: len(r.Cases), Results: zero(), Severities: map[check.Severity]Counts{}}
	for _, s := range check.Severities() {
		r.Totals.Severities[s] = zero()
	}
	for _, c := range r.Cases {
		r.Totals.Results[c.Result]++
		if of := r.Totals.Severities[c.Severity]; of != nil {
			of[c.Result]++
		}
	}
}

func zero() Counts {
	c := Counts{}
	for _, r := range check.Results() {
		c[r] = 0
	}
	return c
}

// WriteJSON writes the report as one JSON object.
func (r *Report) WriteJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(r)
}

// WriteLine writes {"report": ...} as one line, which ends the dialogue with a client
// (check.Listen).
func (r *Report) WriteLine(w io.Writer) error {
	return json.NewEncoder(w).Encode(map[string]*Report{"report": r})
}

// maxReport limits a report that is read, in octets.
const maxReport = 256 << 20

// Read reads a report that WriteJSON wrote.
func Read(in io.Reader) (*Report, error) {
	r := &Report{}
	if err := json.NewDecoder(io.LimitReader(in, maxReport)).Decode(r); err != nil {
		return nil, fmt.Errorf("not a report of pop3sim check: %w", err)
	}
	if r.Cases == nil {
		return nil, errors.New("not a report of pop3sim check: it has no cases")
	}
	for i, c := range r.Cases {
		r.Cases[i] = c.clean()
	}
	r.clean()
	r.count()
	return r, nil
}

// Merge returns one report with the cases of several shards. It fails for reports of different
// clients, and when a case is in two of them.
func Merge(all []*Report) (*Report, error) {
	if len(all) == 0 {
		return nil, errors.New("no report to merge")
	}
	m := *all[0]
	m.Cases = nil
	seen := map[string]bool{}
	for _, r := range all {
		if r.Client != m.Client {
			return nil, fmt.Errorf("the reports are of two clients: %q and %q", m.Client, r.Client)
		}
		for _, c := range r.Cases {
			if seen[c.ID] {
				return nil, fmt.Errorf("case %s is in two of the reports", c.ID)
			}
			seen[c.ID] = true
			m.Cases = append(m.Cases, c)
		}
	}
	slices.SortStableFunc(m.Cases, func(a, b Case) int { return check.CompareIDs(a.ID, b.ID) })
	m.count()
	return &m, nil
}

// Policy says which verdicts fail a run.
type Policy struct {
	FailOn check.Severity // the lowest severity at which a failure counts
	Strict bool           // warnings count as failures
}

// Fails reports whether a verdict fails the run. Some classes do so at any severity.
func (p Policy) Fails(c Case) bool {
	if c.Result != check.Fail && (c.Result != check.Warn || !p.Strict) {
		return false
	}
	return c.Severity.Reaches(p.FailOn) || c.always()
}

func (c Case) always() bool {
	return slices.ContainsFunc(check.Classes(), func(a check.About) bool { return a.Class == c.Class && a.Always })
}

// Failing returns the cases that fail the run.
func (r *Report) Failing(p Policy) []Case {
	var all []Case
	for _, c := range r.Cases {
		if p.Fails(c) {
			all = append(all, c)
		}
	}
	return all
}

// Title returns the name of the client and its version.
func (r *Report) Title() string { return strings.TrimSpace(r.Client + " " + r.Version) }
