package check_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pop3mtm/scenarios/check"
)

func named(t *testing.T) []*check.Case {
	t.Helper()
	all, err := check.Named()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// A right client is accused of nothing, whether it copies or moves.
// The long tests are parallel: their clients and servers wait for each other most of the time.
func TestARightClientIsNotAccused(t *testing.T) {
	t.Parallel()
	for name, copies := range map[string]bool{"it copies": true, "it moves": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ids := []string{"retr-octets@*", "retr-drop@*/close", "retr-dot-*", "retr-no-stuffing@*", "uidl-*", "list-*", "dele-*", "stat-*", "retr-refused@*", "retr-extra-line@*", "session-pieces@*", "retr-header-end@*"}
			if testing.Short() {
				ids = ids[:3]
			}
			for _, o := range play(t, check.Func(right{copies: copies}.fetch), ids...) {
				// Servers that give one unique-id twice make it lose mail: RFC 1939
				// section 7 forbids that.
				if (o.Result == check.Fail || o.Result == check.Harness) && !strings.HasPrefix(o.Case.ID, "uidl-") && o.Case.ID != "list-unreadable@id-twice" {
					t.Errorf("%s: %s %s: %s; %s", o.Case.ID, o.Result, o.Class, o.Why, o.Detail)
				}
			}
		})
	}
}

func TestTheMTMIsNotAccused(t *testing.T) {
	for _, o := range play(t, check.MTM{Move: true}, "retr-drop@1200/*", "stls-*", "retr-octets@dots", "uidl-reused-move@*", "list-order") {
		if o.Result != check.Pass {
			t.Errorf("%s: %s %s: %s; %s", o.Case.ID, o.Result, o.Class, o.Why, o.Detail)
		}
	}
}

func TestTheProbeSaysInASentenceWhyAClientCannotBeChecked(t *testing.T) {
	for name, c := range map[string]struct {
		fetch check.Func
		want  string
	}{
		"no connection": {func(context.Context, check.Endpoint, string) error { return nil }, "never connected to 127.0.0.1:"},
		"another password": {func(ctx context.Context, e check.Endpoint, dir string) error {
			e.Password = "wrong"
			return right{}.fetch(ctx, e, dir)
		}, "did not log in as demo"},
		"nothing stored": {right{wrong: func(v *visit) {
			v.store = func(*visit, string, []byte) error { return nil }
		}}.fetch, "stored nothing below {dir}"},
		"something else stored": {right{wrong: func(v *visit) {
			v.store = func(v *visit, uid string, _ []byte) error {
				return os.WriteFile(filepath.Join(v.dir, uid), []byte("fetched"), 0o600)
			}
		}}.fetch, "nothing that it stored is a message"},
		"an alteration": {right{wrong: func(v *visit) {
			inner := v.store
			v.store = func(v *visit, uid string, body []byte) error {
				return inner(v, uid, []byte(strings.ToUpper(string(body))+"This is the first message.\n"))
			}
		}}.fetch, "differs from what was sent"},
		"one is left out": {right{wrong: func(v *visit) {
			inner := v.store
			v.store = func(v *visit, uid string, body []byte) error {
				if strings.HasSuffix(uid, "2") {
					return nil
				}
				return inner(v, uid, body)
			}
		}}.fetch, "stored 2 of 3 messages"},
	} {
		t.Run(name, func(t *testing.T) {
			r := &check.Runner{Drive: c.fetch}
			defer func() { _ = r.Close() }()
			if err := r.Open(t.Context()); !errors.Is(err, check.ErrProbe) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestTheProbeLearnsWhatAClientDoes(t *testing.T) {
	for copies, want := range map[bool]string{
		true:  "it copies mail, remembers what it has, logs in by USER, sends UIDL, stores as one file a message",
		false: "it moves mail, remembers what it has, logs in by USER, sends UIDL, stores as one file a message",
	} {
		r := &check.Runner{Drive: check.Func(right{copies: copies}.fetch)}
		if err := r.Open(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := r.Learned()[0].String(); got != want {
			t.Errorf("got %q", got)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestThereAreEnoughCasesAndEachSaysWhereItComesFrom(t *testing.T) {
	all := named(t)
	if len(all) < 200 {
		t.Errorf("%d named cases", len(all))
	}
	seen := map[string]bool{}
	for _, c := range all {
		if seen[c.ID] {
			t.Errorf("%s is there twice", c.ID)
		}
		seen[c.ID] = true
		if strings.ContainsAny(c.ID, " '\"") || c.Title == "" || c.Requirement == "" || c.Severity == "" {
			t.Errorf("%+v", c)
		}
		if scenario, _, _ := strings.Cut(c.ID, "@"); c.Where() == "" && !strings.HasPrefix(scenario, "session-") && !strings.HasPrefix(scenario, "retr-") {
			t.Errorf("%s names neither a section nor a quirk", c.ID)
		}
	}
	if !slices.ContainsFunc(all, func(c *check.Case) bool { return c.ID == "retr-drop@1200/close" && c.Severity == check.Must }) {
		t.Error("retr-drop@1200/close is missing or no must")
	}
	for id, want := range map[string]check.Severity{"uidl-reused-move@same-size": check.Tolerance, "retr-no-stuffing@header": check.Tolerance, "retr-refused@words": check.Must, "stls-stripped": check.Tolerance, "killed-at-quit": check.Must} {
		if c, err := check.ByID(id); err != nil || c.Severity != want {
			t.Errorf("%s: %v, %v", id, c, err)
		}
	}
}

func TestAFrozenSetHasOnlyCasesThatExist(t *testing.T) {
	all := named(t)
	for _, name := range check.Sets() {
		chosen, err := check.Choice{Set: name}.Choose(all)
		if err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(filepath.Join("sets", name+".txt"))
		if err != nil {
			t.Fatal(err)
		}
		if ids := strings.Fields(string(text)); len(ids) != len(chosen) || len(ids) < 200 {
			t.Errorf("%s names %d cases, %d exist", name, len(ids), len(chosen))
		}
	}
}

func TestCasesAreChosen(t *testing.T) {
	all := named(t)
	one, err := check.Choice{Only: []string{"retr-*"}, Skip: []string{"*/reset"}, Severity: check.Must}.Choose(all)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range one {
		if !strings.HasPrefix(c.ID, "retr-") || strings.HasSuffix(c.ID, "/reset") || c.Severity != check.Must {
			t.Errorf("%s is chosen", c.ID)
		}
	}
	for _, ch := range []check.Choice{{Only: []string{"rter-*"}}, {Only: []string{"retr-*"}, Skip: []string{"*"}}, {Set: "none"}} {
		if _, err = ch.Choose(all); err == nil {
			t.Errorf("%+v chooses something", ch)
		}
	}
	var shards []string
	for i := 1; i <= 3; i++ {
		some, err := check.Choice{Shard: check.Shard{I: i, N: 3}}.Choose(all)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range some {
			shards = append(shards, c.ID)
		}
	}
	slices.SortFunc(shards, check.CompareIDs)
	for i, c := range all {
		if shards[i] != c.ID {
			t.Fatalf("the shards together have %s in place of %s", shards[i], c.ID)
		}
	}
}

func TestAShardIsWrittenAsTwoNumbers(t *testing.T) {
	for _, text := range []string{"", "1", "0/2", "3/2", "a/b", "1/2/3"} {
		var s check.Shard
		if s.Set(text) == nil {
			t.Errorf("%q is a shard", text)
		}
	}
	var s check.Shard
	if err := s.Set("2/3"); err != nil || s.String() != "2/3" {
		t.Errorf("%v, %v", s, err)
	}
}

// The sweep ends, resets and garbles the line at every octet, and stalls it at each reply; a right
// client is accused of nothing.
func TestTheSweepGoesOverTheWholeSession(t *testing.T) {
	t.Parallel()
	r := &check.Runner{Drive: check.Func(right{}.fetch), SelfCheck: check.MTM{Move: true}}
	defer func() { _ = r.Close() }()
	if err := r.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	all, err := r.Sweep(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	counts := map[string]int{}
	for _, c := range all {
		how, _, _ := strings.Cut(strings.TrimPrefix(c.ID, "sweep/"), "@")
		counts[how]++
		if again, err := check.ByID(c.ID); err != nil || again.ID != c.ID || *again.Cut() != *c.Cut() {
			t.Fatalf("%s: %v", c.ID, err)
		}
	}
	if counts["close"] < 600 || counts["close"] != counts["reset"] || counts["close"] != counts["garbage"] || counts["stall"] < 10 {
		t.Errorf("got %v", counts)
	}
	some, err := r.Sweep(t.Context(), 37)
	if err != nil {
		t.Fatal(err)
	}
	outcomes, err := r.Run(t.Context(), some)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range outcomes {
		if o.Result != check.Pass && (o.Result != check.Warn || o.Case.Severity != check.Tolerance) {
			t.Errorf("%s: %s %s: %s; %s", o.Case.ID, o.Result, o.Class, o.Why, o.Detail)
		}
	}
}

func TestAnIdThatIsNoneOfTheSweepIsRefused(t *testing.T) {
	for _, id := range []string{"sweep/close", "sweep/close@-1", "sweep/close@x", "sweep/open@3", "sweep/tls/close@3", "no-such-case"} {
		if _, err := check.ByID(id); err == nil {
			t.Errorf("%s is a case", id)
		}
	}
}

// A verdict that a second run does not confirm is no accusation, and no warning either.
func TestAVerdictThatChangesIsUnstable(t *testing.T) {
	for name, wrong := range map[string]func(*visit){
		"a failure": func(v *visit) { v.half = true },
		"a warning": func(v *visit) {
			inner := v.store
			v.store = func(v *visit, uid string, body []byte) error {
				return errors.Join(inner(v, uid, body), inner(v, uid+" again", body))
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			runs := 0
			flaky := check.Func(func(ctx context.Context, e check.Endpoint, dir string) error {
				runs++
				once := right{copies: true}
				if runs == 3 { // the two visits of the probe come first
					once.wrong = wrong
				}
				return once.fetch(ctx, e, dir)
			})
			for _, o := range play(t, flaky, "retr-drop@1200/close") {
				if o.Result != check.Unstable {
					t.Errorf("got %s: %s", o.Result, o.Why)
				}
			}
		})
	}
}

func TestACancelledRunSaysWhatIsKnown(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	done := 0
	r := &check.Runner{Drive: check.Func(right{}.fetch), Jobs: 1, Done: func(check.Outcome) {
		if done++; done == 3 {
			cancel()
		}
	}}
	defer func() { _ = r.Close() }()
	if err := r.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	cases, err := check.Choice{Only: []string{"retr-octets@*"}}.Choose(named(t))
	if err != nil {
		t.Fatal(err)
	}
	outcomes, err := r.Run(ctx, cases)
	if !errors.Is(err, context.Canceled) || len(outcomes) < 3 || len(outcomes) == len(cases) {
		t.Errorf("%d outcomes, %v", len(outcomes), err)
	}
}
