package store

import (
	"cmp"
	"context"
	"fmt"
)

// Salvage says how Into describes what it brings back.
type Salvage struct {
	// Describe fills the fields of a message's entry that come from its header.
	Describe func(e *Entry, header []byte)
	// Mailbox returns which mailbox an account's settings lead to; its name is left out.
	Mailbox func(settings map[string]string) Mailbox
	// Account returns settings for an account that the index has lost. They hold no password.
	Account func(Mailbox) map[string]string
	// Lost is called for each thing that cannot be brought back.
	Lost func(Loss)
}

// Loss is something that cannot be brought back.
type Loss struct {
	Entry   ID    // 0 when it is not known which
	Segment int64 // 0 when it concerns no segment
	Offset  int64 // in the segment
	Text    string
}

// String says the loss in one line.
func (l Loss) String() string { return Problem(l).String() }

// Salvaged counts what was brought back.
type Salvaged struct {
	Accounts int
	Folders  int
	Messages int // that the index knew
	Found    int // messages that only the bodies knew
	Drafts   int // of Found, those that were written here
	Lost     int
}

// salvager reads a store that may be damaged, without changing it.
type salvager struct {
	dir     folder
	handles handleTable
	how     Salvage
	index   *oldIndex
	bodies  *bodySet
	sum     Salvaged
}

// Into brings everything that is whole of the store in the folder from into the new store to. What
// the index knows comes back where it was; the row of a message whose folder is lost leads into the
// Inbox, and so does a record that no row knows: messages that were written here become drafts, and
// headers come back to their account. What was deleted on purpose stays away. Equal octets of one
// mailbox and UID come back once.
func (how Salvage) Into(ctx context.Context, from string, to *Store) (Salvaged, error) {
	v := &salvager{dir: folder(from), handles: handleTable{dir: folder(from)}, how: how}
	index, err := readOldIndex(ctx, from, v.lost)
	if err != nil {
		return v.sum, err
	}
	v.index = index
	if v.bodies, err = v.readBodies(ctx); err != nil {
		return v.sum, err
	}
	w := &rewriting{salvager: v, to: to, ids: make(map[ID]ID), moved: make(map[location]Body)}
	return w.run(ctx)
}

// lost reports a loss.
func (v *salvager) lost(l Loss) {
	v.sum.Lost++
	if v.how.Lost != nil {
		v.how.Lost(l)
	}
}

// mailboxOf returns which mailbox an account had, without its name.
func (v *salvager) mailboxOf(service ID) Mailbox {
	m := v.how.Mailbox(v.index.settings[service])
	m.Name = ""
	return m
}

// loseEntry reports a message whose octets are gone.
func (v *salvager) loseEntry(e *Entry) {
	text := fmt.Sprintf("message %q", cmp.Or(e.Description, e.Details, e.UID))
	v.lost(Loss{Entry: e.ID, Segment: e.Body.Segment, Offset: e.Body.Offset, Text: text + ": its octets are damaged or missing"})
}
