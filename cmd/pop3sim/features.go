package main

import (
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"pop3mtm/cmd/internal/cli"
	"pop3mtm/features"
	"pop3mtm/scenarios/check"
)

func newFeatures() *cobra.Command {
	var o features.Options
	client := clientFlags{hang: defaultHang}
	c := &cobra.Command{
		Use:   "features [PATH...]",
		Short: "Run Gherkin suites against our mail client, or another one",
		Long: `Run the built-in Gherkin suites, or those of the given .feature files and directories.

They drive our mail client, the MTM. With --exec, --preset or --client they drive another client, which
is described as for 'pop3sim check': a visit fetches the mail once. It deletes mail only by a move, if it
is set so. Scenarios with a step that only the MTM can do are skipped whole, and the reason is printed.

PATH may be FILE:LINE for one scenario. Scenarios run in random order; the summary shows
the seed that repeats the order. The exit status is 1 when a scenario fails.`,
		Example: `  pop3sim features
  pop3sim features --format pretty mine.feature
  pop3sim features --tags '@move' --format junit:report.xml,progress
  pop3sim features --preset mpop mine.feature
  pop3sim features --exec 'python3 fetch.py {host} {port} {user} {password} {dir}' mine.feature`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, paths []string) error {
			if o.Concurrency < 0 {
				return cli.Usage("--concurrency takes 1 or more, not %d", o.Concurrency)
			}
			if o.Concurrency == 0 && o.Format == "progress" {
				o.Concurrency = 4 // the other formats get mixed up
			}
			if client.given() {
				drive, err := client.drive(cmd)
				if err != nil {
					return err
				}
				o.Client = drive
			}
			o.Paths, o.Out = paths, cmd.OutOrStdout()
			o.Color = cli.IsTerminal(o.Out)
			status, err := features.Run(cmd.Context(), o)
			switch {
			case errors.Is(err, features.ErrFormat):
				return cli.Usage("%w", err)
			case err != nil:
				return err
			case status != 0:
				return cli.Exit(cli.Failed) // the summary has said what failed
			}
			return nil
		},
	}
	flags := c.Flags()
	flags.SortFlags = false
	flags.StringVarP(&o.Format, "format", "f", "progress", "`FORMAT` of the report: progress, pretty, junit, cucumber, events; with :FILE to write it there")
	flags.StringVarP(&o.Tags, "tags", "t", "", "run only scenarios with these `TAGS`: '@move && ~@slow'")
	flags.IntVarP(&o.Concurrency, "concurrency", "c", 0, "run `N` scenarios at a time (default 4 with progress, else 1)")
	flags.Int64Var(&o.Seed, "seed", 0, "repeat the order of the run with this `SEED`")
	flags.StringVar(&client.exec, "exec", "", "drive the client whose `COMMAND` fetches all mail once, with {host}, {port}, {user}, {password}, {dir}, {ca}")
	flags.StringVar(&client.preset, "preset", "", "drive the known client `NAME`: "+strings.Join(check.Presets(), ", "))
	flags.Var(&client.file, "client", "drive the client that `FILE` describes (docs/check.md)")
	c.MarkFlagsMutuallyExclusive("exec", "preset", "client")
	return c
}
