package main

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"pop3mtm/cmd/bench/internal/harness"
	"pop3mtm/cmd/bench/internal/hosts"
	"pop3mtm/cmd/bench/internal/numbers"
	"pop3mtm/cmd/bench/internal/report"
	"pop3mtm/cmd/bench/internal/wire"
	"pop3mtm/cmd/internal/cli"
)

// k6Bench measures a server with a script of k6.
type k6Bench struct {
	harness.Setup
	program  string
	script   string
	users    int
	hosts    int
	rate     int
	duration time.Duration
	settings []string
	merge    []string
}

// K6Mode returns the mode that runs it.
func K6Mode() harness.Mode { return harness.Mode{Command: newK6()} }

// scripts are the scripts that the command knows by name, and mailbox.js, which they import.
//
//go:embed scripts
var scripts embed.FS

const sharedScript = "mailbox"

// scriptNames returns what the command knows.
func scriptNames() (names []string) {
	files, _ := fs.Glob(scripts, "scripts/*.js") // the pattern is right
	for _, file := range files {
		if name := strings.TrimSuffix(filepath.Base(file), ".js"); name != sharedScript {
			names = append(names, name)
		}
	}
	return names
}

const (
	mostK6Users    = 100_000
	mostK6Hosts    = 64
	mostK6Rate     = 1_000_000
	longestK6      = 7 * 24 * time.Hour
	k6Missing      = "build it with 'go build -C cmd/bench/k6 -o ../../../bin/k6 .' and give --k6 bin/k6"
	farApart       = 5 * time.Second
	thresholdsFail = 99 // the exit status of k6
)

func newK6() *cobra.Command {
	var k k6Bench
	c := &cobra.Command{
		Use:   "k6 [SCRIPT]",
		Short: "Load a server with a script of k6, and add up what several hosts measured",
		Long: `K6 runs a script with the k6 of cmd/bench/k6, which has a POP3 client, and shows what it measured as 'bench retrieve' does: a
table, JSON or a page. SCRIPT is a file, or one of ` + strings.Join(scriptNames(), ", ") + ` (default steady).
The server is a simulated one with a user for each virtual user, or that of --target. Each virtual user logs in as a user of its
own, and the scripts compare every octet with the synthetic mailbox. With --hosts several k6 processes share the work, as the
runners of k6-operator do.

With --merge nothing is run: the files that 'k6 run --out hdr=FILE' wrote on several hosts are added up. Percentiles are those
of all commands together (HDR histograms), and the time is that of the host that took longest.

The exit status is 1 when a threshold of the script has failed.`,
		Example: `  go build -C cmd/bench/k6 -o ../../../bin/k6 .
  bench k6 --k6 bin/k6
  bench k6 spike --k6 bin/k6 --users 200 --html spike.html
  bench k6 login_storm --k6 bin/k6 --rate 500 --duration 1m
  bench k6 steady --k6 bin/k6 --target pop.example.org:995 --tls implicit --user 'user{n}' --password-env SECRET
  bench k6 my.js --k6 bin/k6 --set FOLDERS=3
  bench k6 --merge host-a.json,host-b.json --html both.html`,
		Args: cobra.MaximumNArgs(1),
	}
	k.AddFlags(c, 1000, 2<<10, 1, 0)
	f := c.Flags()
	f.StringVar(&k.program, "k6", "k6", "the k6 program of cmd/bench/k6")
	f.IntVar(&k.users, "users", 10, "virtual users (VUS of the scripts)")
	f.IntVar(&k.rate, "rate", 0, "sessions a second in scripts that take one (RATE); 0 = what the script says")
	f.DurationVar(&k.duration, "duration", 10*time.Second, "how long the script runs (DURATION)")
	f.IntVar(&k.hosts, "hosts", 1, "k6 processes that share the virtual users")
	f.StringArrayVar(&k.settings, "set", nil, "a setting `NAME=VALUE` for the script; repeat for several")
	f.StringSliceVar(&k.merge, "merge", nil, "`FILES` of k6 run --out hdr=FILE to add up, instead of a run")
	k.AddServerFlags(f)
	c.RunE = func(c *cobra.Command, args []string) error {
		k.script = "steady"
		if len(args) > 0 {
			k.script = args[0]
		}
		if err := k.validate(f, args); err != nil {
			return err
		}
		if len(k.merge) > 0 {
			return k.merged(c)
		}
		return k.run(c)
	}
	return c
}

// validate returns an error for invalid flags.
func (k *k6Bench) validate(f *pflag.FlagSet, args []string) error {
	if err := k.Setup.Validate(f); err != nil {
		return err
	}
	switch {
	case k.users < 1 || k.users > mostK6Users:
		return cli.Usage("--users takes 1 to %d, not %d", mostK6Users, k.users)
	case k.hosts < 1 || k.hosts > min(mostK6Hosts, k.users):
		return cli.Usage("--hosts takes 1 to %d, and not more than --users, not %d", mostK6Hosts, k.hosts)
	case k.rate < 0 || k.rate > mostK6Rate:
		return cli.Usage("--rate takes 0 to %d, not %d", mostK6Rate, k.rate)
	case k.duration < time.Second || k.duration > longestK6:
		return cli.Usage("--duration takes 1s to %v, not %v", longestK6, k.duration)
	case k.Target != "" && k.users > 1 && !strings.Contains(k.User, "{n}"):
		return cli.Usage("--users above 1 needs a user for each: write --user 'user{n}', or --users 1")
	}
	for _, one := range k.settings {
		if name, _, ok := strings.Cut(one, "="); !ok || name == "" {
			return cli.Usage("--set takes NAME=VALUE, not %q", one)
		}
	}
	if len(k.merge) > 0 {
		return k.validateMerge(f, args)
	}
	if _, err := os.Stat(k.script); err != nil && !slices.Contains(scriptNames(), k.script) {
		return cli.Usage("the script %s is neither a file nor one of %s", k.script, strings.Join(scriptNames(), ", "))
	}
	return nil
}

// validateMerge refuses what only a run needs.
func (k *k6Bench) validateMerge(f *pflag.FlagSet, args []string) (err error) {
	if len(args) > 0 {
		return cli.Usage("--merge runs nothing: leave out the script")
	}
	f.Visit(func(given *pflag.Flag) {
		if !slices.Contains([]string{"merge", "format", "out", "html"}, given.Name) && err == nil {
			err = cli.Usage("--merge runs nothing: leave out --%s", given.Name)
		}
	})
	return err
}

// merged shows the sum of files.
func (k *k6Bench) merged(c *cobra.Command) error {
	if err := k.Output.Prepare(); err != nil {
		return err
	}
	var parts []*hosts.Part
	for _, path := range k.merge {
		part, err := hosts.ReadFile(path)
		if err != nil {
			return fmt.Errorf("--merge: %w", err)
		}
		parts = append(parts, part)
	}
	p := k.Begin("k6")
	p.Found.What = "what load hosts measured"
	p.Found.Target = "the servers of the scripts"
	m := &report.Measurement{Round: 1, Server: p.Found.Target}
	if err := k.describe(p.Found, m, parts); err != nil {
		return err
	}
	return k.show(c, p)
}

// run runs the script in rounds, each with a new server. After a signal it shows what was measured.
func (k *k6Bench) run(c *cobra.Command) error {
	version, err := k.version(c.Context())
	if err != nil {
		return err
	}
	p := k.Begin("k6")
	found := p.Found
	found.What = fmt.Sprintf("script %s, %s on %s, %s", filepath.Base(k.script), numbers.Count(k.users, "virtual user"), numbers.Count(k.hosts, "load host"), k.What())
	found.Clients = []report.Participant{{Name: "k6", Version: version}}
	if err = k.Output.Prepare(); err != nil {
		return err
	}
	return harness.WithFolder(k.Dir, false, c.ErrOrStderr(), func(dir string) error {
		var failed error
		for round := 1; round <= k.Rounds && failed == nil; round++ {
			within := filepath.Join(dir, strconv.Itoa(round))
			if failed = os.Mkdir(within, 0o700); failed != nil {
				return failed
			}
			m := &report.Measurement{Round: round, Mailbox: k.Box.Messages}
			var parts []*hosts.Part
			parts, failed = k.round(c.Context(), within, m)
			if len(parts) == 0 {
				return failed
			}
			if wrong := k.describe(found, m, parts); wrong != nil {
				return errors.Join(failed, wrong)
			}
		}
		if c.Context().Err() != nil {
			found.Stopped = "stopped by a signal"
		}
		return errors.Join(k.show(c, p), failed)
	})
}

// show prints the results.
func (k *k6Bench) show(c *cobra.Command, p *harness.Trials) error {
	p.Found.Clock = "The time is from the first command to the end of the last one."
	p.Found.Timing = "As the load hosts measured it. A command that was sent while others were in flight counts from the end of the reply before its own."
	p.Found.Rounds = len(p.Found.Trials)
	p.Found.Conclude()
	err := k.Output.Show(p.Found, c.OutOrStdout())
	k.TellWhere(c.ErrOrStderr())
	return err
}

// describe adds what the hosts of one round measured to the results.
func (k *k6Bench) describe(found *report.Results, m *report.Measurement, parts []*hosts.Part) error {
	sum, err := hosts.Merge(parts)
	if err != nil {
		return err
	}
	if sum.Seconds <= 0 {
		return fmt.Errorf("no command of POP3 succeeded on %s; %s", strings.Join(sum.Hosts, ", "), errorsOf(sum))
	}
	m.Client, m.Seconds, m.Messages, m.Octets, m.Rate = "k6", sum.Seconds, int(sum.Messages), sum.Octets, sum.Rate
	if m.Messages == 0 {
		found.Unit = "sessions"
		if opened := sum.Verbs["CONNECT"]; opened != nil {
			m.Messages = int(opened.TotalCount())
		}
	}
	for _, verb := range sum.VerbsByCount() {
		m.Verbs = append(m.Verbs, *wire.LatencyOf(verb, sum.Verbs[verb].Histogram))
	}
	found.Trials = append(found.Trials, *m)
	for _, note := range notesOf(sum, parts) {
		if found.Rounds > 1 {
			note = fmt.Sprintf("Round %d: %s", m.Round, note)
		}
		found.Notes = append(found.Notes, note)
	}
	return nil
}

// notesOf says in words what a round counted beside the figures.
func notesOf(sum *hosts.Part, parts []*hosts.Part) []string {
	notes := []string{fmt.Sprintf("Hosts: %s; %s by %s; %s, %s; checks: %s passed, %s failed.",
		strings.Join(sum.Hosts, ", "), counted(sum.Iterations, "iteration"), counted(sum.Users, "virtual user"),
		counted(sum.Messages, "message"), counted(sum.Octets, "octet"), numbers.Grouped(float64(sum.Passed)), numbers.Grouped(float64(sum.Failed)))}
	if apart := hosts.Apart(parts); apart > farApart {
		notes = append(notes, fmt.Sprintf("The hosts began %v apart, by their clocks: the rate is too high if they did not run at the same time.", apart.Round(time.Second)))
	}
	return append(notes, errorsOf(sum)+".")
}

// errorsOf says which errors were counted.
func errorsOf(sum *hosts.Part) string {
	if len(sum.Errors) == 0 {
		return "No errors"
	}
	var kinds []string
	for _, kind := range sum.Kinds() {
		kinds = append(kinds, fmt.Sprintf("%s %d", kind, sum.Errors[kind]))
	}
	return "Errors: " + strings.Join(kinds, ", ")
}

// counted returns a count in words.
func counted(n int64, what string) string { return numbers.Count(int(n), what) }

// version asks the program, and refuses a k6 without POP3.
func (k *k6Bench) version(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, k.program, "version").Output()
	if err != nil {
		return "", fmt.Errorf("k6 with a POP3 client was not found: %s: %w", k6Missing, err)
	}
	first, rest, _ := strings.Cut(string(out), "\n")
	if !strings.Contains(rest, "k6/x/pop3") {
		return "", fmt.Errorf("%s is a k6 without the module k6/x/pop3: %s", k.program, k6Missing)
	}
	return strings.TrimSpace(first), nil
}
