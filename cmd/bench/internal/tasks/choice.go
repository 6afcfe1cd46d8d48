package tasks

import (
	"context"
	"slices"
	"strconv"

	"pop3mtm/fakeserver/maildrop"
	"pop3mtm/mtm"
	"pop3mtm/mtm/store"
)

// The messages that a task takes.
const (
	NewOnes   = "new"
	allOfThem = "all"
	Selected  = "selection"
)

// Whiches returns the names of all choices.
func Whiches() []string { return []string{NewOnes, allOfThem, Selected} }

// Choice describes which messages of a mailbox a task takes.
type Choice struct {
	Which string `json:"which"`           // one of whiches
	Every int    `json:"every,omitempty"` // with the selection: the distance from one chosen message to the next
}

// NeedsList reports whether messages are chosen from those that are listed.
func (c Choice) NeedsList() bool { return c.Which == Selected }

// wanted returns the part of the mailbox that is taken.
func (c Choice) wanted(served maildrop.List) maildrop.List {
	if c.Which != Selected {
		return served
	}
	return every{served, c.Every}
}

// Words describes a selection, "" for other choices.
func (c Choice) Words() string {
	if c.Which != Selected {
		return ""
	}
	return ", every " + strconv.Itoa(c.Every) + "th"
}

// pick returns the choice as the MTM takes it. A selection is counted from the oldest message
// on; the mailbox lists the newest first.
func (c Choice) pick(ctx context.Context, st *store.Store, mailbox store.ID) (mtm.Which, []store.ID, error) {
	if c.Which == allOfThem {
		return mtm.All, nil, nil
	}
	if c.Which != Selected {
		return mtm.New, nil, nil
	}
	listed, err := ListedIDs(ctx, st, mailbox)
	if err != nil {
		return 0, nil, err
	}
	var chosen []store.ID
	for i := 0; i < len(listed); i += c.Every {
		chosen = append(chosen, listed[i])
	}
	slices.Reverse(chosen) // fetched as all messages are
	return mtm.Selection, chosen, nil
}

// ListedIDs returns the messages that a mailbox lists, the oldest first.
func ListedIDs(ctx context.Context, st *store.Store, mailbox store.ID) ([]store.ID, error) {
	children, err := st.Children(ctx, mailbox)
	if err != nil {
		return nil, err
	}
	slices.Reverse(children)
	ids := make([]store.ID, len(children))
	for i := range children {
		ids[i] = children[i].ID
	}
	return ids, nil
}

// every is a list of each n-th message of a list, from the first on.
type every struct {
	maildrop.List
	n int
}

func (e every) Len() int                  { return (e.List.Len() + e.n - 1) / e.n }
func (e every) At(i int) maildrop.Message { return e.List.At(i * e.n) }

func (e every) Octets() int64 {
	sum := int64(0)
	for i := range e.Len() {
		sum += e.At(i).Size()
	}
	return sum
}
