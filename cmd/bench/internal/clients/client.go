// Package clients runs the mail programs of a benchmark: our client, third-party clients, and bare
// clients, which show the limits of the machine.
package clients

import (
	"context"
	"errors"
	"os/exec"

	"pop3mtm/cmd/bench/internal/servers"
	"pop3mtm/cmd/bench/internal/tasks"
	"pop3mtm/cmd/internal/peer"
	"pop3mtm/fakeserver/maildrop"
)

// Client is a mail program that a benchmark measures.
type Client interface {
	// Kind names the type of the client.
	Kind() string
	// Name returns the name of the client in results.
	Name() string
	// Version returns the program's own name and version.
	Version(ctx context.Context) (string, error)
	// Prepare does the part of a visit that is not measured, before Fetch.
	Prepare(ctx context.Context, v *Visit) error
	// Fetch runs the program to its end. This is the part that is measured.
	Fetch(ctx context.Context, v *Visit) error
	// Verify compares every octet of every stored message with what was served, and counts the
	// messages.
	Verify(ctx context.Context, v *Visit, served maildrop.List) (tasks.Kept, error)
}

// Visit describes one visit of a client to one account.
type Visit struct {
	Login   servers.Login
	Dir     string // where this client stores the mail of this account
	Task    tasks.Task
	Total   int64              // octets of the mailbox, 0 when that is not known
	Profile string             // file for a CPU profile of our client, "" for none
	Report  func(octets int64) // called with the octets fetched so far, by clients that know them

	Sessions int // POP3 sessions that Prepare opened
}

// Missing reports whether an error says that a program is not installed.
func Missing(err error) bool {
	return errors.Is(err, peer.ErrMissing) || errors.Is(err, exec.ErrNotFound)
}
