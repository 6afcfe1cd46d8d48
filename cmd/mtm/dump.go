package main

import (
	"context"

	"github.com/spf13/cobra"

	"pop3mtm/mtm/store"
)

func dumpCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use:   "dump",
		Short: "Print the whole tree of the store, one entry per line",
		Long: `Dump prints every entry of the store, one per line, sorted and indented as a tree. The output depends only on the
content, not on the time or the place, so that two dumps can be compared with diff. With --json it is one array, with
parents before their children.`,
		Example: `  mtm dump > before.txt
  mtm dump --json`,
		RunE: run(func(cmd *cobra.Command, _ []string) error {
			return e.withStore(reading, func(st *store.Store) error {
				out := newPage(cmd.OutOrStdout())
				if !e.json {
					if err := st.Dump(cmd.Context(), out); err != nil {
						return err
					}
					return out.Flush()
				}
				list := newArray(out)
				root, err := st.Entry(cmd.Context(), store.Root)
				if err == nil {
					err = dumpJSON(cmd.Context(), st, list, &root)
				}
				if err == nil {
					err = list.end()
				}
				if err != nil {
					return err
				}
				return out.Flush()
			})
		}),
	}
}

// nodeView is an entry of any type in JSON.
type nodeView struct {
	Type string `json:"type"`
	Name string `json:"name"`
	messageView
}

// dumpJSON adds an entry and all entries below it to the list.
func dumpJSON(ctx context.Context, st *store.Store, list *array, e *store.Entry) error {
	if err := list.add(nodeView{e.Type.String(), e.Name, messageViewOf(e)}); err != nil || e.Type == store.TypeMessage {
		return err
	}
	return st.Each(ctx, e.ID, func(child *store.Entry) error { return dumpJSON(ctx, st, list, child) })
}
