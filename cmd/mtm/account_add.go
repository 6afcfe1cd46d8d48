package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"pop3mtm/cmd/internal/cli"
	"pop3mtm/mtm"
	"pop3mtm/mtm/account"
	"pop3mtm/mtm/store"
)

func accountAddCommand(e *env) *cobra.Command {
	c := &cobra.Command{
		Use:   "add NAME",
		Short: "Add an account",
		Long: `Add adds an account, and creates the message store if it is missing. It does not connect.

The password comes from --password-command, --password-env or --password; without any of them it is asked for at the
terminal. A password that is given or typed is stored as it is. A token for XOAUTH2 and OAUTHBEARER can take its place:
--token-command, --token-env or --token.

The login method is chosen before anything is sent, and no other one is tried after a refusal. With --auth auto it is the
best that the server offers. Without --allow-plaintext no password is sent in clear text to another machine.`,
		Example: `  mtm account add work --pop3 pop.example.org --tls implicit --user ada --password-command 'pass show work'
  mtm account add demo --pop3 127.0.0.1:1110 --user demo --password demo`,
		Args: cobra.ExactArgs(1),
		RunE: run(func(cmd *cobra.Command, args []string) error { return accountAdd(cmd, e, args[0]) }),
	}
	addAccountFlags(c)
	return c
}

func accountAdd(cmd *cobra.Command, e *env, name string) error {
	f := cmd.Flags()
	for _, required := range []string{"pop3", "user"} {
		if !f.Changed(required) {
			return cli.Usage("--%s is missing", required)
		}
	}
	if err := account.ValidateName(name); err != nil {
		return cli.Usage("%w", err)
	}
	settings := account.Defaults()
	if err := applyFlags(f, &settings); err != nil {
		return err
	}
	if !slices.ContainsFunc(append(sources("password"), sources("token")...), f.Changed) {
		password, err := askPassword(cmd.Context(), cmd.InOrStdin(), cmd.ErrOrStderr(), settings.LoginName)
		if err != nil {
			return err
		}
		settings.Password = account.Password{Literal: password}
		if err := settings.Validate(); err != nil {
			return cli.Usage("%w", err)
		}
	}
	return e.withStore(creating, func(st *store.Store) error {
		if _, err := mtm.AddAccount(cmd.Context(), st, name, settings); err != nil {
			return err
		}
		a, err := findAccount(cmd.Context(), st, name)
		if err != nil {
			return err
		}
		warnUnverified(cmd.ErrOrStderr(), a)
		if e.json {
			return printJSON(cmd, viewOf(a))
		}
		_, err = fmt.Fprintf(cmd.OutOrStdout(), "added account %s; 'mtm get %s' fetches its mail\n", name, name)
		return err
	})
}

// askPassword asks for a password at the terminal, without echo. When ctx ends first,
// it restores the terminal and leaves the read running: only the end of the process
// stops a read from a terminal.
func askPassword(ctx context.Context, in io.Reader, stderr io.Writer, user string) (string, error) {
	file, ok := in.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) || !cli.IsTerminal(stderr) {
		return "", cli.Usage("the password is missing: give --password-command, --password-env or --password")
	}
	terminal := int(file.Fd())
	before, err := term.GetState(terminal)
	if err != nil {
		return "", err
	}
	if _, err := fmt.Fprintf(stderr, "password of %s: ", oneLine(user)); err != nil {
		return "", err
	}
	defer func() { _, _ = fmt.Fprintln(stderr) }() // the line end that was not echoed
	type answer struct {
		password []byte
		err      error
	}
	answers := make(chan answer, 1)
	go func() {
		password, err := term.ReadPassword(terminal)
		answers <- answer{password, err}
	}()
	select {
	case a := <-answers:
		return string(a.password), a.err
	case <-ctx.Done():
		_ = term.Restore(terminal, before) // the process ends, and the user sees it
		return "", ctx.Err()
	}
}
