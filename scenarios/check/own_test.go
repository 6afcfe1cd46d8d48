package check_test

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"

	"pop3mtm/internal/need"
	"pop3mtm/scenarios"
	"pop3mtm/scenarios/check"
)

// own returns the case of a scenario file of a user's own.
func own(t *testing.T, text string) *check.Case {
	t.Helper()
	file := filepath.Join(t.TempDir(), "mine.yaml")
	if err := os.WriteFile(file, []byte("title: Mine\nmailbox: [{file: plain.eml, uidl: a1}, {size: 1KiB, uidl: a2}]\n"+text), 0o600); err != nil {
		t.Fatal(err)
	}
	cases, err := check.FromScenario(file)
	if err != nil || len(cases) != 1 {
		t.Fatalf("%v, %v", cases, err)
	}
	return cases[0]
}

func TestAFileSaysHowOftenItIsVisitedAndWhatItNeeds(t *testing.T) {
	c := own(t, "server: {tls: stls}\ncheck: {visits: 5, needs: [move, stls], accepted: [DOUBLED]}")
	if c.Visits != 5 || !slices.Equal(c.Needs, []scenarios.Ability{scenarios.Moves, scenarios.UsesSTLS}) || !slices.Equal(c.Accepted, []scenarios.Outcome{scenarios.Doubled}) {
		t.Errorf("%+v", c)
	}
	if c = own(t, ""); c.Visits != 2 || c.Needs != nil || c.Accepted != nil {
		t.Errorf("%+v", c)
	}
}

// outcomeOf plays a case with a client.
func outcomeOf(t *testing.T, d check.Drive, c *check.Case) check.Outcome {
	t.Helper()
	r := &check.Runner{Drive: d}
	defer func() { _ = r.Close() }()
	if err := r.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	outcomes, err := r.Run(t.Context(), []*check.Case{c})
	if err != nil {
		t.Fatal(err)
	}
	return outcomes[0]
}

// The second session lists other unique-ids: a client that relies on them fetches all mail again.
func TestAnAcceptedOutcomeIsAPassAndAnotherOneIsNone(t *testing.T) {
	const server = "server: {shows: [{uidl: '{uid}-{session}'}]}\n"
	copies := check.Func(right{copies: true}.fetch)
	for text, want := range map[string]check.Result{
		"":                              check.Warn,
		"check: {accepted: [pass]}":     check.Warn,
		"check: {accepted: [SILENT]}":   check.Warn,
		"check: {accepted: [DOUBLED]}":  check.Pass,
		"check: {visits: 1}":            check.Pass,
		"check: {needs: [move]}":        check.Skipped,
		"check: {needs: [uidl]}":        check.Warn,
		"check: {needs: [tls]}":         check.Skipped,
		"check: {needs: [uidl, token]}": check.Skipped,
	} {
		if o := outcomeOf(t, copies, own(t, server+text)); o.Result != want {
			t.Errorf("%s: %s %s: %s", text, o.Result, o.Class, o.Why)
		}
	}
}

func TestACaseThatNeedsTLSIsPlayedInEitherWayOfIt(t *testing.T) {
	c := own(t, "check: {needs: [tls]}")
	for _, mode := range []check.TLS{check.UseSTLS, check.UseImplicit} {
		if o := outcomeOf(t, check.MTM{TLS: []check.TLS{mode}}, c); o.Result != check.Pass {
			t.Errorf("%s: %s: %s", mode, o.Result, o.Why)
		}
	}
}

func TestEachClassIsAnOutcomeThatAFileMayAccept(t *testing.T) {
	for _, a := range check.Classes() {
		if known := slices.Contains(scenarios.Outcomes(), scenarios.Outcome(a.Class)); known != (a.Class != check.NotExercised) {
			t.Errorf("%s", a.Class)
		}
	}
}

// Systems differ in line ends: a client for which CR alone is one alters nothing that counts.
func TestAClientThatTakesCRForALineEndIsNotAccused(t *testing.T) {
	c, err := check.ByID("retr-lost-lf@1/LANG")
	if err != nil {
		t.Fatal(err)
	}
	lines := right{copies: true, wrong: func(v *visit) {
		inner := v.store
		v.store = func(v *visit, uid string, body []byte) error {
			body = bytes.ReplaceAll(body, []byte("\r\n"), []byte("\n"))
			return inner(v, uid, bytes.ReplaceAll(body, []byte("\r"), []byte("\n")))
		}
	}}
	if o := outcomeOf(t, check.Func(lines.fetch), c); o.Result != check.Pass {
		t.Errorf("%s %s: %s; %s", o.Result, o.Class, o.Why, o.Detail)
	}
}

// Mail that comes at a connect and is moved in that session is in the mailbox at the end of no
// visit.
func TestMailOfOneSessionIsJudgedToo(t *testing.T) {
	text := "rules: [{on: CONNECT, session: 2, before: [{add: [{text: \"Subject: New\\n\\nnew mail\\n\", uidl: a1}]}]}]\n"
	if o := outcomeOf(t, check.Func(right{}.fetch), own(t, text)); o.Class == check.Doubled {
		t.Errorf("%s: %s", o.Result, o.Why)
	}
	forgets := right{wrong: func(v *visit) {
		inner := v.store
		v.store = func(v *visit, uid string, body []byte) error {
			if bytes.Contains(body, []byte("new mail")) {
				return nil
			}
			return inner(v, uid, body)
		}
	}}
	if o := outcomeOf(t, check.Func(forgets.fetch), own(t, text)); o.Class != check.Lost {
		t.Errorf("%s %s: %s", o.Result, o.Class, o.Why)
	}
}

func TestAClientThatLeavesProcessesBehindIsReportedSo(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("how many processes were left is known on Linux only")
	}
	need.Program(t, "sleep")
	p := broken(t, "")
	p.Shell, p.Command = true, p.Command+"; sleep 1000 &"
	for _, o := range play(t, check.Exec{Program: p}, "retr-octets@dots") {
		if o.Result != check.Pass || o.Left == 0 {
			t.Errorf("%s, %d left: %s", o.Result, o.Left, o.Why)
		}
	}
}
