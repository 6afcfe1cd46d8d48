package check_test

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"pop3mtm/internal/gobuild"
	"pop3mtm/scenarios/check"
)

// defect is a way in which the program in testdata/broken is wrong.
type defect struct {
	name    string
	caught  string        // the case that is for it
	class   check.Class   // of the verdict there
	besides []check.Class // classes that it violates too
}

// defects are the clients that the check has to catch.
func defects() []defect {
	return []defect{
		{name: "deletes-before-it-stores", caught: "killed-at-dele@1", class: check.Early},
		{name: "stores-after-quit", caught: "killed-at-quit", class: check.Early, besides: []check.Class{check.Lost}},
		{name: "deletes-what-is-refused", caught: "retr-refused@words", class: check.Lost},
		{name: "remembers-numbers", caught: "list-order", class: check.Lost},
		{name: "names-by-number", caught: "session-arrival", class: check.Lost, besides: []check.Class{check.Early}},
		{name: "goes-on-without-tls", caught: "stls-refused@refused", class: check.Leak},
		{name: "believes-the-list", caught: "stls-stripped", class: check.Leak},
		{name: "any-certificate", caught: "stls-certificate@self-signed", class: check.Leak},
		{name: "any-name", caught: "stls-certificate@other-name", class: check.Leak},
		{name: "drop-is-the-end", caught: "retr-drop@1200/close", class: check.Half, besides: []check.Class{check.Silent}},
		{name: "stores-before-the-dot", caught: "retr-drop@1200/close", class: check.Half},
		{name: "keeps-stuffed-dots", caught: "retr-octets@dots", class: check.Half},
		{name: "takes-off-all-dots", caught: "retr-octets@dots", class: check.Half},
		{name: "any-dot-ends", caught: "retr-octets@dots", class: check.Half},
		{name: "empty-line-ends", caught: "retr-octets@empty-lines", class: check.Half},
		{name: "trusts-sizes", caught: "list-sizes@less", class: check.Half},
		{name: "seven-bits", caught: "retr-octets@eight-bit", class: check.Half},
		{name: "trims-blanks", caught: "retr-octets@blanks", class: check.Half},
		{name: "cuts-long-lines", caught: "retr-octets@long-line", class: check.Half},
		{name: "ends-at-nul", caught: "retr-nul@header", class: check.Half},
		{name: "waits-for-ever", caught: "retr-stall@10", class: check.Hang},
		{name: "spins", caught: "retr-drop@1200/close", class: check.Hang},
		{name: "grows", caught: "retr-drop@1200/close", class: check.Hang},
		{name: "grows-and-holds-the-line", caught: "retr-drop@1200/half-close", class: check.Hang},
		{name: "redials", caught: "retr-breaks@close", class: check.Hang},
		{name: "panics-on-odd-rows", caught: "list-empty-row@empty/UIDL/1", class: check.Crash},
		{name: "remembers-nothing", caught: "retr-drop@1200/close", class: check.Doubled},
		{name: "no-quit", caught: "retr-octets@dots", class: check.NoQuit, besides: []check.Class{check.Doubled}},
		{name: "says-all-is-well", caught: "retr-drop@1200/close", class: check.Silent},
	}
}

// broken returns the program, as a client.
func broken(t *testing.T, defect string) *check.Program {
	t.Helper()
	dir := t.TempDir()
	binary := filepath.Join(dir, "broken")
	if os.PathSeparator == '\\' {
		binary += ".exe"
	}
	if err := gobuild.Programs(context.Background(), binary, "./testdata/broken"); err != nil {
		t.Fatal(err)
	}
	p := &check.Program{
		Title: "broken: " + defect, Modes: []check.TLS{check.PlainLine, check.UseSTLS, check.UseImplicit},
		Command: binary + " -host {host} -port {port} -user {user} -password {password} -dir {dir} -state {home}/had -tls {tls} -ca {ca} -defect '" + defect + "'",
	}
	if err := p.Check(); err != nil {
		t.Fatal(err)
	}
	p.Limit(5 * time.Second)
	return p
}

// play checks a client with some cases.
func play(t *testing.T, d check.Drive, ids ...string) []check.Outcome {
	t.Helper()
	all, err := check.Named()
	if err != nil {
		t.Fatal(err)
	}
	cases, err := check.Choice{Only: ids}.Choose(all)
	if err != nil {
		t.Fatal(err)
	}
	r := &check.Runner{Drive: d, SelfCheck: check.MTM{Move: true}}
	defer func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}()
	if err = r.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	outcomes, err := r.Run(t.Context(), cases)
	if err != nil {
		t.Fatal(err)
	}
	return outcomes
}

var everyCase = flag.Bool("every-case", false, "play every case that is no tolerance with each client that has a defect")

// others are the cases that every defect is played with, besides the one that is for it.
func others(t *testing.T) []string {
	if !*everyCase {
		return []string{"killed-at-quit", "retr-drop@1200/close", "retr-octets@dots"}
	}
	var ids []string
	for _, c := range named(t) {
		if c.Severity.Reaches(check.Should) {
			ids = append(ids, c.ID)
		}
	}
	return ids
}

// A client of each fault is caught by the case for it, and by no case of a class that it does not
// violate.
func TestEachDefectIsCaughtAndNoOtherIsSeen(t *testing.T) {
	t.Parallel()
	besides := others(t)
	program := broken(t, "")
	for _, d := range append(defects(), defect{name: ""}) {
		t.Run(d.name, func(t *testing.T) {
			t.Parallel() // most of the time they wait
			var ids []string
			if d.caught != "" {
				ids = append(ids, d.caught)
			}
			p := *program
			p.Title, p.Command = d.name, p.Command[:len(p.Command)-1]+d.name+"'"
			for _, o := range play(t, check.Exec{Program: &p}, slices.Compact(slices.Sorted(slices.Values(append(ids, besides...))))...) {
				bad := o.Result == check.Fail || o.Result == check.Warn
				switch {
				case o.Case.ID == d.caught && o.Class != d.class:
					t.Errorf("%s is %s %s, not %s: %s", o.Case.ID, o.Result, o.Class, d.class, o.Why)
				case bad && o.Class != d.class && !slices.Contains(d.besides, o.Class):
					t.Errorf("%s accuses it of %s: %s; %s", o.Case.ID, o.Class, o.Why, o.Detail)
				case o.Result == check.Unstable || o.Result == check.Harness:
					t.Errorf("%s is %s: %s", o.Case.ID, o.Result, o.Why)
				}
			}
		})
	}
}
