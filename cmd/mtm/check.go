package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"pop3mtm/cmd/internal/cli"
	"pop3mtm/mtm/store"
)

// finding is a store.Problem in JSON; ids that the problem does not have are left out.
type finding struct {
	Entry   store.ID `json:"id,omitempty"`
	Segment int64    `json:"segment,omitempty"`
	Offset  int64    `json:"offset,omitempty"`
	Problem string   `json:"problem"`
}

type checkResult struct {
	Entries   int       `json:"entries"`
	Bodies    int       `json:"bodies"`
	Segments  int       `json:"segments"`
	BodyBytes int64     `json:"body_bytes"`
	DeadBytes int64     `json:"dead_bytes"`
	Problems  []finding `json:"problems"`
}

func checkCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use:   "check-store",
		Short: "Verify every message and every reference of the store",
		Long: `Check-store reads the whole store: the length and the checksum of every stored body, every reference from the index
into the segment files, and the tree of entries. It changes nothing. It prints each problem, and ends with status 1 if
there is one.`,
		Example: `  mtm check-store
  mtm --store /backup/mail.store check-store --json`,
		RunE: run(func(cmd *cobra.Command, _ []string) error {
			return e.withStore(reading, func(st *store.Store) error { return checkStore(cmd, e, st) })
		}),
	}
}

func checkStore(cmd *cobra.Command, e *env, st *store.Store) error {
	problems := []finding{}
	sum, err := st.Check(cmd.Context(), func(p store.Problem) {
		problems = append(problems, finding{p.Entry, p.Segment, p.Offset, p.Text})
	})
	if err != nil {
		return err
	}
	if e.json {
		err = printJSON(cmd, checkResult{sum.Entries, sum.Bodies, sum.Segments, sum.BodyBytes, sum.DeadBytes, problems})
	} else {
		err = printCheck(cmd, sum, problems)
	}
	if err == nil && sum.Problems > 0 {
		return cli.Exit(cli.Failed)
	}
	return err
}

func printCheck(cmd *cobra.Command, sum store.Summary, problems []finding) error {
	out := cmd.OutOrStdout()
	for _, p := range problems {
		if _, err := fmt.Fprintln(out, p); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(out, "%s, %s of %s in %s, %s no longer used: %s\n",
		count(sum.Entries, "entry", "entries"), count(sum.Bodies, "body", "bodies"), octets(sum.BodyBytes),
		count(sum.Segments, "segment", "segments"), octets(sum.DeadBytes), verdict(sum.Problems))
	return err
}

func verdict(problems int) string {
	if problems == 0 {
		return "no problems"
	}
	return count(problems, "problem", "problems")
}

// String returns the place and the problem.
func (f finding) String() string {
	place := ""
	if f.Entry != 0 {
		place = fmt.Sprintf("entry %d: ", f.Entry)
	}
	if f.Segment != 0 {
		place += fmt.Sprintf("segment %d, offset %d: ", f.Segment, f.Offset)
	}
	return place + oneLine(f.Problem)
}
