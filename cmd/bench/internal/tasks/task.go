// Package tasks defines what a client does in one visit to a mailbox, and checks the result.
package tasks

import (
	"context"

	"pop3mtm/cmd/bench/internal/wire"
	"pop3mtm/cmd/bench/internal/workload"
	"pop3mtm/fakeserver/maildrop"
	"pop3mtm/mtm"
	"pop3mtm/mtm/store"
)

// Task describes what a client does in one visit, and what the server must have afterwards.
type Task interface {
	// Kind names the type of the task.
	Kind() string
	// Counts returns the verb whose replies are counted to show progress, or "" when the octets
	// that the server sends show it.
	Counts() string
	// Commands returns how many commands with that verb a visit must send, or -1 when any number
	// is right.
	Commands(served maildrop.List) int
	// Left returns how many messages the server must have after the visit.
	Left(served maildrop.List) int
	// Needs returns about how many octets of disk space the client needs.
	Needs(box *workload.Mailbox) int64
}

// MTMTask is a task for our client.
type MTMTask interface {
	Task
	// NeedsList reports whether the store must list the mailbox before the visit begins.
	NeedsList() bool
	// Run returns the commands that the client runs, in order, on an account of an open store.
	Run(ctx context.Context, st *store.Store, account store.ID) ([]mtm.Command, error)
	// Arguments returns the arguments of an mtm program that does the same, without --store.
	Arguments(ctx context.Context, storeDir string) ([]string, error)
	// Verify compares the store after the visit with the messages that were served.
	Verify(ctx context.Context, storeDir string, served maildrop.List) (Kept, error)
}

// EntrySize is the approximate disk space of an index entry with a header, or of a small file.
const EntrySize = 2 << 10

// Kept counts what a client stored in a visit.
type Kept struct {
	Messages int
	Octets   int64
	Latency  *wire.Latency // if the client itself measured latencies, else nil
	Syncs    *int          // if syncs were counted, else nil
	Seconds  float64       // if the client itself measured the time, else 0
}

// KeptAll counts all messages of a list.
func KeptAll(l maildrop.List) Kept { return Kept{Messages: l.Len(), Octets: l.Octets()} }
