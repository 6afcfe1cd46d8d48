// Command pop3sim simulates POP3 servers, for testing mail clients written in any language.
package main

import (
	"os"

	"github.com/spf13/cobra"

	"pop3mtm/cmd/internal/cli"
)

func main() {
	os.Exit(cli.Run(newRoot(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "pop3sim",
		Short: "A POP3 server for testing mail clients",
		Long: `pop3sim is a POP3 server for testing mail clients.

Without a command it serves a demo mailbox on ` + defaultAddress + `, user demo, password demo.`,
		Example: `  pop3sim
  pop3sim serve --pop3 127.0.0.1:0 --eml testdata/mail --user ann:secret`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return serve(cmd, &serveFlags{addresses: addresses{pop3: defaultAddress}, limits: defaultLimits()})
		},
	}
	root.AddCommand(newServe(), newGenerate(), newFeatures(), newScenarios(), newRecord(), newReplay(), newCheck(), newReady(), newMCP())
	return root
}
