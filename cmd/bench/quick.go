package main

import (
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"pop3mtm/mtm/account"
)

// quick is what the bench does when it is told nothing: a short retrieve and a short refresh, and what one may do next.
func quick(c *cobra.Command, _ []string) error {
	get := retrieve{accounts: 1}
	get.setup = quickSetup(mailbox{Messages: 5_000, Size: 8 << 10, Seed: 1})
	get.job = job{Mode: copyMail, Which: newOnes}
	p, err := get.plan(c.Context(), "")
	if err != nil {
		return err
	}
	if err = p.run(c); err != nil {
		return err
	}
	look := refresh{oneByOne: 200, job: job{Mode: headers, Which: newOnes}}
	look.setup = quickSetup(mailbox{Messages: 10_000, Size: 2 << 10, Seed: 1})
	look.roundTrip, look.rounds = time.Millisecond, 1
	if p, err = look.plan(c.Context(), ""); err != nil {
		return err
	}
	if _, err = io.WriteString(c.OutOrStdout(), "\n"); err != nil {
		return err
	}
	if err = p.run(c); err != nil {
		return err
	}
	_, err = io.WriteString(c.OutOrStdout(), next)
	return err
}

// quickSetup is a setup without flags.
func quickSetup(box mailbox) setup {
	return setup{box: box, rounds: 3, tls: string(account.NoTLS), dir: os.TempDir(), output: output{format: "table"}}
}

const next = `
Next:
  bench retrieve --html retrieve.html     five runs of 10,000 messages, and a page with plots
  bench compare                           beside the clients of others that are installed
  bench compare --client 'mine=CMD ... {host} {port} {user} {password} {dir}'
  bench servers                           RETR beside Dovecot, where that is installed, and a bare sender
  bench sessions                          logins per second, and what idle sessions cost
  bench growth                            what a message costs in ever larger mailboxes
  bench retrieve --target HOST:PORT --user NAME --password-env VARIABLE
Each has --help with examples.
`
