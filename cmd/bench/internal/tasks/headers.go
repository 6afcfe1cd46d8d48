package tasks

import (
	"context"
	"strconv"

	"pop3mtm/cmd/bench/internal/verify"
	"pop3mtm/cmd/bench/internal/workload"
	"pop3mtm/fakeserver/maildrop"
	"pop3mtm/mtm"
	"pop3mtm/mtm/store"
)

// Headers is the task of listing a mailbox and fetching the header of each new message.
type Headers struct {
	Before int `json:"before,omitempty"` // messages of the mailbox that earlier visits have listed
}

// Kind implements Task.
func (*Headers) Kind() string { return "headers" }

// Counts implements Task.
func (*Headers) Counts() string { return "TOP" }

// Commands implements Task. A visit must send one TOP for each new message.
func (t *Headers) Commands(served maildrop.List) int { return served.Len() - t.Before }

// Left implements Task.
func (*Headers) Left(served maildrop.List) int { return served.Len() }

// Needs implements Task.
func (*Headers) Needs(box *workload.Mailbox) int64 { return int64(box.Messages) * EntrySize }

// NeedsList implements MTMTask.
func (*Headers) NeedsList() bool { return false }

// Run implements MTMTask.
func (*Headers) Run(context.Context, *store.Store, store.ID) ([]mtm.Command, error) {
	return []mtm.Command{mtm.Connect{}, mtm.Disconnect{}}, nil
}

// Arguments implements MTMTask.
func (*Headers) Arguments(context.Context, string) ([]string, error) {
	return []string{"get", verify.AccountName, "--headers-only"}, nil
}

// Verify implements MTMTask.
func (t *Headers) Verify(ctx context.Context, storeDir string, served maildrop.List) (Kept, error) {
	return Kept{Messages: served.Len()}, verify.Listing(ctx, storeDir, served, t.Before, &verify.Tops{})
}

// Tops is the task of fetching the first lines of messages.
type Tops struct {
	Choice
	Lines int `json:"lines"` // of the body
}

// Kind implements Task.
func (*Tops) Kind() string { return "top" }

// Counts implements Task.
func (*Tops) Counts() string { return "TOP" }

// Commands implements Task.
func (*Tops) Commands(maildrop.List) int { return -1 }

// Left implements Task.
func (*Tops) Left(served maildrop.List) int { return served.Len() }

// Needs implements Task.
func (*Tops) Needs(box *workload.Mailbox) int64 { return int64(box.Messages) * EntrySize }

// Run implements MTMTask.
func (t *Tops) Run(ctx context.Context, st *store.Store, account store.ID) ([]mtm.Command, error) {
	which, chosen, err := t.pick(ctx, st, account)
	populate := mtm.Populate{Which: which, Messages: chosen, Top: true, Lines: t.Lines}
	return []mtm.Command{mtm.Connect{}, populate, mtm.Disconnect{}}, err
}

// Arguments implements MTMTask.
func (t *Tops) Arguments(context.Context, string) ([]string, error) {
	return []string{"populate", verify.AccountName, "--which", t.Which, "--lines", strconv.Itoa(t.Lines)}, nil
}

// Verify implements MTMTask.
func (t *Tops) Verify(ctx context.Context, storeDir string, served maildrop.List) (Kept, error) {
	wanted, top := t.wanted(served), &verify.Tops{Lines: t.Lines}
	if t.Which == Selected {
		top.Only = map[string]bool{}
		for i := range wanted.Len() {
			top.Only[wanted.At(i).UID()] = true
		}
	}
	return Kept{Messages: wanted.Len()}, verify.Listing(ctx, storeDir, served, 0, top)
}
