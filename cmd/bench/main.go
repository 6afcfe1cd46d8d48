// Command bench measures how fast mail is retrieved from large mailboxes. Server and client run in processes of their
// own, other people's clients take turns with ours on the same mailbox, and every message that a client keeps is
// compared with what was served.
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
		Long: `Bench measures how fast mail is retrieved from large mailboxes: ours beside other people's clients, on the same
synthetic mailbox, taking turns, and ours with and without pipelining. Every message is compared with what was served.`,
		Example: `  bench retrieve
  bench retrieve --against mpop-maildir,mpop-mbox
  bench refresh`,
	}
	root.AddCommand(newRetrieve(), newRefresh(), newServe(), newGet(), newTrial(), newRefreshTrial())
	return root
}
