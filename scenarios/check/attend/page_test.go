package attend_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"pop3mtm/scenarios/check"
	"pop3mtm/scenarios/check/attend"
	"pop3mtm/scenarios/check/report"
)

// site is a page that is served.
type site struct {
	*testing.T
	page *attend.Page
	web  *httptest.Server
}

func serve(t *testing.T, token string) *site {
	t.Helper()
	p := attend.New()
	web := httptest.NewServer(p.Handler(token))
	t.Cleanup(web.Close)
	return &site{t, p, web}
}

// send sends a form, or with nil a request for a page, and returns the status and the text after
// redirects.
func (s *site) send(path string, form url.Values, header ...string) (int, string) {
	s.Helper()
	method, body := http.MethodGet, ""
	if form != nil {
		method, body = http.MethodPost, form.Encode()
	}
	r, err := http.NewRequestWithContext(s.Context(), method, s.web.URL+path, strings.NewReader(body))
	if err != nil {
		s.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for i := 0; i < len(header); i += 2 {
		if header[i] == "Host" {
			r.Host = header[i+1]
		}
		r.Header.Set(header[i], header[i+1])
	}
	answer, err := s.web.Client().Do(r)
	if err != nil {
		s.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		s.Fatal(err)
	}
	return answer.StatusCode, string(text)
}

// ask puts a question, waits until the page shows it, and returns where the answer comes.
func (s *site) ask(q check.Question, shows string) <-chan string {
	s.Helper()
	answers := make(chan string, 1)
	go func() {
		a, err := s.page.Ask(s.Context(), q)
		if err != nil {
			a = err.Error()
		}
		answers <- a
	}()
	for {
		if _, text := s.send("/", nil); strings.Contains(text, shows) {
			return answers
		}
		if s.Context().Err() != nil {
			s.Fatal("the page never shows ", shows)
		}
	}
}

func fetch(id string) check.Question {
	return check.Question{Endpoint: check.Endpoint{Case: id, Title: "The line drops", Host: "127.0.0.1", Port: 1110, User: "demo", Password: "demo", TLS: check.PlainLine}, Visit: 1, Skips: true}
}

func TestAnAnswerToAQuestionThatIsPastChangesNothing(t *testing.T) {
	s := serve(t, "")
	first := s.ask(fetch("one"), "<code>one</code>")
	if _, text := s.send("/answer", url.Values{"number": {"1"}, "answer": {"h"}}); strings.Contains(text, "is past") {
		t.Error("the answer was not taken")
	}
	if got := <-first; got != check.AnswerHung {
		t.Errorf("the check got %q", got)
	}
	second := s.ask(fetch("two"), "<code>two</code>")
	for range 2 { // another browser, and a button pressed twice
		if _, text := s.send("/answer", url.Values{"number": {"1"}, "answer": {"q"}}); !strings.Contains(text, "it changed nothing") || !strings.Contains(text, "<code>two</code>") {
			t.Errorf("a late answer leads to\n%s", text)
		}
	}
	select {
	case got := <-second:
		t.Errorf("the second question got %q", got)
	default:
	}
	s.send("/answer", url.Values{"number": {"2"}, "answer": {""}})
	if got := <-second; got != check.AnswerDone {
		t.Errorf("the check got %q", got)
	}
}

func TestOnlyThePageItselfMayAnswer(t *testing.T) {
	s := serve(t, "")
	answers := s.ask(fetch("one"), "<code>one</code>")
	stop := url.Values{"number": {"1"}, "answer": {"q"}}
	for name, header := range map[string][]string{
		"a page of another site":       {"Origin", "http://evil.example"},
		"a form of another site":       {"Origin", "null", "Sec-Fetch-Site", "cross-site"},
		"a name that leads to us":      {"Host", "evil.example"},
		"a page on another port of us": {"Origin", "http://127.0.0.1:1"},
	} {
		if status, _ := s.send("/answer", stop, header...); status != http.StatusForbidden {
			t.Errorf("%s: status %d", name, status)
		}
	}
	for _, form := range []url.Values{{}, {"number": {"x"}, "answer": {"q"}}, {"number": {"1"}, "answer": {"inbox"}, "whole-1": {"-1"}, "half-1": {"0"}},
		{"number": {"1"}, "answer": {"inbox"}, "whole-1": {"100000"}, "half-1": {"0"}}, {"number": {"1"}, "answer": {strings.Repeat("x", 100_000)}}} {
		if status, text := s.send("/answer", form); status != http.StatusBadRequest {
			t.Errorf("a bad form: status %d, %s", status, text)
		}
	}
	if len(answers) > 0 {
		t.Errorf("the check got %q", <-answers)
	}
	guarded := serve(t, "s3cret")
	if status, _ := guarded.send("/answer", stop); status != http.StatusUnauthorized {
		t.Errorf("without the token: status %d", status)
	}
	if status, text := guarded.send("/", nil, "Authorization", "Bearer s3cret", "Host", "lan.example"); status != http.StatusOK {
		t.Errorf("with the token: status %d, %s", status, text)
	}
}

func TestAFormSaysWhatTheInboxShows(t *testing.T) {
	s := serve(t, "")
	q := fetch("one")
	q.Fetched, q.Inbox = true, []string{"<b>First</b>", "Second"}
	answers := s.ask(q, "&lt;b&gt;First&lt;/b&gt;")
	s.send("/answer", url.Values{"number": {"1"}, "answer": {"inbox"}, "whole-1": {"2"}, "half-1": {"0"}, "whole-2": {"0"}, "half-2": {"1"}})
	if got := <-answers; got != "1 1 2h" {
		t.Errorf("the check got %q", got)
	}
	q.Inbox, q.Invalid = nil, "9"
	answers = s.ask(q, "“9” is not an answer")
	s.send("/answer", url.Values{"number": {"2"}, "answer": {"inbox"}})
	if got := <-answers; got != "0" {
		t.Errorf("the check got %q", got)
	}
}

func TestThePageEndsWithTheReport(t *testing.T) {
	s := serve(t, "")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("enough"))
	if _, err := s.page.Ask(ctx, fetch("one")); err == nil || err.Error() != "enough" {
		t.Errorf("the question ends with %v", err)
	}
	if status, _ := s.send("/report", nil); status != http.StatusNotFound {
		t.Errorf("before the end: status %d", status)
	}
	if _, text := s.send("/end", url.Values{}); strings.Contains(text, "close this page") {
		t.Error("it ends before the end")
	}
	cases, err := check.Named()
	if err != nil {
		t.Fatal(err)
	}
	rep := &report.Report{Client: "<i>Post</i>"}
	s.page.Begin(300)
	for i := range 300 {
		o := check.Outcome{Case: cases[i], Result: check.Fail, Class: check.Lost, Why: "it is <gone>"}
		s.page.Done(o)
		rep.Add([]check.Outcome{o})
	}
	_, text := s.send("/", nil)
	if n := strings.Count(text, "it is &lt;gone&gt;"); n != 100 || !strings.Contains(text, "200 earlier cases") {
		t.Errorf("the page shows %d of 300 verdicts", n)
	}
	s.page.Finish(rep, report.Policy{FailOn: check.Tolerance})
	if _, text = s.send("/", nil); !strings.Contains(text, "300 of 300 cases fail the check") || !strings.Contains(text, "&lt;i&gt;Post") {
		t.Errorf("at the end the page shows\n%s", text)
	}
	if status, whole := s.send("/report", nil); status != http.StatusOK || strings.Count(whole, "<details") != 300 {
		t.Errorf("the report: status %d", status)
	}
	for range 2 {
		if _, text = s.send("/end", url.Values{}); !strings.Contains(text, "You can close this page") {
			t.Errorf("after the end the page shows\n%s", text)
		}
	}
	<-s.page.Over()
}

func TestBrowsersThatFollowThePageAreLimited(t *testing.T) {
	s := serve(t, "")
	defer s.web.CloseClientConnections()
	for n := range 101 {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.web.URL+"/live", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := s.web.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = answer.Body.Close() }()
		if refused := answer.StatusCode == http.StatusServiceUnavailable; refused != (n == 100) {
			t.Fatalf("browser %d: status %d", n+1, answer.StatusCode)
		}
	}
}
