package main

import (
	"context"
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
		return show(found, r.format, r.out, c.OutOrStdout())
	}
	return c
}

func (r *retrieve) flags(c *cobra.Command) {
	r.box.flags(c, 10_000, 8<<10)
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
	if err := checkRuns(r.runs, r.format); err != nil {
		return err
	}
	if r.profile != "" && (r.mtm != "" || r.pop3sim != "") {
		return cli.Usage("--profile works with the server and the client built into the bench, not with --mtm or --pop3sim")
	}
	return checkPeers(r.against)
}

// checkRuns refuses what no benchmark takes.
func checkRuns(runs int, format string) error {
	if runs < 1 || runs > mostRuns {
		return cli.Usage("--runs takes 1 to %d, not %d", mostRuns, runs)
	}
	if _, ok := formats()[format]; !ok {
		return cli.Usage("--format takes table, benchfmt or json, not %q", format)
	}
	return nil
}

// run does all trials, the clients taking turns.
func (r *retrieve) run(ctx context.Context, stderr io.Writer) (found *results, err error) {
	found, err = r.begin(ctx)
	if err != nil {
		return nil, err
	}
	dir, err := makeFolders(r.dir, r.out, r.profile)
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

// makeFolders makes the folders of the results whose names are not empty, and a new one below dir for what the clients
// store, whose path it returns.
func makeFolders(dir string, results ...string) (string, error) {
	for _, dir := range results {
		if dir != "" {
			if err := os.MkdirAll(dir, 0o755); err != nil {
				return "", err
			}
		}
	}
	dir, err := filepath.Abs(dir) // the clients run in folders of their own
	if err != nil {
		return "", err
	}
	return os.MkdirTemp(dir, "bench-")
}

// trial runs one trial in a process of its own and shows how far it is.
func (r *retrieve) trial(ctx context.Context, name, dir, label string, stderr io.Writer) (m *measurement, err error) {
	if err = os.Mkdir(dir, 0o700); err != nil {
		return nil, err
	}
	if !r.keep {
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	}
	t := trial{Mailbox: r.box, Client: name, Dir: dir, Mtm: r.mtm, Pop3sim: r.pop3sim, Profile: r.profile}
	bar := cli.NewBar(stderr, label, cli.Octets, r.box.total())
	return inProcess[measurement](ctx, "trial", t, bar, label, r.box.total())
}

// alters is what a client changes in messages by its nature.
func alters(name string) string {
	if p, ok := peers()[name]; ok {
		return p.Alters()
	}
	return ""
}

// show prints results in a format, and writes them in all of them into a folder when out names one.
func show(found shown, format, out string, stdout io.Writer) error {
	if out != "" {
		for form, name := range map[string]string{"json": "results.json", "benchfmt": "results.bench", "table": "results.txt"} {
			text, err := formats()[form](found)
			if err != nil {
				return err
			}
			if err := os.WriteFile(filepath.Join(out, name), text, 0o644); err != nil {
				return err
			}
		}
	}
	text, err := formats()[format](found)
	if err != nil {
		return err
	}
	_, err = stdout.Write(text)
	return err
}
