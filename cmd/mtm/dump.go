package main

import (
	"bufio"

	"github.com/spf13/cobra"

	"pop3mtm/mtm/store"
)

func dumpCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use:   "dump",
		Short: "Print the whole tree of the store, one entry a line",
		Long: `Dump prints every entry of the store, one a line, sorted and indented as a tree. The text depends on the content
alone, not on the time or the place, so two dumps can be compared with diff.`,
		Example: `  mtm dump > before.txt`,
		RunE: run(func(cmd *cobra.Command, _ []string) error {
			return e.withStore(reading, func(st *store.Store) error {
				w := bufio.NewWriter(cmd.OutOrStdout())
				if err := st.Dump(cmd.Context(), w); err != nil {
					return err
				}
				return w.Flush()
			})
		}),
	}
}
