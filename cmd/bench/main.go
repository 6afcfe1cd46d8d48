// Command bench measures how fast mail is retrieved from large mailboxes. Server and client run in
// processes of their own, third-party clients take turns with ours on the same mailbox, and every
// message that a client stores is compared with what was served.
//
// Each mode is one file here, named after its command. It makes a plan of trials
// (internal/harness): in each round every trial runs once. A trial is one or more visits of a
// client (internal/clients) to a server (internal/servers) for a task (internal/tasks), over a line
// that may have a delay (internal/wire), and ends with a comparison of what the client stored with
// what was served (internal/verify). internal/workload generates the mailbox, internal/child starts
// and measures processes, and internal/report summarizes and prints, with internal/numbers.
package main

import (
	"os"

	"github.com/spf13/cobra"

	"pop3mtm/cmd/bench/internal/clients"
	"pop3mtm/cmd/bench/internal/harness"
	"pop3mtm/cmd/bench/internal/servers"
	"pop3mtm/cmd/internal/cli"
)

func main() { os.Exit(cli.Run(newRoot(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

// modes returns the modes of the bench, in the order of its help.
func modes() []harness.Mode {
	return []harness.Mode{
		RetrieveMode(), RefreshMode(), CompareMode(), ServersMode(), StartMode(), SessionsMode(), GrowthMode(), VerifyMode(),
		CancelMode(), SendMode(), DeleteMode(), GuardMode(), K6Mode(),
	}
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "bench",
		Short: "Measure how fast mail is retrieved",
		Long: `Bench measures how fast mail is retrieved from large mailboxes: by our MTM and by other people's clients, from the
simulator, from Dovecot and from any server, on the same mailbox, taking turns. Every message is compared with what was
served. Without a command it makes a short measurement, in less than a minute.`,
		Example: `  bench
  bench retrieve --html retrieve.html
  bench compare --clients mpop-maildir,mpop-mbox --server pop3sim,dovecot
  bench compare --client 'mine=./fetch --pop3 {host}:{port} -u {user} -p {password} --out {dir}'
  bench refresh --rtt 20ms
  bench servers
  bench start
  bench sessions --at-once 1,8,32
  bench growth
  bench delete
  bench guard old/bin new/bin
  bench cancel
  bench send
  bench k6 steady --k6 bin/k6
  bench verify --synthetic 10000,mix=mail ~/Maildir`,
		RunE: quick,
	}
	kinds := clients.BasicKinds()
	for _, m := range modes() {
		root.AddCommand(m.Command)
		root.AddCommand(m.Hidden...)
		kinds.Clients, kinds.Tasks = append(kinds.Clients, m.Clients...), append(kinds.Tasks, m.Tasks...)
	}
	root.AddCommand(servers.ServeCommand(), harness.TrialCommand(kinds), clients.OursCommand(kinds), clients.FetchCommand(kinds), servers.SendCommand(), clients.ReceiveCommand(), clients.RetrCommand(), clients.ListCommand())
	return root
}
