package tasks

import (
	"context"
	"slices"
	"strconv"

	"pop3mtm/fakeserver/maildrop"
	"pop3mtm/mtm"
	"pop3mtm/mtm/store"
)

// Which messages a task fetches.
const (
	NewOnes   = "new"
	allOfThem = "all"
	Selected  = "selection"
)

// Whiches returns the names of all choices.
func Whiches() []string { return []string{NewOnes, allOfThem, Selected} }

// Choice describes which messages of a mailbox a task fetches.
type Choice struct {
	Which string `json:"which"`           // one of Whiches
	Every int    `json:"every,omitempty"` // of a selection: 3 selects every third message
}

// NeedsList reports whether the store must list the mailbox before messages can be chosen.
func (c Choice) NeedsList() bool { return c.Which == Selected }

// wanted returns the messages of the mailbox that are fetched.
func (c Choice) wanted(served maildrop.List) maildrop.List {
	if c.Which != Selected {
		return served
	}
	return every{served, c.Every}
}

// Words returns a description of a selection that follows other words, and "" for other choices.
func (c Choice) Words() string {
	if c.Which != Selected {
		return ""
	}
	return ", every " + strconv.Itoa(c.Every) + "th"
}

// pick returns the fields of an MTM command for the choice. A selection counts from the oldest
// message.
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
	slices.Reverse(chosen) // newest first, in the order of the mailbox, as All and New
	return mtm.Selection, chosen, nil
}

// ListedIDs returns the messages that a mailbox lists, with the oldest first.
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

// every is a list that has every n-th message of another list, beginning with the first.
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
