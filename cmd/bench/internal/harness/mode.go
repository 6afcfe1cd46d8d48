// Package harness runs the modes of the bench: it reads their common flags, runs their steps in
// rounds, and prints what they found.
package harness

import (
	"github.com/spf13/cobra"

	"pop3mtm/cmd/bench/internal/clients"
)

// Mode is one command of the bench, with the clients, tasks and programs that only it uses.
type Mode struct {
	Command       *cobra.Command
	clients.Kinds                  // of its own clients and tasks
	Hidden        []*cobra.Command // programs that it runs as processes of their own
}
