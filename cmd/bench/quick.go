package main

import (
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"pop3mtm/cmd/bench/internal/harness"
	"pop3mtm/cmd/bench/internal/report"
	"pop3mtm/cmd/bench/internal/tasks"
	"pop3mtm/cmd/bench/internal/workload"
	"pop3mtm/mtm/account"
)

// quick runs without a command: a short retrieve and a short refresh, and prints what to do next.
func quick(c *cobra.Command, _ []string) error {
	get := retrieve{accounts: 1}
	get.Setup = quickSetup(workload.Mailbox{Messages: 5_000, Size: 8 << 10, Seed: 1})
	get.mode, get.choice = copyMail, tasks.Choice{Which: tasks.NewOnes}
	p, err := get.plan(c.Context(), "")
	if err != nil {
		return err
	}
	if err = p.Run(c); err != nil {
		return err
	}
	look := refresh{oneByOne: 200}
	look.Setup = quickSetup(workload.Mailbox{Messages: 10_000, Size: 2 << 10, Seed: 1})
	look.RoundTrip, look.Rounds = time.Millisecond, 1
	if p, err = look.plan(c.Context(), ""); err != nil {
		return err
	}
	if _, err = io.WriteString(c.OutOrStdout(), "\n"); err != nil {
		return err
	}
	if err = p.Run(c); err != nil {
		return err
	}
	_, err = io.WriteString(c.OutOrStdout(), next)
	return err
}

// quickSetup returns a setup without flags.
func quickSetup(box workload.Mailbox) harness.Setup {
	return harness.Setup{Box: box, Rounds: 3, TLS: string(account.NoTLS), Dir: os.TempDir(), Output: report.Output{Format: "table"}}
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
