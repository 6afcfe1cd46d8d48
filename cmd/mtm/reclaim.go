package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"pop3mtm/mtm/store"
)

type reclaimResult struct {
	Segments int   `json:"segments"`
	Busy     int   `json:"busy"`
	Freed    int64 `json:"freed"`
}

func reclaimCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use:   "reclaim",
		Short: "Free the disk space of deleted messages",
		Long: `Reclaim rewrites the segment files of the store in which more is deleted than not. Files that a program reads or writes
at the moment are skipped.`,
		Example: `  mtm reclaim`,
		RunE: run(func(cmd *cobra.Command, _ []string) error {
			return e.withStore(writing, func(st *store.Store) error {
				r, err := st.Reclaim(cmd.Context())
				if err != nil {
					return err
				}
				if e.json {
					return printJSON(cmd, reclaimResult{r.Segments, r.Busy, r.Freed})
				}
				line := fmt.Sprintf("%s freed, %s rewritten", octets(r.Freed), count(r.Segments, "segment", "segments"))
				if r.Busy > 0 {
					line += fmt.Sprintf(", %s skipped because in use", count(r.Busy, "segment", "segments"))
				}
				_, err = fmt.Fprintln(cmd.OutOrStdout(), line)
				return err
			})
		}),
	}
}
