package main

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"github.com/spf13/cobra"

	"pop3mtm/cmd/internal/cli"
	"pop3mtm/scenarios/check"
	"pop3mtm/scenarios/check/report"
)

// newCheckMatrix returns the command that checks several clients and writes a comparison.
func newCheckMatrix() *cobra.Command {
	var f checkFlags
	var out, page cli.Path
	c := &cobra.Command{
		Use:   "matrix CLIENT...",
		Short: "Check several clients and write a page that shows them side by side",
		Long: `Check several clients, one after the other, and write a Markdown page and an HTML page that compare
them. CLIENT is a preset, a file as for --client, or a report of --json, whose name ends
in .json. A client that cannot be probed, for example because it is not installed, is named and left out.

The exit status is 0 when the pages were written.`,
		Example: `  pop3sim check matrix mtm curl mpop --out client-matrix.md --html client-matrix.html
  pop3sim check matrix mtm mine.yaml --severity must --out matrix.md`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, clients []string) error {
			f.failOn = string(check.Should)
			if _, err := f.policy(); err != nil {
				return err
			}
			reports, err := f.reports(cmd, clients)
			if err != nil {
				return err
			}
			return writeMatrix(cmd, reports, out, page)
		},
	}
	flags := c.Flags()
	flags.SortFlags = false
	flags.Var(&out, "out", "write the Markdown page to `FILE` (default: standard output)")
	flags.Var(&page, "html", "write the HTML page to `FILE`")
	flags.StringArrayVar(&f.choice.Only, "only", nil, "play only cases whose id matches `GLOB`; repeat for several")
	flags.StringArrayVar(&f.choice.Skip, "skip", nil, "leave out cases whose id matches `GLOB`; repeat for several")
	flags.StringVar(&f.severity, "severity", "", "play only cases of this `SEVERITY` and higher")
	flags.DurationVar(&f.client.hang, "hang", defaultHang, "a client that neither sends nor stores anything for so long hangs")
	flags.IntVar(&f.jobs, "jobs", 0, "play `N` cases at a time (default: one more than there are processors)")
	f.choice.Step = 1
	return c
}

// reports checks each client.
func (f *checkFlags) reports(cmd *cobra.Command, clients []string) ([]*report.Report, error) {
	var all []*report.Report
	for _, name := range clients {
		rep, err := f.reportOf(cmd, name)
		switch {
		case cmd.Context().Err() != nil:
			return nil, cmd.Context().Err()
		case err != nil && !errors.Is(err, cli.Exit(cli.Wrong)): // which has been said
			return nil, err
		case rep == nil:
			_, _ = fmt.Fprintf(cmd.ErrOrStderr(), "%s is left out\n", name)
		default:
			all = append(all, rep)
		}
	}
	if all == nil {
		return nil, errors.New("no client could be checked")
	}
	return all, nil
}

// reportOf checks one client, or reads its report.
func (f *checkFlags) reportOf(cmd *cobra.Command, name string) (*report.Report, error) {
	one := *f
	switch filepath.Ext(name) {
	case ".json":
		all, err := readReports([]string{name})
		if err != nil {
			return nil, err
		}
		return all[0], nil
	case ".yaml", ".yml":
		one.client.file = cli.Path(name)
	default:
		one.client.preset = name
	}
	cases, err := one.cases()
	if err != nil {
		return nil, err
	}
	drive, err := one.client.drive(cmd)
	if err != nil {
		return nil, err
	}
	return one.play(cmd, &check.Runner{Drive: drive, Deviations: one.client.deviations(), Jobs: one.jobs, SelfCheck: check.MTM{}}, cases)
}

func writeMatrix(cmd *cobra.Command, reports []*report.Report, out, page cli.Path) error {
	if page != "" {
		if err := toFile(page.String(), func(w io.Writer) error { return report.Page(w, reports) }); err != nil {
			return err
		}
	}
	write := func(w io.Writer) error { return report.Matrix(w, reports, filepath.Base(page.String())) }
	if out == "" {
		return write(cmd.OutOrStdout())
	}
	return toFile(out.String(), write)
}
