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

// Trials holds the trials of a benchmark and their results.
type Trials struct {
	setup     *Setup
	Found     *report.Results
	Trials    []Trial // of one round, in order; Run sets Dir, Keep and Profile
	Extra     []Trial // run once after the rounds; see Trial.Trace and Trial.Syncs
	dir       string  // directory in which each trial has one of its own
	Alternate bool    // every second round runs in the opposite order
	Then      func()  // if not nil, called after the summary was computed
}

// Begin returns empty trials of a benchmark. Their results have everything but figures.
func (s *Setup) Begin(benchmark string) *Trials {
	return &Trials{setup: s, Found: &report.Results{
		Benchmark: benchmark, Unit: "messages", Date: time.Now().Format(time.RFC3339), Command: commandLine(os.Args), Machine: report.ThisMachine(), Mailbox: s.Box, Rounds: s.Rounds,
		RoundTrip: s.RoundTrip.Seconds(), Bandwidth: int64(s.bandwidth), TLS: strings.TrimPrefix(s.TLS, string(account.NoTLS)),
		Target: s.Target, Notes: slices.Clone(s.notes), RatioOf: ComparedWith(""), Limit: servers.Limit,
	}}
}

// commandLine returns the arguments as a line for a shell, without the password.
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

// ComparedWith returns a function that reports which ratios are shown: of the client, which is the
// first one for "", to all others at the same server and to the machine's limit; and of the client
// at the first server to itself at the other servers.
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

// Prepare checks that the disk has enough space, and creates the directories of the results.
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

// shown implements findings for the results of trials.
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

// trialStep is a step that runs one trial, in a process and a directory of its own.
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

// Watched adds one run of each trial on a watched line, when the results will have plots.
func (p *Trials) Watched(trials ...Trial) {
	if !p.setup.Plots() {
		return
	}
	for _, t := range trials {
		if t.Server.Name == servers.Limit {
			continue // it does not speak POP3
		}
		if t.encrypted() {
			p.Found.Notes = append(p.Found.Notes, "A line with TLS cannot be watched: throughput over time and latencies were not measured.")
			return
		}
		t.Trace = true
		p.Extra = append(p.Extra, t)
	}
}

// Participate adds a client with its version to the results. It is called before anything is
// measured, and returns an error for a client that is not installed.
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

// Limit adds a trial of the bare sender and the given receiver, which shows the limit of the
// machine. When the sender cannot send the mailbox, Limit adds a note instead.
func (p *Trials) Limit(ctx context.Context, receiver *clients.Bare) error {
	s := p.setup
	switch {
	case s.Target != "":
		p.Found.Notes = append(p.Found.Notes, "The bare sender was left out: it sends only synthetic mail.")
		return nil
	case s.Box.Total() > servers.LargestSent:
		p.Found.Notes = append(p.Found.Notes, "The bare sender was left out: it keeps all mail in memory, at most "+numbers.Octets(servers.LargestSent)+".")
		return nil
	}
	p.Trials = append(p.Trials, NewTrial(receiver.Title, servers.Spec{Name: servers.Limit, TLS: account.TLS(s.TLS)}, receiver, s.Line(), VisitTo(s.Box, tasks.CopyNew())))
	return p.Participate(ctx, receiver)
}

// NewTrial returns a trial of one account.
func NewTrial(label string, server servers.Spec, who clients.Client, over wire.Line, visits ...VisitSpec) Trial {
	return Trial{Label: label, Server: server, Client: clients.Sent[clients.Client]{Value: who}, Line: over, Accounts: 1, Visits: visits}
}

// VisitTo returns the only visit of a trial.
func VisitTo(box workload.Mailbox, task tasks.Task) VisitSpec { return NamedVisit("", box, task) }

// NamedVisit returns one of several visits of a trial.
func NamedVisit(name string, box workload.Mailbox, task tasks.Task) VisitSpec {
	return VisitSpec{Name: name, Mailbox: box, Task: clients.Sent[tasks.Task]{Value: task}}
}
