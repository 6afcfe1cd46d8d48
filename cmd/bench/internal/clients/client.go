// Package clients runs the mail programs of a benchmark: our client, third-party clients, and bare
// clients that show what the machine can do.
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
	// Name returns what results call the client.
	Name() string
	// Version returns the program's own name and version.
	Version(ctx context.Context) (string, error)
	// Prepare does what comes before a visit and is not measured.
	Prepare(ctx context.Context, v *Visit) error
	// Fetch runs the program from its start to its end, which is what is measured.
	Fetch(ctx context.Context, v *Visit) error
	// Verify compares what the program stored with what was served, every octet of every
	// message, and counts it.
	Verify(ctx context.Context, v *Visit, served maildrop.List) (tasks.Kept, error)
}

// Visit holds what a client needs to know of one visit to one account.
type Visit struct {
	Login   servers.Login
	Dir     string // of this client and account
	Task    tasks.Task
	Total   int64              // octets of the mailbox, 0 when that is not known
	Profile string             // file for a CPU profile of our client, "" for none
	Report  func(octets int64) // is called with the number of octets so far, by clients that know it

	Sessions int // POP3 sessions that Prepare opened
}

// Missing reports whether an error says that a program is not installed.
func Missing(err error) bool {
	return errors.Is(err, peer.ErrMissing) || errors.Is(err, exec.ErrNotFound)
}
