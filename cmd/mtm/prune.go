package main

import (
	"context"
	"slices"

	"github.com/spf13/cobra"

	"pop3mtm/mtm"
	"pop3mtm/mtm/store"
)

func pruneCommand(e *env) *cobra.Command {
	return localCommand(e, &cobra.Command{
		Use:   "prune ID...",
		Short: "Remove the stored text of messages in the list of a mailbox, and keep their headers",
		Long: `Prune removes from this store everything but the headers of messages in the list of a mailbox. The server is not contacted.
The messages stay listed, and 'mtm populate' fetches them again. Copies in folders stay; 'mtm remove' removes them.`,
		Example: `  mtm prune 12`,
	}, func(ctx context.Context, st *store.Store, ids []store.ID) ([]store.ID, string, error) {
		var sources []store.ID
		for _, id := range ids {
			entry, err := inMailbox(ctx, st, id)
			if err != nil {
				return nil, "", err
			}
			if !slices.Contains(sources, entry.ID) {
				sources = append(sources, entry.ID)
			}
		}
		pruned, err := mtm.Prune(ctx, st, sources...)
		return pruned, "pruned", err
	})
}
