package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"pop3mtm/cmd/internal/cli"
)

const mostRuns = 1000

// retrieve is the benchmark of fetching a whole mailbox.
type retrieve struct {
	box     mailbox
	runs    int
	against []string
	mtm     string
	pop3sim string
	dir     string // where the clients store
	keep    bool
	format  string
	out     string // folder for result files
	profile string
}

func newRetrieve() *cobra.Command {
	var r retrieve
	c := &cobra.Command{
		Use:   "retrieve",
		Short: "Fetches a large mailbox, ours against others",
		Long: `Retrieve fetches a synthetic mailbox of a simulated server with our MTM into its message store, and with other
people's clients when they are named. The clients take turns, each run on a new server and into a new folder, and what is
measured is the whole process from its start to its end. Then every message is compared with what was served.

The table shows the least, the median and the largest of all runs, and how many times faster ours was, run by run.
The other clients are to be installed; in Debian the packages are curl, fetchmail, getmail6, mpop and python3.`,
		Example: `  bench retrieve
  bench retrieve --messages 100000 --size 2KiB
  bench retrieve --against mpop-maildir,mpop-mbox --out results
  bench retrieve --messages 1 --size 1GiB --runs 1
  bench retrieve --format benchfmt >new.txt && benchstat -col /client new.txt`,
	}
	r.flags(c)
	c.RunE = func(c *cobra.Command, _ []string) error {
		if err := r.validate(); err != nil {
			return err
		}
		found, err := r.run(c.Context(), c.ErrOrStderr())
		if err != nil {
			return err
		}
		return r.show(found, c.OutOrStdout())
	}
	return c
}

func (r *retrieve) flags(c *cobra.Command) {
	r.box.flags(c)
	f := c.Flags()
	f.IntVar(&r.runs, "runs", 5, "how often each client fetches the mailbox")
	f.StringSliceVar(&r.against, "against", nil, "other clients: curl, fetchmail, getmail, mpop-maildir, mpop-mbox, poplib")
	f.StringVar(&r.mtm, "mtm", "", "an mtm program to measure instead of the MTM built into the bench")
	f.StringVar(&r.pop3sim, "pop3sim", "", "a pop3sim program that serves instead of the server built into the bench")
	f.StringVar(&r.dir, "dir", os.TempDir(), "folder on the disk that the clients store to; a folder is made in it and removed")
	f.BoolVar(&r.keep, "keep", false, "do not remove what the clients stored, and say where it is")
	f.StringVar(&r.format, "format", "table", "what is printed: table, benchfmt (for benchstat) or json")
	f.StringVar(&r.out, "out", "", "folder for the results as results.json, results.bench and results.txt")
	f.StringVar(&r.profile, "profile", "", "folder for CPU profiles of our server and client, as of the last run")
}

func (r *retrieve) validate() error {
	if err := r.box.validate(); err != nil {
		return err
	}
	if r.runs < 1 || r.runs > mostRuns {
		return cli.Usage("--runs takes 1 to %d, not %d", mostRuns, r.runs)
	}
	if _, ok := formats()[r.format]; !ok {
		return cli.Usage("--format takes table, benchfmt or json, not %q", r.format)
	}
	if r.profile != "" && (r.mtm != "" || r.pop3sim != "") {
		return cli.Usage("--profile works with the server and the client built into the bench, not with --mtm or --pop3sim")
	}
	return checkPeers(r.against)
}

// run does all trials, the clients taking turns.
func (r *retrieve) run(ctx context.Context, stderr io.Writer) (found *results, err error) {
	found, err = r.begin(ctx)
	if err != nil {
		return nil, err
	}
	dir, err := r.makeFolders()
	if err != nil {
		return nil, err
	}
	if r.keep {
		defer func() {
			_, failed := fmt.Fprintf(stderr, "What the clients stored is kept in %s\n", dir)
			err = errors.Join(err, failed)
		}()
	} else {
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	}
	for run := range r.runs {
		for _, c := range found.Clients {
			label := fmt.Sprintf("run %d of %d, %s", run+1, r.runs, c.Name)
			m, err := r.trial(ctx, c.Name, filepath.Join(dir, fmt.Sprintf("%03d-%s", run+1, c.Name)), label, stderr)
			if err != nil {
				return nil, err
			}
			found.Trials = append(found.Trials, *m)
		}
	}
	return found, nil
}

// begin asks every client for its version, so that a missing one is known before anything is measured.
func (r *retrieve) begin(ctx context.Context) (*results, error) {
	bench, err := os.Executable()
	if err != nil {
		return nil, err
	}
	found := &results{Benchmark: "retrieve", Machine: thisMachine(), Mailbox: r.box, Runs: r.runs}
	for _, name := range append([]string{oursName}, r.against...) {
		version, err := newClient(name, &ours{bench: bench, mtm: r.mtm}).version(ctx)
		if err != nil {
			return nil, err
		}
		found.Clients = append(found.Clients, participant{Name: name, Version: version, Alters: alters(name)})
	}
	return found, nil
}

// makeFolders makes the folders of the results, and one for what the clients store, whose path it returns.
func (r *retrieve) makeFolders() (string, error) {
	for _, dir := range []string{r.out, r.profile} {
		if dir != "" {
			if err := os.MkdirAll(dir, 0o755); err != nil {
				return "", err
			}
		}
	}
	dir, err := filepath.Abs(r.dir) // the clients run in folders of their own
	if err != nil {
		return "", err
	}
	return os.MkdirTemp(dir, "bench-")
}

// trial runs one trial in a process of its own and shows how far it is.
func (r *retrieve) trial(ctx context.Context, name, dir, label string, stderr io.Writer) (m *measurement, err error) {
	bench, err := os.Executable()
	if err != nil {
		return nil, err
	}
	if err = os.Mkdir(dir, 0o700); err != nil {
		return nil, err
	}
	if !r.keep {
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	}
	t := trial{Mailbox: r.box, Client: name, Dir: dir, Mtm: r.mtm, Pop3sim: r.pop3sim, Profile: r.profile}
	spec, err := json.Marshal(t)
	if err != nil {
		return nil, err
	}
	cmd, said := process(ctx, []string{bench, "trial", string(spec)})
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	cmd.Cancel = stdin.Close
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err = cmd.Start(); err != nil {
		return nil, err
	}
	bar := cli.NewBar(stderr, label, cli.Octets, r.box.total())
	m, err = readTrial(stdout, func(octets int64) { bar.Set(min(octets, r.box.total()), r.box.total()) })
	bar.Close()
	return m, said.explain(ctx, label, errors.Join(cmd.Wait(), err))
}

// readTrial reads what a trial writes to its end.
func readTrial(stdout io.Reader, report func(octets int64)) (*measurement, error) {
	for said := json.NewDecoder(stdout); ; {
		var line trialLine
		switch err := said.Decode(&line); {
		case err != nil:
			_, _ = io.Copy(io.Discard, stdout) // so that the trial can end
			return nil, fmt.Errorf("the trial ended without a result: %w", err)
		case line.Result != nil:
			return line.Result, nil
		}
		report(line.Octets)
	}
}

// alters is what a client changes in messages by its nature.
func alters(name string) string {
	if p, ok := peers()[name]; ok {
		return p.Alters()
	}
	return ""
}

// show prints the results and writes them to files.
func (r *retrieve) show(found *results, stdout io.Writer) error {
	if r.out != "" {
		for format, name := range map[string]string{"json": "results.json", "benchfmt": "results.bench", "table": "results.txt"} {
			text, err := formats()[format](found)
			if err != nil {
				return err
			}
			if err := os.WriteFile(filepath.Join(r.out, name), text, 0o644); err != nil {
				return err
			}
		}
	}
	text, err := formats()[r.format](found)
	if err != nil {
		return err
	}
	_, err = stdout.Write(text)
	return err
}
