package attend

import (
	"bytes"
	"io"
	"slices"

	"pop3mtm/scenarios/check"
	"pop3mtm/scenarios/check/report"
)

const (
	// maxResults limits the verdicts that the page shows, the newest first.
	maxResults = 100
	// maxFailures limits the failures that it shows in full at the end.
	maxFailures = 5
)

// view is what the page shows.
type view struct {
	Version  int
	Number   int
	Question *check.Question
	Total    int
	Done     int
	Client   string
	Results  []report.Case // the newest first
	Older    int           // results that are not shown
	Totals   report.Counts
	Finished bool
	Failing  int           // cases that fail the check
	Failures []report.Case // the first ones
	Failed   string
	Left     bool
	Late     bool // the last answer of this browser was to a question that is past
	Token    bool
}

// view returns what the page shows now, and a channel that is closed when that changes.
func (p *Page) view() (*view, <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	v := &view{Version: p.version, Number: p.number, Question: p.question, Total: p.total, Done: len(p.results.Cases), Client: p.results.Title(),
		Totals: p.results.Totals.Results, Finished: p.finished, Failed: p.failed, Left: p.left}
	v.Older = max(v.Done-maxResults, 0)
	v.Results = slices.Clone(p.results.Cases[v.Older:])
	slices.Reverse(v.Results)
	if p.finished {
		failing := p.results.Failing(p.policy)
		v.Failing, v.Failures = len(failing), failing[:min(len(failing), maxFailures)]
	}
	return v, p.changed
}

// Counted returns the counts of the verdicts, without those that have none.
func (v *view) Counted() []counted {
	var all []counted
	for _, r := range check.Results() {
		if n := v.Totals.Of(string(r)); n > 0 {
			all = append(all, counted{r, n})
		}
	}
	return all
}

// counted is a verdict with the number of its cases.
type counted struct {
	Result check.Result
	Number int
}

// render renders a template.
func (p *Page) render(name string, v *view) ([]byte, error) {
	var b bytes.Buffer
	err := p.templates.ExecuteTemplate(&b, name, v)
	return b.Bytes(), err
}

// writeReport writes the page of the whole report. It reports whether the check has ended.
func (p *Page) writeReport(w io.Writer) (bool, error) {
	p.mu.Lock()
	rep, finished := p.results, p.finished
	p.mu.Unlock()
	if !finished {
		return false, nil
	}
	return true, report.Page(w, []*report.Report{rep}) // nothing changes it any more
}
