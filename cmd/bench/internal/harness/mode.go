// Package harness runs the modes of the bench: it reads their common flags, runs their steps in
// rounds, and prints the results.
package harness

import (
	"github.com/spf13/cobra"

	"pop3mtm/cmd/bench/internal/clients"
)

// Mode is one command of the bench, with the clients, tasks and programs that only it uses.
type Mode struct {
	Command       *cobra.Command
	clients.Kinds                  // the clients and tasks that only this mode has
	Hidden        []*cobra.Command // hidden commands that it runs in processes of their own
}
