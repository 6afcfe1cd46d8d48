package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"pop3mtm/mtm"
	"pop3mtm/mtm/store"
)

func accountCommand(e *env) *cobra.Command {
	c := &cobra.Command{
		Use:   "account",
		Short: "Add, list, show, change and remove accounts",
	}
	c.AddCommand(accountAddCommand(e), accountListCommand(e), accountShowCommand(e), accountSetCommand(e), accountRemoveCommand(e))
	return c
}

func accountListCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use:     "list",
		Short:   "List the accounts",
		Example: "  mtm account list\n  mtm account list --json",
		RunE: run(func(cmd *cobra.Command, _ []string) error {
			return e.withStore(reading, func(st *store.Store) error {
				accounts, err := mtm.Accounts(cmd.Context(), st)
				if err != nil {
					return err
				}
				views := make([]accountView, len(accounts))
				for i, a := range accounts {
					views[i] = viewOf(a)
				}
				if e.json {
					return printJSON(cmd, views)
				}
				return printAccounts(cmd.OutOrStdout(), views)
			})
		}),
	}
}

func printAccounts(out io.Writer, views []accountView) error {
	if len(views) == 0 {
		_, err := fmt.Fprintln(out, "no accounts yet: 'mtm account add' adds one")
		return err
	}
	for _, v := range views {
		_, err := fmt.Fprintf(out, "%6d  %s  %s  user %s, password %s\n", v.ID, column(v.Name, 16), column(v.POP3, 28), v.User, v.Password)
		if err != nil {
			return err
		}
	}
	return nil
}

func accountShowCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use:               "show NAME",
		Short:             "Show the settings of an account",
		Long:              "Show prints the settings of an account. It never prints the password, only where it comes from.",
		Example:           "  mtm account show work",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completer(e, namesOf(isAccount)),
		RunE: run(func(cmd *cobra.Command, args []string) error {
			return e.withStore(reading, func(st *store.Store) error {
				a, err := findAccount(cmd.Context(), st, args[0])
				if err != nil {
					return err
				}
				if e.json {
					return printJSON(cmd, viewOf(a))
				}
				return printAccount(cmd.OutOrStdout(), viewOf(a))
			})
		}),
	}
}

func accountRemoveCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use:   "remove NAME",
		Short: "Remove an account, its settings and the list of its mailbox",
		Long: `Remove deletes an account, its settings and the entries of its mailbox from the store. Messages that were fetched
into folders stay, and so does all mail on the server.`,
		Example:           "  mtm account remove work",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completer(e, namesOf(isAccount)),
		RunE: run(func(cmd *cobra.Command, args []string) error {
			return e.withStore(writing, func(st *store.Store) error {
				// The account is found by its entry, so that one with unreadable
				// settings can be removed too.
				a, err := findPlace(cmd.Context(), st, args[0], "account", isAccount)
				if err != nil {
					return err
				}
				if err = mtm.RemoveAccount(cmd.Context(), st, a.ID); err != nil || e.json {
					return err
				}
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "removed account %s; messages in folders stay\n", a.Name)
				return err
			})
		}),
	}
}
