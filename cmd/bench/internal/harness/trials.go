package harness

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"pop3mtm/cmd/bench/internal/clients"
	"pop3mtm/cmd/bench/internal/numbers"
	"pop3mtm/cmd/bench/internal/report"
	"pop3mtm/cmd/bench/internal/servers"
	"pop3mtm/cmd/bench/internal/tasks"
	"pop3mtm/cmd/bench/internal/wire"
	"pop3mtm/cmd/bench/internal/workload"
	"pop3mtm/cmd/internal/cli"
	"pop3mtm/mtm/account"
)

// Trials is a plan whose steps are trials, and what they have found.
type Trials struct {
	setup     *Setup
	Found     *report.Results
	Trials    []Trial // of one round, in order; Dir, Keep and Profile are filled in
	Extra     []Trial // run once after the rounds; see trial.Trace and trial.Syncs
	dir       string  // where the trials have their folders
	Alternate bool    // every second round runs in the opposite order
	Then      func()  // is called once the summary is made; nil for nothing more to do
}

// Begin creates the trials of a benchmark, with the facts that results hold beside figures.
func (s *Setup) Begin(benchmark string) *Trials {
	return &Trials{setup: s, Found: &report.Results{
		Benchmark: benchmark, Unit: "messages", Date: time.Now().Format(time.RFC3339), Command: commandLine(os.Args), Machine: report.ThisMachine(), Mailbox: s.Box, Rounds: s.Rounds,
		RoundTrip: s.RoundTrip.Seconds(), Bandwidth: int64(s.bandwidth), TLS: strings.TrimPrefix(s.TLS, string(account.NoTLS)),
		Target: s.Target, Notes: slices.Clone(s.notes), RatioOf: ComparedWith(""), Limit: servers.Limit,
	}}
}

// commandLine returns the arguments as a shell would take them, without the password.
func commandLine(argv []string) string {
	var words []string
	secret := false
	for i, word := range argv {
		switch {
		case i == 0:
			word = filepath.Base(word)
		case secret:
			word = "..."
		case strings.HasPrefix(word, "--password="):
			word = "--password=..."
		}
		secret = word == "--password"
		if word == "" || strings.ContainsAny(word, " \t\n'\"\\$`&|;<>(){}*?#~!") {
			word = "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
		}
		words = append(words, word)
	}
	return strings.Join(words, " ")
}

// ComparedWith returns which ratios mean something: those of a client, "" for the first one,
// with all others at the same server and with the machine's limit, and its own at the first
// server with those at others.
func ComparedWith(client string) func(a, b, first report.Kind) bool {
	return func(a, b, first report.Kind) bool {
		base := client
		if base == "" {
			base = first.Client
		}
		switch {
		case a.Client != base:
			return false
		case b.Client == base:
			return a.Server == first.Server && b.Server != a.Server
		}
		return b.Server == a.Server || b.Server == servers.Limit
	}
}

// Run runs all trials and shows the results.
func (p *Trials) Run(c *cobra.Command) error {
	if err := p.Prepare(); err != nil {
		return err
	}
	return WithFolder(p.setup.Dir, p.setup.keep, c.ErrOrStderr(), func(dir string) error {
		p.dir = dir
		steps := plan{unit: "trial", rounds: p.setup.Rounds, alternate: p.Alternate, findings: shown{p}, failed: func(round int, label string, err error) {
			p.Found.Failures = append(p.Found.Failures, report.Lost{Round: round, What: label, Text: err.Error()})
		}}
		for i := range p.Trials {
			steps.steps = append(steps.steps, trialStep{p, &p.Trials[i]})
		}
		for i := range p.Extra {
			steps.extra = append(steps.extra, trialStep{p, &p.Extra[i]})
		}
		return steps.run(c)
	})
}

// Prepare refuses a disk that is too small, and creates the folders of the results.
func (p *Trials) Prepare() error {
	for i := range p.Trials {
		if err := workload.CheckSpace(p.setup.Dir, p.Trials[i].needs()); err != nil {
			return err
		}
	}
	if p.setup.profile != "" {
		if err := os.MkdirAll(p.setup.profile, 0o755); err != nil {
			return err
		}
	}
	return p.setup.Output.Prepare()
}

// shown are the results of trials as findings of a plan.
type shown struct{ *Trials }

// Empty implements findings.
func (s shown) Empty() bool { return len(s.Found.Trials) == 0 }

// Stop implements findings.
func (s shown) Stop(text string) { s.Found.Stopped = text }

// Conclude implements findings.
func (s shown) Conclude() {
	s.Found.Conclude()
	if s.Then != nil {
		s.Then()
	}
}

// Show implements findings.
func (s shown) Show(stdout, stderr io.Writer) error {
	err := s.setup.Output.Show(s.Found, stdout)
	s.setup.Output.TellWhere(stderr)
	return err
}

// trialStep runs one trial of a plan in a process and a folder of its own.
type trialStep struct {
	of    *Trials
	trial *Trial
}

// label implements step.
func (s trialStep) label() string { return s.trial.Label }

// purpose implements step.
func (s trialStep) purpose() string {
	switch {
	case s.trial.Syncs:
		return "counting syncs"
	case s.trial.Trace:
		return "watching the line"
	}
	return ""
}

// progress implements step.
func (s trialStep) progress() (cli.Unit, int64) { return s.trial.progress() }

// run implements step.
func (s trialStep) run(ctx context.Context, round int, passed func(done int64)) (err error) {
	t := *s.trial
	t.Keep, t.Profile = s.of.setup.keep, s.of.setup.profile
	t.Dir = filepath.Join(s.of.dir, fmt.Sprintf("%03d-%s", round, t.folder()))
	if err = os.Mkdir(t.Dir, 0o700); err != nil {
		return err
	}
	if !t.Keep {
		defer func() { err = errors.Join(err, os.RemoveAll(t.Dir)) }()
	}
	measured, err := inProcess(ctx, &t, t.Label, passed)
	if err != nil {
		return err
	}
	found := s.of.Found
	for _, m := range measured.Measurements {
		m.Round = round
		switch {
		case t.Syncs:
			if m.Syncs != nil {
				found.SetSyncs(m.Client, clients.SyncText(*m.Syncs, m.Messages)+fmt.Sprintf(" (strace, over %s)", numbers.Count(m.Messages, "message")))
			}
		case t.Trace:
			found.Traces = append(found.Traces, m)
		default:
			found.Trials = append(found.Trials, m)
		}
	}
	return nil
}

// Watched adds one run of each trial on a line that is watched, when the results will have plots.
func (p *Trials) Watched(trials ...Trial) {
	if !p.setup.Plots() {
		return
	}
	for _, t := range trials {
		if t.Server.Name == servers.Limit {
			continue // it does not speak POP3
		}
		if t.encrypted() {
			p.Found.Notes = append(p.Found.Notes, "With TLS the line cannot be watched: throughput over time and latencies were not measured.")
			return
		}
		t.Trace = true
		p.Extra = append(p.Extra, t)
	}
}

// Participate asks a client for its version, so that a missing one is known
// before anything is measured.
func (p *Trials) Participate(ctx context.Context, who clients.Client) error {
	version, err := who.Version(ctx)
	if err != nil {
		return err
	}
	one := report.Participant{Name: who.Name(), Version: version}
	if t, ok := who.(interface{ Alters() string }); ok {
		one.Alters = t.Alters()
	}
	p.Found.Clients = append(p.Found.Clients, one)
	return nil
}

// Limit adds the bare sender and this receiver, where the mailbox is ours to send.
func (p *Trials) Limit(ctx context.Context, receiver *clients.Bare) error {
	s := p.setup
	switch {
	case s.Target != "":
		p.Found.Notes = append(p.Found.Notes, "The bare sender sends synthetic mail only: it was left out.")
		return nil
	case s.Box.Total() > servers.LargestSent:
		p.Found.Notes = append(p.Found.Notes, "The bare sender keeps all mail in memory and takes "+numbers.Octets(servers.LargestSent)+" at most: it was left out.")
		return nil
	}
	if s.TLS != string(account.NoTLS) {
		p.Found.Notes = append(p.Found.Notes, "The bare sender sends in the clear.")
	}
	p.Trials = append(p.Trials, NewTrial(receiver.Title, servers.Spec{Name: servers.Limit}, receiver, s.Line(), VisitTo(s.Box, tasks.CopyNew())))
	return p.Participate(ctx, receiver)
}

// NewTrial creates a trial of one account.
func NewTrial(label string, server servers.Spec, who clients.Client, over wire.Line, visits ...VisitSpec) Trial {
	return Trial{Label: label, Server: server, Client: clients.Sent[clients.Client]{Value: who}, Line: over, Accounts: 1, Visits: visits}
}

// VisitTo creates the only visit of a trial.
func VisitTo(box workload.Mailbox, task tasks.Task) VisitSpec { return NamedVisit("", box, task) }

// NamedVisit creates one of several visits of a trial.
func NamedVisit(name string, box workload.Mailbox, task tasks.Task) VisitSpec {
	return VisitSpec{Name: name, Mailbox: box, Task: clients.Sent[tasks.Task]{Value: task}}
}
