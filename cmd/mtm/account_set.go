package main

import (
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"pop3mtm/cmd/internal/cli"
	"pop3mtm/mtm"
	"pop3mtm/mtm/store"
)

func accountSetCommand(e *env) *cobra.Command {
	c := &cobra.Command{
		Use:   "set NAME",
		Short: "Change settings of an account",
		Long: `Set changes the settings whose flags are given. They apply from the next connection on. Pass '' to clear a setting:
--tls-ca ''.`,
		Example: `  mtm account set work --pop3 pop.example.net --tls implicit
  mtm account set work --auth xoauth2 --token-command 'oauth2-token work'
  mtm account set work --sync-limit 500 --disconnected-mode`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completer(e, namesOf(isAccount)),
		RunE: run(func(cmd *cobra.Command, args []string) error {
			if !anyChanged(cmd) {
				return cli.Usage("no setting is given")
			}
			return e.withStore(writing, func(st *store.Store) error {
				a, err := findAccount(cmd.Context(), st, args[0])
				if err != nil {
					return err
				}
				if err = applyFlags(cmd.Flags(), &a.POP3); err != nil {
					return err
				}
				if err = mtm.SetAccount(cmd.Context(), st, a.ID, a.POP3); err != nil {
					return err
				}
				if a, err = findAccount(cmd.Context(), st, a.Name); err != nil {
					return err
				}
				warnUnverified(cmd.ErrOrStderr(), a)
				if e.json {
					return printJSON(cmd, viewOf(a))
				}
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "changed account %s\n", a.Name)
				return err
			})
		}),
	}
	addAccountFlags(c)
	return c
}

// anyChanged reports whether a flag of the command's own was given.
func anyChanged(cmd *cobra.Command) (changed bool) {
	global := cmd.InheritedFlags()
	cmd.Flags().Visit(func(f *pflag.Flag) { changed = changed || global.Lookup(f.Name) == nil })
	return changed
}
