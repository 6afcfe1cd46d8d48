package main

import (
	"fmt"
	"net"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"pop3mtm/cmd/internal/cli"
	"pop3mtm/mtm/account"
)

// accountFlags are the settings of an account on the command line.
type accountFlags struct {
	pop3, user, password, env, command string
	auth                               choice
	allowPlaintext, disconnectedMode   bool
	syncLimit                          int
}

func (a *accountFlags) add(c *cobra.Command) {
	d := account.Defaults()
	a.auth = choice{value: string(d.Auth), allowed: []string{string(account.Auto), string(account.UserPass), string(account.APOP)}}
	f := c.Flags()
	f.StringVar(&a.pop3, "pop3", "", "`HOST:PORT` of the server; the port is 110 when left out")
	f.StringVar(&a.user, "user", "", "login `NAME`")
	f.StringVar(&a.password, "password", "", "the `PASSWORD` itself, kept in the store as it is; one of the next two keeps it out")
	f.StringVar(&a.env, "password-env", "", "environment `VARIABLE` to read the password from at each login")
	f.StringVar(&a.command, "password-command", "", "`COMMAND` for the shell that prints the password, run at each login")
	f.Var(&a.auth, "auth", "way to log in")
	f.BoolVar(&a.allowPlaintext, "allow-plaintext", false, "send the password in the clear to a server on another machine")
	f.IntVar(&a.syncLimit, "sync-limit", d.SyncLimit, "list only the newest `N` messages of the mailbox; -1 all, 0 no refresh")
	f.BoolVar(&a.disconnectedMode, "disconnected-mode", false, "keep the mailbox's entries visible while offline")
	_ = c.RegisterFlagCompletionFunc("auth", cobra.FixedCompletions(a.auth.allowed, cobra.ShellCompDirectiveNoFileComp)) // the flag exists
}

// apply puts the flags that were given into the settings.
func (a *accountFlags) apply(f *pflag.FlagSet, p *account.POP3) error {
	var err error
	f.Visit(func(flag *pflag.Flag) {
		switch flag.Name {
		case "pop3":
			p.Host, p.Port, err = splitAddress(a.pop3)
		case "user":
			p.LoginName = a.user
		case "password":
			p.Password = account.Password{Literal: a.password}
		case "password-env":
			p.Password = account.Password{Env: a.env}
		case "password-command":
			p.Password = account.Password{Command: a.command}
		case "auth":
			p.Auth = account.Auth(a.auth.value)
		case "allow-plaintext":
			p.AllowPlaintext = a.allowPlaintext
		case "sync-limit":
			p.SyncLimit = a.syncLimit
		case "disconnected-mode":
			p.DisconnectedMode = a.disconnectedMode
		}
	})
	if err == nil {
		err = checkPassword(f)
	}
	if err == nil {
		err = p.Validate()
	}
	if err != nil {
		return cli.Usage("%w", err)
	}
	return nil
}

// passwordFlags are the sources of a password; at most one is given.
func passwordFlags() []string { return []string{"password-command", "password-env", "password"} }

// checkPassword refuses two sources, and an empty variable name or command, which would mean an empty password.
func checkPassword(f *pflag.FlagSet) error {
	given := ""
	for _, name := range passwordFlags() {
		flag := f.Lookup(name)
		if !flag.Changed {
			continue
		}
		if given != "" {
			return fmt.Errorf("--%s and --%s exclude each other", given, name)
		}
		if given = name; name != "password" && flag.Value.String() == "" {
			return fmt.Errorf("--%s is empty", name)
		}
	}
	return nil
}

// splitAddress takes HOST, HOST:PORT, [IPV6]:PORT and a bare IPv6 address.
func splitAddress(address string) (host string, port int, err error) {
	const form = "--pop3 %q is not HOST or HOST:PORT, such as pop.example.org:110 or [::1]:1110"
	port = account.Defaults().Port
	bare := strings.TrimSuffix(strings.TrimPrefix(address, "["), "]")
	if !strings.Contains(address, ":") || net.ParseIP(bare) != nil {
		return bare, port, nil
	}
	host, text, err := net.SplitHostPort(address)
	if err != nil || host == "" {
		return "", 0, fmt.Errorf(form, address)
	}
	if port, err = strconv.Atoi(text); err != nil {
		return "", 0, fmt.Errorf(form, address)
	}
	return host, port, nil
}
