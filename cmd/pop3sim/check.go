package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"pop3mtm/cmd/internal/cli"
	"pop3mtm/scenarios"
	"pop3mtm/scenarios/check"
	"pop3mtm/scenarios/check/report"
)

// checkFlags holds the flags of check.
type checkFlags struct {
	client   clientFlags
	choice   check.Choice
	severity string
	failOn   string
	files    []string
	list     bool
	jobs     int
	strict   bool
	baseline cli.Path
	out      outFlags
}

const checkHelp = `Check a POP3 client: play servers and connections that fail in every known way, and judge the
client by what happens to the mail.

--exec is the command that fetches all mail once. {host}, {port}, {user} and {password} say where
and how to log in, {dir} is where to store the messages, {ca} is the file of the certificate authority
to trust. The command runs without a shell unless --shell is given, in its own directory and process
group. A probe detects how the client stores messages: one file for each message, Maildir, mbox
or MH.

First the client fetches mail twice from a server without any fault. When that does not work, one
sentence says why, the exit status is 2, and nothing else is run.

A case fails when a message is lost (LOST), stored incomplete (HALF) or deleted before it is stored
(EARLY), when a password is sent without protection (LEAK), or when the client does not end (HANG)
or crashes (CRASH). Messages stored twice (DOUBLED), a session without QUIT (NO-QUIT) and an exit
status 0 after a failure (SILENT) are warnings. A client that never met the fault is NOT-EXERCISED,
which is not a pass. Where the server itself breaks the RFC the severity is tolerance, and only LOST,
EARLY, LEAK and HANG fail the run.

Exit status: 0 no case fails, 1 some cases fail, 2 wrong usage or a client that cannot be probed.`

func newCheck() *cobra.Command {
	var f checkFlags
	c := &cobra.Command{
		Use:   "check",
		Short: "Check how well a POP3 client keeps mail, whatever the server does",
		Long:  checkHelp,
		Example: `  pop3sim check --exec 'python3 fetch.py {host} {port} {user} {password} {dir}'
  pop3sim check --preset curl --html report.html
  pop3sim check --client mine.yaml --sweep --step 7 --junit report.xml
  pop3sim check --list --only 'retr-*'
  pop3sim check --attend --http 127.0.0.1:8026
  pop3sim serve --case 'retr-drop@1200/close'`,
		RunE: func(cmd *cobra.Command, _ []string) error { return runCheck(cmd, &f) },
	}
	flags := c.Flags()
	flags.SortFlags = false
	f.client.add(flags)
	flags.BoolVar(&f.list, "list", false, "print the selected cases and run nothing")
	flags.StringArrayVar(&f.choice.Only, "only", nil, "play only cases whose id matches `GLOB`; * stands for any text; repeat for several")
	flags.StringArrayVar(&f.choice.Skip, "skip", nil, "leave out cases whose id matches `GLOB`; repeat for several")
	flags.StringVar(&f.severity, "severity", "", "play only cases of this `SEVERITY` and higher: tolerance, should, must")
	flags.StringVar(&f.choice.Set, "set", "", "play a frozen set of named cases: "+strings.Join(check.Sets(), ", "))
	flags.StringArrayVar(&f.files, "scenario", nil, "also play the cases of your own scenario `FILE`; repeat for several")
	flags.BoolVar(&f.choice.Sweep, "sweep", false, "also close, reset and garble the connection at every octet, and stall it at every reply")
	flags.Int64Var(&f.choice.Step, "step", 1, "sweep over every `N`th octet")
	flags.Var(&f.choice.Shard, "shard", "play only part `I/N` of the cases; 'pop3sim check merge' joins the reports")
	flags.IntVar(&f.jobs, "jobs", 0, "play `N` cases at a time (default: the number of processors plus one)")
	flags.StringVar(&f.failOn, "fail-on", string(check.Should), "the lowest `SEVERITY` that fails the run")
	flags.BoolVar(&f.strict, "strict", false, "warnings fail too")
	flags.Var(&f.baseline, "baseline", "known failures, which do not fail the run: `FILE` is a report of --json, or has a case id, in which * stands for any text, and a class on each line; an entry whose cases pass now fails the run")
	f.out.add(flags)
	c.AddCommand(newCheckMerge(), newCheckMatrix())
	return c
}

func (f *checkFlags) policy() (report.Policy, error) {
	p := report.Policy{FailOn: check.Severity(f.failOn), Strict: f.strict}
	if !slices.Contains(check.Severities(), p.FailOn) {
		return p, cli.Usage("--fail-on takes tolerance, should or must, not %q", f.failOn)
	}
	f.choice.Severity = check.Severity(f.severity)
	if f.severity != "" && !slices.Contains(check.Severities(), f.choice.Severity) {
		return p, cli.Usage("--severity takes tolerance, should or must, not %q", f.severity)
	}
	if f.choice.Step < 1 {
		return p, cli.Usage("--step takes 1 or more, not %d", f.choice.Step)
	}
	if f.choice.Sweep && f.list {
		return p, cli.Usage("--list cannot show the sweep: how far it goes depends on the client; its ids are sweep/close@0, sweep/reset@0, ...")
	}
	if f.jobs < 0 {
		return p, cli.Usage("--jobs takes 1 or more, not %d", f.jobs)
	}
	return p, nil
}

func runCheck(cmd *cobra.Command, f *checkFlags) error {
	policy, err := f.policy()
	if err != nil {
		return err
	}
	known, err := f.baselineOf(policy)
	if err != nil {
		return err
	}
	cases, err := f.cases()
	if err != nil {
		return err
	}
	if f.list {
		return listCases(cmd.OutOrStdout(), f, cases)
	}
	drive, err := f.client.drive(cmd)
	if err != nil {
		return err
	}
	defer func() { _ = f.client.close() }() // it only listened
	defer func() { _ = f.client.person.wait(cmd.Context(), cmd.ErrOrStderr()) }()
	r := &check.Runner{Drive: drive, Deviations: f.client.deviations(), Jobs: f.jobs, SelfCheck: check.MTM{}}
	rep, err := f.play(cmd, r, cases)
	f.client.person.finish(rep, policy, err)
	if errors.Is(err, check.ErrProbe) {
		_, _ = fmt.Fprintf(cmd.ErrOrStderr(), "pop3sim: %s\n", cli.OneLine(err.Error()))
		return cli.Exit(cli.Wrong)
	}
	if rep == nil {
		return err
	}
	stopped := err
	if f.client.listen != "" {
		f.out.json, f.out.line = true, true
	}
	if err = f.out.write(cmd.OutOrStdout(), rep, policy); err != nil {
		return err
	}
	if stopped != nil {
		return fmt.Errorf("%d of the cases were played: %w", rep.Totals.Cases, stopped)
	}
	return conclude(cmd.ErrOrStderr(), rep, known, policy)
}

// cases returns the selected cases that do not depend on the client.
func (f *checkFlags) cases() ([]*check.Case, error) {
	all, err := check.Named()
	if err != nil {
		return nil, err
	}
	for _, file := range f.files {
		own, loadErr := check.FromScenario(file)
		if loadErr != nil {
			return nil, cli.Usage("--scenario: %w", loadErr)
		}
		all = append(all, own...)
	}
	if f.client.person.attend && len(f.choice.Only) == 0 {
		f.choice.Only = check.Attended()
	}
	if f.choice.Sweep {
		return all, nil // selected once the sweep is known
	}
	if all, err = f.choice.Choose(all); err != nil {
		return nil, cli.Usage("%w", err)
	}
	return all, nil
}

// play probes the client and plays the cases. The report is nil when nothing was played.
func (f *checkFlags) play(cmd *cobra.Command, r *check.Runner, cases []*check.Case) (rep *report.Report, err error) {
	ctx, stderr := cmd.Context(), cmd.ErrOrStderr()
	defer func() { err = errors.Join(err, r.Close()) }()
	if err = r.Open(ctx); err != nil {
		return nil, err
	}
	if f.choice.Sweep {
		swept, sweepErr := r.Sweep(ctx, f.choice.Step)
		if sweepErr != nil {
			return nil, sweepErr
		}
		if cases, err = f.choice.Choose(append(cases, swept...)); err != nil {
			return nil, cli.Usage("%w", err)
		}
	}
	rep = f.client.report()
	for _, l := range r.Learned() {
		rep.Learned = append(rep.Learned, l.String())
	}
	r.SelfCheck = check.MTM{Move: r.Learned()[0].Can(scenarios.Moves)}
	bar := cli.NewBar(stderr, "checking", cli.Steps, int64(len(cases)))
	defer bar.Close()
	done := int64(0)
	r.Done = func(check.Outcome) {
		done++
		bar.Set(done, int64(len(cases)))
	}
	f.client.person.begin(r, len(cases))
	outcomes, err := r.Run(ctx, cases)
	rep.Add(outcomes)
	return rep, err
}

func (f *checkFlags) baselineOf(p report.Policy) (report.Baseline, error) {
	if f.baseline == "" {
		return nil, nil
	}
	in, err := os.Open(f.baseline.String())
	if err != nil {
		return nil, cli.Usage("--baseline: %w", err)
	}
	defer func() { _ = in.Close() }() // it was only read
	b, err := report.ReadBaseline(in, p)
	if err != nil {
		return nil, cli.Usage("--baseline %s: %w", f.baseline, err)
	}
	return b, nil
}

// conclude turns the verdicts into an exit status, and prints the differences from the baseline.
func conclude(stderr io.Writer, rep *report.Report, known report.Baseline, p report.Policy) error {
	if known == nil {
		if len(rep.Failing(p)) > 0 {
			return cli.Exit(cli.Failed)
		}
		return nil
	}
	fresh, stale := known.Compare(rep, p)
	for _, c := range fresh {
		_, _ = fmt.Fprintf(stderr, "new: %s %s: %s\n", c.Class, c.ID, cli.OneLine(c.Why))
	}
	for _, k := range stale {
		_, _ = fmt.Fprintf(stderr, "stale: %s passes now; remove it from the baseline\n", k.Cases)
	}
	if len(fresh)+len(stale) > 0 {
		return cli.Exit(cli.Failed)
	}
	return nil
}

func listCases(w io.Writer, f *checkFlags, cases []*check.Case) error {
	if f.out.json {
		rep := &report.Report{}
		for _, c := range cases {
			rep.Cases = append(rep.Cases, report.Of(check.Outcome{Case: c}))
		}
		return cli.NewJSON(w).Encode(rep.Cases)
	}
	for _, c := range cases {
		if _, err := fmt.Fprintf(w, "%-50s %-9s %-10s %s\n", c.ID, c.Severity, c.Where(), c.Title); err != nil {
			return err
		}
	}
	return nil
}

// outFlags holds the flags about reports.
type outFlags struct {
	json, tap          bool
	line               bool // the report is one line of a dialogue
	junit, html, badge cli.Path
}

func (f *outFlags) add(flags *pflag.FlagSet) {
	flags.BoolVar(&f.json, "json", false, "print the report as a JSON object: client, cases (id, class, severity, result, why, rfc, reproduce), totals")
	flags.BoolVar(&f.tap, "tap", false, "print the report in the Test Anything Protocol")
	flags.Var(&f.junit, "junit", "write the report as JUnit XML to `FILE`")
	flags.Var(&f.html, "html", "write the report as one HTML page to `FILE`")
	flags.Var(&f.badge, "badge", "write an SVG badge with the number of cases that fail to `FILE`")
}

// write writes the report in all forms that the flags ask for.
func (f *outFlags) write(stdout io.Writer, rep *report.Report, p report.Policy) error {
	printed := rep.Text
	switch {
	case f.json && f.line:
		printed = func(w io.Writer, _ report.Policy) error { return rep.WriteLine(w) }
	case f.json:
		printed = func(w io.Writer, _ report.Policy) error { return rep.WriteJSON(w) }
	case f.tap:
		printed = rep.TAP
	}
	failed := printed(stdout, p)
	for path, to := range map[cli.Path]func(io.Writer) error{
		f.junit: func(w io.Writer) error { return rep.JUnit(w, p) },
		f.html:  func(w io.Writer) error { return report.Page(w, []*report.Report{rep}) },
		f.badge: func(w io.Writer) error { return rep.Badge(w, p) },
	} {
		if path != "" {
			failed = errors.Join(failed, toFile(path.String(), to))
		}
	}
	return failed
}

func toFile(path string, to func(io.Writer) error) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(to(f), f.Close())
}

// newCheckMerge returns the command that joins the reports of shards.
func newCheckMerge() *cobra.Command {
	var out outFlags
	var failOn string
	var strict bool
	c := &cobra.Command{
		Use:   "merge FILE...",
		Short: "Join the JSON reports of several shards into one",
		Long: `Join the reports that 'pop3sim check --shard I/N --json' printed into one report.

The exit status is the same as for one run with all cases.`,
		Example: `  pop3sim check --preset curl --shard 1/2 --json >1.json
  pop3sim check --preset curl --shard 2/2 --json >2.json
  pop3sim check merge 1.json 2.json --html report.html`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, files []string) error {
			f := checkFlags{failOn: failOn, strict: strict, choice: check.Choice{Step: 1}}
			p, err := f.policy()
			if err != nil {
				return err
			}
			all, err := readReports(files)
			if err != nil {
				return err
			}
			rep, err := report.Merge(all)
			if err != nil {
				return cli.Usage("%w", err)
			}
			if err = out.write(cmd.OutOrStdout(), rep, p); err != nil {
				return err
			}
			return conclude(cmd.ErrOrStderr(), rep, nil, p)
		},
	}
	flags := c.Flags()
	flags.SortFlags = false
	flags.StringVar(&failOn, "fail-on", string(check.Should), "the lowest `SEVERITY` that fails")
	flags.BoolVar(&strict, "strict", false, "warnings fail too")
	out.add(flags)
	return c
}

func readReports(files []string) ([]*report.Report, error) {
	var all []*report.Report
	for _, name := range files {
		in, err := os.Open(name)
		if err != nil {
			return nil, cli.Usage("%w", err)
		}
		r, err := report.Read(in)
		_ = in.Close() // it was only read
		if err != nil {
			return nil, cli.Usage("%s: %w", name, err)
		}
		all = append(all, r)
	}
	return all, nil
}

// versionTime limits the command that prints a client's version.
const versionTime = 10 * time.Second

func firstLineOf(ctx context.Context, p *check.Program) string {
	ctx, cancel := context.WithTimeout(ctx, versionTime)
	defer cancel()
	return p.FirstLine(ctx)
}
