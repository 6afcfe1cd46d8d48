package store

import (
	"cmp"
	"context"
	"fmt"
)

// Salvage recovers a damaged store. Its functions describe what Into recovers; all but Lost must be
// set.
type Salvage struct {
	// Describe sets the fields of a message's entry that come from its header.
	Describe func(e *Entry, header []byte)
	// Mailbox returns the mailbox of an account with these settings, without its name.
	Mailbox func(settings map[string]string) Mailbox
	// Account returns settings, without a password, for an account that the index has lost.
	Account func(Mailbox) map[string]string
	// Lost is called for each loss, unless it is nil.
	Lost func(Loss)
}

// Loss describes something that cannot be recovered.
type Loss struct {
	Entry   ID    // 0 when the entry is unknown
	Segment int64 // 0 when the loss concerns no segment
	Offset  int64 // in the segment, in octets
	Text    string
}

// String returns the loss in one line.
func (l Loss) String() string { return Problem(l).String() }

// Salvaged holds the numbers of what was recovered, and of losses.
type Salvaged struct {
	Accounts int
	Folders  int
	Messages int // messages in the index
	Found    int // messages that were only in the segments
	Drafts   int // local messages among Found
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

// Into recovers everything intact of the store in the directory from into the new store to. It does
// not change the old store. Entries of the index keep their folders; messages of a lost folder go
// to the Inbox.
//
// Bodies without an entry go to the Inbox too, local messages to Drafts, and headers to their
// account. Deleted messages are not recovered, and equal bodies of one mailbox and UID are
// recovered once.
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

// mailboxOf returns the mailbox of an account, without its name.
func (v *salvager) mailboxOf(service ID) Mailbox {
	m := v.how.Mailbox(v.index.settings[service])
	m.Name = ""
	return m
}

// loseEntry reports a message whose body is lost.
func (v *salvager) loseEntry(e *Entry) {
	text := fmt.Sprintf("message %q", cmp.Or(e.Description, e.Details, e.UID))
	v.lost(Loss{Entry: e.ID, Segment: e.Body.Segment, Offset: e.Body.Offset, Text: text + ": its octets are damaged or missing"})
}
