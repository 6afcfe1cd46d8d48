package store

import (
	"context"
	"fmt"
	"time"
)

// message of a server: what a body's note says of it.
type remoteMessage struct {
	from mark
	uid  string
}

// found brings back the records that no row knows.
func (w *rewriting) found(ctx context.Context) error {
	fullest := w.fullest()
	for i := range w.bodies.list {
		b := &w.bodies.list[i]
		if b.used || w.bodies.wasDeleted(b.Body) || w.isDead(b.Body) {
			continue
		}
		if b.Kind == BodyHeader && !w.hasMailbox(b) {
			continue // it is of a server's message: the next session brings it again
		}
		if b.from != nil && b.from.from != 0 && b.from.uid != "" && b.Kind < BodyWhole &&
			fullest[remoteMessage{b.from.from, b.from.uid}] > b.Kind {
			continue
		}
		twin, err := w.twin(i)
		if err != nil {
			return err
		}
		b.used = true
		if twin {
			continue
		}
		if err := w.foundOne(ctx, i); err != nil {
			return err
		}
	}
	return nil
}

// hasMailbox reports whether the mailbox that a body came from is known.
func (w *rewriting) hasMailbox(b *foundBody) bool {
	if b.from == nil {
		return false
	}
	_, ok := w.bodies.mailboxes[b.from.from]
	return ok
}

// fullest says how much of each message of a server there is anywhere, deleted records included:
// the header of a message that was deleted is not worth bringing back.
func (w *rewriting) fullest() map[remoteMessage]BodyKind {
	kinds := make(map[remoteMessage]BodyKind)
	for _, b := range w.bodies.list {
		if b.from != nil {
			m := remoteMessage{b.from.from, b.from.uid}
			kinds[m] = max(kinds[m], b.Kind)
		}
	}
	return kinds
}

// isDead reports whether an index without damage vouches for the record's place and has no entry of
// it: it was deleted before deletions were noted, or never shown.
func (w *rewriting) isDead(b Body) bool {
	row, ok := w.index.segments[b.Segment]
	return ok && w.index.sound && b.end() <= row.length && !w.index.unknown[b.location()] &&
		(row.birth == w.bodies.births[b.Segment] || w.bodies.births[b.Segment] == 0)
}

// twin reports whether the same octets of the same mailbox and UID were brought back already.
func (w *rewriting) twin(at int) (bool, error) {
	b := &w.bodies.list[at]
	for _, i := range w.bodies.like[b.likeness()] {
		other := &w.bodies.list[i]
		if i == at || !other.used || !sameMessage(b, other) || other.Kind < b.Kind {
			continue
		}
		if same, err := w.equal(b.Body, other.Body); err != nil || same {
			return same, err
		}
	}
	return false, nil
}

// sameMessage reports whether two equal bodies may be of one message. Where one comes
// from is not always known.
func sameMessage(a, b *foundBody) bool {
	return a.from == nil || b.from == nil || a.from.from == b.from.from && a.from.uid == b.from.uid
}

// foundOne makes an entry of a record.
func (w *rewriting) foundOne(ctx context.Context, at int) error {
	b := &w.bodies.list[at]
	raw, err := w.header(b.Body)
	if err != nil {
		return err
	}
	e := &Entry{Parent: Inbox, Type: TypeMessage, Sending: SendNotApplicable, Size: b.Length, Flags: Unread}
	w.how.Describe(e, raw)
	if e.Body, err = w.copy(at); err != nil {
		return err
	}
	if b.Kind == BodyWhole {
		e.Flags |= Complete
		e.Email |= BodyTextComplete
	}
	if b.from != nil {
		if err := w.place(ctx, e, b); err != nil {
			return err
		}
	}
	w.add(0, e)
	w.sum.Found++
	return w.full(ctx)
}

// place says where an entry belongs, as far as the record tells: messages of a mailbox to its
// account, those that were written here to the drafts.
func (w *rewriting) place(ctx context.Context, e *Entry, b *foundBody) error {
	if e.Date.IsZero() {
		e.Date = time.Unix(b.from.when, 0).UTC()
	}
	if b.from.from == 0 {
		e.Parent, e.Service, e.Sending, e.Flags = Drafts, w.drafts, SendUponRequest, e.Flags&^Unread
		w.sum.Drafts++
		return nil
	}
	account, err := w.account(ctx, b.from.from)
	if err != nil {
		return err
	}
	e.Service, e.UID = account, b.from.uid
	if b.Kind < BodyWhole && account != 0 {
		e.Parent = account
	}
	if b.Kind == BodyPartial {
		e.Flags |= Complete
		e.Email |= BodyTextComplete | PartialDownload
	}
	return nil
}

// account returns the account of a mailbox in the new store, 0 when nothing tells which it is. One
// that the index has lost is made new.
func (w *rewriting) account(ctx context.Context, of mark) (ID, error) {
	if id, ok := w.accounts[of]; ok {
		return id, nil
	}
	m, ok := w.bodies.mailboxes[of]
	if !ok {
		return 0, nil
	}
	nameless := m
	nameless.Name = ""
	for _, e := range w.index.entries {
		if e.Type == TypeService && e.ID >= firstFree && !e.IsSMTP() && w.mailboxOf(e.ID) == nameless {
			w.accounts[of] = w.ids[e.ID]
			return w.ids[e.ID], nil
		}
	}
	id, err := w.newAccount(ctx, m)
	w.accounts[of] = id
	return id, err
}

func (w *rewriting) newAccount(ctx context.Context, m Mailbox) (ID, error) {
	taken := make(map[string]bool)
	list, err := w.to.Children(ctx, Root)
	if err != nil {
		return 0, err
	}
	for _, e := range list {
		taken[e.Name] = true
	}
	name := m.Name
	for n := 2; taken[name]; n++ {
		name = fmt.Sprintf("%s-%d", m.Name, n)
	}
	b := w.to.NewBatch()
	e := &Entry{Parent: Root, Type: TypeService, Name: name}
	b.Add(e)
	if err := b.Commit(ctx); err != nil {
		return 0, err
	}
	b = w.to.NewBatch()
	e.Service = e.ID
	b.Update(e)
	b.SetSettings(e.ID, w.how.Account(m))
	w.sum.Accounts++
	w.lost(Loss{Text: fmt.Sprintf("the settings of the account %q, its password among them: it has its server and its user again", name)})
	return e.ID, b.Commit(ctx)
}
