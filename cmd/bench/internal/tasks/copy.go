package tasks

import (
	"context"

	"pop3mtm/cmd/bench/internal/verify"
	"pop3mtm/cmd/bench/internal/workload"
	"pop3mtm/fakeserver/maildrop"
	"pop3mtm/mtm"
	"pop3mtm/mtm/store"
)

// Copying is the task of fetching whole messages. With Move they are also deleted from the server.
type Copying struct {
	Choice
	Move bool `json:"move,omitempty"`
}

// CopyNew returns the task of copying all new messages, which every client can do.
func CopyNew() *Copying { return &Copying{Choice: Choice{Which: NewOnes}} }

// Kind implements Task.
func (*Copying) Kind() string { return "copy" }

// Counts implements Task.
func (*Copying) Counts() string { return "" }

// Commands implements Task.
func (*Copying) Commands(maildrop.List) int { return -1 }

// Left implements Task.
func (t *Copying) Left(served maildrop.List) int {
	if !t.Move {
		return served.Len()
	}
	return served.Len() - t.wanted(served).Len()
}

// Needs implements Task.
func (*Copying) Needs(box *workload.Mailbox) int64 {
	return int64(box.Messages)*EntrySize + box.Total()
}

// Run implements MTMTask.
func (t *Copying) Run(ctx context.Context, st *store.Store, account store.ID) ([]mtm.Command, error) {
	which, chosen, err := t.pick(ctx, st, account)
	get := mtm.GetMail{Which: which, Messages: chosen, Link: mtm.ThenDisconnect, Into: store.Inbox}
	if t.Move {
		get.Take = mtm.Move
	}
	return []mtm.Command{get}, err
}

// Arguments implements MTMTask.
func (t *Copying) Arguments(context.Context, string) ([]string, error) {
	take := "copy"
	if t.Move {
		take = "move"
	}
	return []string{"get", verify.AccountName, "--which", t.Which, "--take", take}, nil
}

// Verify implements MTMTask.
func (t *Copying) Verify(ctx context.Context, storeDir string, served maildrop.List) (Kept, error) {
	wanted := t.wanted(served)
	return KeptAll(wanted), verify.Inbox(ctx, storeDir, wanted)
}
