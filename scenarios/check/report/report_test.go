package report_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"io"
	"slices"
	"strings"
	"testing"

	"pop3mtm/scenarios/check"
	"pop3mtm/scenarios/check/report"
)

// hostile is text as a client or a server may have it.
const hostile = "<script>alert(1)</script> \x1b[31m ]]> & # \xff \u202e"

// sample is a report with each result, and hostile text in it.
func sample() *report.Report {
	r := &report.Report{Client: "client <b>", Version: hostile, Learned: []string{"it moves mail"}}
	at := func(id string, s check.Severity) *check.Case {
		return &check.Case{ID: id, Title: "T " + hostile, Requirement: "R", Severity: s, RFC: []string{"1939/6"}}
	}
	lines := []check.Line{{Text: "C: RETR 1 " + hostile, Fault: true}, {Text: "S: +OK", Shows: true}}
	r.Add([]check.Outcome{
		{Case: at("a@1", check.Must), Result: check.Pass},
		{Case: at("a@2", check.Must), Result: check.Fail, Class: check.Half, Why: hostile, Detail: hostile, Output: hostile, Excerpt: lines},
		{Case: at("a@3", check.Tolerance), Result: check.Fail, Class: check.Half, Why: "half", Excerpt: lines},
		{Case: at("b@1", check.Tolerance), Result: check.Fail, Class: check.Lost, Why: "lost", Excerpt: lines},
		{Case: at("b@2", check.Must), Result: check.Warn, Class: check.Silent, Why: "silent"},
		{Case: at("b@3", check.Must), Result: check.Skipped, Class: check.NotExercised, Why: "never met"},
		{Case: at("b@4", check.Should), Result: check.Unstable, Class: check.Hang, Why: "differs"},
		{Case: at("b@5", check.Should), Result: check.Harness, Class: check.Hang, Why: "in doubt"},
	})
	return r
}

func ids(cases []report.Case) []string {
	var all []string
	for _, c := range cases {
		all = append(all, c.ID)
	}
	return all
}

func written(t *testing.T, to func(io.Writer) error) string {
	t.Helper()
	var b bytes.Buffer
	if err := to(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

var usual = report.Policy{FailOn: check.Should}

func TestToleranceFailsARunOnlyByWhatAlwaysDoes(t *testing.T) {
	r := sample()
	for name, c := range map[string]struct {
		policy report.Policy
		want   []string
	}{
		"usual":     {usual, []string{"a@2", "b@1"}},
		"tolerance": {report.Policy{FailOn: check.Tolerance}, []string{"a@2", "a@3", "b@1"}},
		"strict":    {report.Policy{FailOn: check.Should, Strict: true}, []string{"a@2", "b@1", "b@2"}},
	} {
		if got := ids(r.Failing(c.policy)); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestTheJSONHasWhatOthersRelyOn(t *testing.T) {
	text := written(t, sample().WriteJSON)
	var got struct {
		Client string
		Cases  []map[string]any
		Totals map[string]any
	}
	if err := json.Unmarshal([]byte(text), &got); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"id", "class", "severity", "result", "why", "rfc", "reproduce"} {
		if _, ok := got.Cases[0][key]; !ok {
			t.Errorf("no %q", key)
		}
	}
	if got.Totals["cases"] != 8.0 || got.Cases[0]["reproduce"] != "pop3sim serve --case 'a@1'" {
		t.Errorf("%v", got.Totals)
	}
	again, err := report.Read(strings.NewReader(text))
	if err != nil || written(t, again.WriteJSON) != text {
		t.Errorf("it is read as something else: %v", err)
	}
	for _, bad := range []string{"", "{}", "[]", "{\"cases\": 3}"} {
		if _, err := report.Read(strings.NewReader(bad)); err == nil {
			t.Errorf("%q is a report", bad)
		}
	}
}

func TestJUnitAndTheBadgeAreWellFormedWhateverTheTextsAre(t *testing.T) {
	r := sample()
	for name, text := range map[string]string{
		"junit": written(t, func(w io.Writer) error { return r.JUnit(w, usual) }),
		"badge": written(t, func(w io.Writer) error { return r.Badge(w, usual) }),
	} {
		d := xml.NewDecoder(strings.NewReader(text))
		for {
			_, err := d.Token()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v\n%s", name, err, text)
			}
		}
	}
	junit := written(t, func(w io.Writer) error { return r.JUnit(w, usual) })
	if !strings.Contains(junit, `tests="8" failures="2" skipped="1"`) {
		t.Error(junit)
	}
}

func TestTAPCountsEveryCase(t *testing.T) {
	text := written(t, func(w io.Writer) error { return sample().TAP(w, usual) })
	if !strings.HasPrefix(text, "TAP version 13\n1..8\n") || strings.Count(text, "\nnot ok ") != 2 || strings.Count(text, "# SKIP") != 1 || strings.Contains(text, "\x1b") {
		t.Error(text)
	}
}

func TestTheTextAndThePagesObeyNothingThatAClientPrinted(t *testing.T) {
	r := sample()
	text := written(t, func(w io.Writer) error { return r.Text(w, usual) })
	if strings.ContainsAny(text, "\x1b\u202e") || !strings.Contains(text, "HALF a@2 (must, 1939/6)") || !strings.Contains(text, "! C: RETR 1") || !strings.Contains(text, "> S: +OK") || !strings.Contains(text, "2 of 8 cases fail the check") {
		t.Error(text)
	}
	page := written(t, func(w io.Writer) error { return report.Page(w, []*report.Report{r, sample()}) })
	if strings.Contains(page, "<script") || strings.Contains(page, "\x1b") || strings.Contains(page, "src=") || !strings.Contains(page, `id="a@2"`) {
		t.Error(page)
	}
	matrix := written(t, func(w io.Writer) error { return report.Matrix(w, []*report.Report{r, sample()}, "p.html") })
	if strings.Contains(matrix, "<script") || !strings.Contains(matrix, "- HALF `a@2` (must, 1939/6)") || !strings.Contains(matrix, "| RFC 1939 section 6 | 1/7, **3 fail**, 1 warn |") {
		t.Error(matrix)
	}
}

func TestMergedReportsEqualThatOfOneRun(t *testing.T) {
	whole := sample()
	first, second := *whole, *whole
	first.Cases, second.Cases = nil, nil
	for i, c := range whole.Cases {
		if i%2 == 0 {
			first.Cases = append(first.Cases, c)
		} else {
			second.Cases = append(second.Cases, c)
		}
	}
	merged, err := report.Merge([]*report.Report{&second, &first})
	if err != nil || written(t, merged.WriteJSON) != written(t, whole.WriteJSON) {
		t.Errorf("%v", err)
	}
	other := sample()
	other.Client = "another"
	for _, bad := range [][]*report.Report{nil, {whole, whole}, {&first, other}} {
		if _, err := report.Merge(bad); err == nil {
			t.Error("merged")
		}
	}
}

func TestABaselineFailsOnWhatIsNewAndOnWhatIsStale(t *testing.T) {
	r := sample()
	known, err := report.ReadBaseline(strings.NewReader("# known\n\na@2 HALF # why\na@1 LOST\nb@3 HANG\n"), usual)
	if err != nil {
		t.Fatal(err)
	}
	fresh, stale := known.Compare(r, usual)
	if !slices.Equal(ids(fresh), []string{"b@1"}) || !slices.Equal(stale, []report.Known{{Cases: "a@1", Class: check.Lost}}) {
		t.Errorf("%q, %q", ids(fresh), stale)
	}
	several, err := report.ReadBaseline(strings.NewReader("a@* HALF\nb* LOST\na@1* HALF\n"), usual)
	if err != nil {
		t.Fatal(err)
	}
	if fresh, stale = several.Compare(r, usual); fresh != nil || !slices.Equal(stale, []report.Known{{Cases: "a@1*", Class: check.Half}}) {
		t.Errorf("%q, %q", ids(fresh), stale)
	}
	own, err := report.ReadBaseline(strings.NewReader(written(t, r.WriteJSON)), usual)
	if err != nil {
		t.Fatal(err)
	}
	if fresh, stale = own.Compare(r, usual); fresh != nil || stale != nil {
		t.Errorf("%q, %q", ids(fresh), stale)
	}
	for _, bad := range []string{"a@2", "a@2 BAD", "a b c", "{"} {
		if _, err := report.ReadBaseline(strings.NewReader(bad), usual); err == nil {
			t.Errorf("%q is a baseline", bad)
		}
	}
}
