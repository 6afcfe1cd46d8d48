// Command bench measures how fast mail is retrieved from large mailboxes. Server and client run in processes of their
// own, other people's clients take turns with ours on the same mailbox, and every message that a client keeps is
// compared with what was served.
//
// retrieve.go, refresh.go, servers.go, sessions.go, compare.go and growth.go are the commands; each makes a plan (plan.go) of trials
// (trial.go), which are visits (visit.go) of a client (client.go) to a server (server.go) over a line (delay.go).
// cancel.go measures by itself.
// results.go sums up, table.go, benchfmt.go and report.go show.
package main

import (
	"os"

	"github.com/spf13/cobra"

	"pop3mtm/cmd/internal/cli"
)

func main() { os.Exit(cli.Run(newRoot(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "bench",
		Short: "Measures how fast mail is retrieved",
		Long: `Bench measures how fast mail is retrieved from large mailboxes: by our MTM and by other people's clients, from the
simulator, from Dovecot and from any server, on the same mailbox, taking turns. Every message is compared with what was
served. Without a command it makes a short measurement, in less than a minute.`,
		Example: `  bench
  bench retrieve --html retrieve.html
  bench compare --clients mpop-maildir,mpop-mbox --server pop3sim,dovecot
  bench compare --client 'mine=./fetch --pop3 {host}:{port} -u {user} -p {password} --out {dir}'
  bench refresh --rtt 20ms
  bench servers
  bench sessions --at-once 1,8,32
  bench growth
  bench cancel
  bench send
  bench verify --synthetic 10000,mix=mail ~/Maildir`,
		RunE: quick,
	}
	root.AddCommand(newRetrieve(), newRefresh(), newCompare(), newServers(), newStart(), newSessions(), newGrowth(), newVerify(), newCancel(), newSending())
	root.AddCommand(newServe(), newGet(), newTrial(), newFetch(), newSend(), newReceive(), newRetr(), newList(), newSessionsClient())
	return root
}
