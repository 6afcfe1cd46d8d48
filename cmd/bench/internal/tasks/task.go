// Package tasks holds the tasks of a client in one visit to a mailbox, and checks their results.
package tasks

import (
	"context"

	"pop3mtm/cmd/bench/internal/wire"
	"pop3mtm/cmd/bench/internal/workload"
	"pop3mtm/fakeserver/maildrop"
	"pop3mtm/mtm"
	"pop3mtm/mtm/store"
)

// Task describes what a client does in one visit, and how the server must be afterwards.
type Task interface {
	// Kind names the type of the task.
	Kind() string
	// Counts returns the verb whose replies show how far a visit is, "" when the octets that
	// the server sent show it.
	Counts() string
	// Commands returns how many commands of that verb a visit must send, -1 when
	// that is not checked.
	Commands(served maildrop.List) int
	// Left returns how many messages the server holds after the visit.
	Left(served maildrop.List) int
	// Needs returns about how many octets of disk the client needs.
	Needs(box *workload.Mailbox) int64
}

// MTMTask is a task that our client can do.
type MTMTask interface {
	Task
	// NeedsList reports whether the store has to list the mailbox before the visit begins.
	NeedsList() bool
	// Run returns the commands of the client, in order, for the account of an open store.
	Run(ctx context.Context, st *store.Store, account store.ID) ([]mtm.Command, error)
	// Arguments returns the command line of an mtm program after the program's
	// name, without --store.
	Arguments(ctx context.Context, storeDir string) ([]string, error)
	// Verify compares the store with what was served, after the visit.
	Verify(ctx context.Context, storeDir string, served maildrop.List) (Kept, error)
}

// EntrySize is about the disk space of an index entry with a header, or of a small file.
const EntrySize = 2 << 10

// Kept counts what a client stored in a visit.
type Kept struct {
	Messages int
	Octets   int64
	Latency  *wire.Latency // as the client itself measured it, for those that do
	Syncs    *int          // where they were counted
	Seconds  float64       // as the client itself measured them, 0 where its whole process is what is measured
}

// KeptAll counts all messages of a list.
func KeptAll(l maildrop.List) Kept { return Kept{Messages: l.Len(), Octets: l.Octets()} }
