// Package attend is the page for a person who operates a client that is being checked. It puts the
// questions of check.Attend, and shows the verdicts and at the end the report.
package attend

import (
	"context"
	"embed"
	"html/template"
	"strconv"
	"strings"
	"sync"

	"pop3mtm/scenarios/check"
	"pop3mtm/scenarios/check/report"
)

//go:embed templates assets
var files embed.FS

// Page is the page of one check. It implements check.Asker.
type Page struct {
	templates *template.Template
	over      chan struct{} // closed when the person has read the report

	mu       sync.Mutex
	changed  chan struct{} // closed at the next change
	version  int           // counts the changes
	number   int           // of the question
	question *check.Question
	answers  chan string // for the answer to the question
	total    int         // cases to play
	results  *report.Report
	policy   report.Policy
	finished bool
	failed   string // why nothing was played
	left     bool   // the person has read the report
	open     int    // browsers that follow the page
}

// New returns the page of a check that has not begun.
func New() *Page {
	templates := template.Must(template.New("").Funcs(words()).ParseFS(files, "templates/*.html")) // they are embedded
	return &Page{templates: templates, over: make(chan struct{}), changed: make(chan struct{}), results: &report.Report{}}
}

// words returns the functions of the templates.
func words() template.FuncMap {
	return template.FuncMap{
		"one": func(i int) int { return i + 1 }, // the number of the message at an index
		"all": func(inbox []string) string { // the answer that the inbox shows each message once
			var numbers []string
			for i := range inbox {
				numbers = append(numbers, strconv.Itoa(i+1))
			}
			return strings.Join(numbers, " ")
		},
	}
}

// change changes what the page shows, and wakes the browsers that follow it. f reports whether it
// has changed anything, and change returns that.
func (p *Page) change(f func() bool) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !f() {
		return false
	}
	p.version++
	close(p.changed)
	p.changed = make(chan struct{})
	return true
}

// Ask implements check.Asker. It blocks until a browser answers the question, or ctx ends.
func (p *Page) Ask(ctx context.Context, q check.Question) (string, error) {
	answers := make(chan string, 1)
	p.change(func() bool {
		p.number++
		p.question, p.answers = &q, answers
		return true
	})
	select {
	case a := <-answers:
		return a, nil
	case <-ctx.Done():
		p.change(func() bool {
			p.question = nil
			return true
		})
		return "", context.Cause(ctx)
	}
}

// answer passes on the answer to a question. It reports whether the question was still open.
func (p *Page) answer(number int, text string) bool {
	return p.change(func() bool {
		if p.question == nil || p.number != number {
			return false
		}
		p.question = nil
		p.answers <- text // it has room for one
		return true
	})
}

// Begin sets the number of cases, after the probe.
func (p *Page) Begin(cases int) {
	p.change(func() bool {
		p.total = cases
		return true
	})
}

// Done adds a verdict.
func (p *Page) Done(o check.Outcome) {
	p.change(func() bool {
		p.results.Add([]check.Outcome{o})
		return true
	})
}

// Finish shows the report, which nobody may change from now on.
func (p *Page) Finish(rep *report.Report, policy report.Policy) {
	p.change(func() bool {
		p.results, p.policy, p.finished = rep, policy, true
		return true
	})
}

// Fail shows why no case was played, in one sentence.
func (p *Page) Fail(why string) {
	p.change(func() bool {
		p.failed = why
		return true
	})
}

// Over returns a channel that is closed when the person says that the report has been read.
func (p *Page) Over() <-chan struct{} { return p.over }

// leave ends the page when there is nothing more to ask. It reports whether that is so.
func (p *Page) leave() bool {
	return p.change(func() bool {
		if p.left || !p.finished && p.failed == "" {
			return p.left
		}
		p.left = true
		close(p.over)
		return true
	})
}
