// Mtm is the message type module on the command line: it fetches mail from POP3 mailboxes into a
// message store, lists, shows and exports it.
//
// Each command has a file:
//
//   - the accounts: account*.go
//   - a mailbox, and who is connected to it: get.go, populate.go, delete.go, status.go
//   - stored mail: list.go, show.go, find.go, export.go, save.go, local.go, folder.go
//   - mail that is written here: compose.go, reply.go, outbox.go, send.go
//   - the store itself: check.go, reclaim.go, salvage.go
//   - the same commands, line by line, over one connection: shell.go
package main

import (
	"os"
	"time"

	"github.com/spf13/cobra"

	"pop3mtm/cmd/internal/cli"
)

func main() { os.Exit(cli.Run(newRoot(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

func newRoot() *cobra.Command {
	e := &env{}
	root := &cobra.Command{
		Use:   "mtm",
		Short: "Fetch, read, answer and export mail of POP3 mailboxes",
		Long: `Mtm fetches mail from POP3 mailboxes into a message store, a directory on disk, byte for byte as the server sent it.
A message is visible only when it is whole and synced to disk; the next get fetches what a broken connection left out.`,
		Example: `  mtm account add work --pop3 pop.example.org --user ada --password-command 'pass show work'
  mtm get work
  mtm list Inbox
  mtm show 12`,
	}
	f := root.PersistentFlags()
	f.Var((*cli.Path)(&e.dir), "store", "`DIR` of the message store; default: $MTM_STORE, else ./mail.store if only you can use it, else a store in your data directory")
	root.PersistentPreRun = func(cmd *cobra.Command, _ []string) { e.stderr = cmd.ErrOrStderr() }
	e.timeout = patience(time.Minute)
	f.Var(&e.timeout, "timeout", "longest wait for a server that says nothing")
	e.limits.add(f)
	f.Var(&e.window, "window", "most commands in flight on a server that offers PIPELINING; 1 waits for each reply (default 128)")
	f.BoolVar(&e.json, "json", false, "print JSON; errors too, on stderr")
	root.AddCommand(
		accountCommand(e), getCommand(e), populateCommand(e), deleteCommand(e), cancelOfflineCommand(e),
		statusCommand(e), listCommand(e), showCommand(e), findCommand(e), exportCommand(e), saveCommand(e),
		removeCommand(e), moveCommand(e), copyCommand(e), markCommand(e), folderCommand(e), pruneCommand(e),
		composeCommand(e), replyCommand(e), forwardCommand(e), receiptCommand(e), outboxCommand(e), sendCommand(e),
		dumpCommand(e), checkCommand(e), salvageCommand(e), reclaimCommand(e), shellCommand(e),
	)
	return root
}
