package main

import (
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"pop3mtm/cmd/internal/cli"
	"pop3mtm/mtm"
	"pop3mtm/mtm/store"
)

// wanted holds the flags of get and populate that choose messages.
type wanted struct {
	which   choice
	maxSize cli.Size
	skip    []int64
	order   choice
}

func (w *wanted) add(c *cobra.Command) {
	w.which = choice{value: "new", allowed: []string{"new", "all", "selection"}}
	f := c.Flags()
	f.Var(&w.which, "which", "messages to fetch; selection means the given ids")
	f.Var(&w.maxSize, "max-size", "leave out messages larger than this, such as 10KiB or 2MB; 0 = no limit; default: the account's limit")
	f.Int64SliceVar(&w.skip, "skip", nil, "leave out messages by `ID`, such as one that always breaks the connection; may be repeated")
	w.order = choice{value: "newest", allowed: []string{"newest", "oldest"}}
	f.Var(&w.order, "order", "fetch the newest or the oldest messages first; with ids, messages are fetched in their order")
	completeWords(c, "which", w.which.allowed)
	completeWords(c, "order", w.order.allowed)
}

// check returns an error when the flags and the ids do not fit together.
func (w *wanted) check(f *pflag.FlagSet, ids []store.ID) error {
	if f.Changed("which") && (w.which.value == "selection") != (len(ids) > 0) {
		if len(ids) > 0 {
			return cli.Usage("ids and --which %s exclude each other", w.which.value)
		}
		return cli.Usage("--which selection needs the ids of messages; 'mtm list ACCOUNT' shows them")
	}
	if len(ids) > 0 {
		w.which.value = "selection"
	}
	if f.Changed("order") && len(ids) > 0 {
		return cli.Usage("ids and --order exclude each other: messages are fetched in the order of the ids")
	}
	for _, id := range w.skip {
		if id <= 0 {
			return cli.Usage("--skip takes ids of messages, not %d; 'mtm list ACCOUNT' shows them", id)
		}
	}
	return nil
}

// skipped returns the messages to leave out.
func (w *wanted) skipped() []store.ID {
	ids := make([]store.ID, len(w.skip))
	for i, id := range w.skip {
		ids[i] = store.ID(id)
	}
	return ids
}

func (w *wanted) kind() mtm.Which {
	switch w.which.value {
	case "all":
		return mtm.All
	case "selection":
		return mtm.Selection
	}
	return mtm.New
}

// first returns which messages are fetched first.
func (w *wanted) first() mtm.Order {
	if w.order.value == "oldest" {
		return mtm.OldestFirst
	}
	return mtm.NewestFirst
}

// limit returns the largest message to fetch, 0 for no limit. The account's limit does not apply to
// messages that are named by id.
func (w *wanted) limit(f *pflag.FlagSet, a mtm.Account) int64 {
	if f.Changed("max-size") || w.which.value == "selection" {
		return int64(w.maxSize)
	}
	return a.POP3.MaxEmailSize
}
