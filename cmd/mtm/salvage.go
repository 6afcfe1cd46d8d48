package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"pop3mtm/cmd/internal/cli"
	"pop3mtm/mtm"
	"pop3mtm/mtm/store"
)

type salvageResult struct {
	Accounts int       `json:"accounts"`
	Folders  int       `json:"folders"`
	Messages int       `json:"messages"`
	Found    int       `json:"found"`
	Drafts   int       `json:"drafts"`
	Lost     []finding `json:"lost"`
}

func salvageCommand(e *env) *cobra.Command {
	var to string
	c := &cobra.Command{
		Use:   "salvage --to NEW.store",
		Short: "Copy everything that is whole from a damaged store to a new one",
		Long: `Salvage reads a store that may be damaged, or whose index is old or missing, and makes a new store of everything that is
whole. Messages in the index stay in their folders. Others go to the Inbox, or, if they were written here, to Drafts
without their recipients. Deleted messages stay deleted. It lists what is lost, and does not change the damaged store.`,
		Example: `  mtm salvage --to rescued.store
  mtm --store /backup/mail.store salvage --to rescued.store --json`,
		Args: cobra.NoArgs,
		RunE: run(func(cmd *cobra.Command, _ []string) error {
			if to == "" {
				return cli.Usage("--to is missing: give the directory for the new store")
			}
			return e.salvage(cmd, to)
		}),
	}
	c.Flags().Var((*cli.Path)(&to), "to", "`DIR` for the new store, which must be empty or missing")
	return c
}

func (e *env) salvage(cmd *cobra.Command, to string) (err error) {
	if err = e.findStore(); err != nil {
		return err
	}
	if st, failed := os.Stat(e.dir); failed != nil || !st.IsDir() {
		return coded(mtm.ErrNotFound, "there is no message store at %s: name one with --store", e.dir)
	}
	if list, failed := os.ReadDir(to); len(list) > 0 || failed != nil && !errors.Is(failed, fs.ErrNotExist) {
		return coded(mtm.ErrArgument, "%s is not empty: a new store needs a directory of its own", to)
	}
	st, err := store.Open(to, nil)
	if err != nil {
		return err
	}
	defer func() {
		if closed := st.Close(); err == nil {
			err = closed
		}
	}()
	lost := []finding{}
	sum, err := mtm.Salvage(cmd.Context(), e.dir, st, func(l store.Loss) {
		lost = append(lost, finding{l.Entry, l.Segment, l.Offset, l.Text})
	})
	if err != nil {
		return err
	}
	if e.json {
		return printJSON(cmd, salvageResult{sum.Accounts, sum.Folders, sum.Messages, sum.Found, sum.Drafts, lost})
	}
	return printSalvage(cmd, sum, lost, to)
}

func printSalvage(cmd *cobra.Command, sum store.Salvaged, lost []finding, to string) error {
	out := cmd.OutOrStdout()
	for _, l := range lost {
		if _, err := fmt.Fprintf(out, "lost: %s\n", l); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(out, "%s, %s, %s, and %s without an entry in the index, are in %s; %d lost\n",
		count(sum.Accounts, "account", "accounts"), count(sum.Folders, "folder", "folders"),
		count(sum.Messages, "message", "messages"), count(sum.Found, "message", "messages"), to, len(lost))
	return err
}
