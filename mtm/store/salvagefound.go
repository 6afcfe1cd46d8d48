package store

import (
	"context"
	"fmt"
	"time"
)

// remoteMessage identifies a message of a server, as in the note before a body.
type remoteMessage struct {
	from mark
	uid  string
}

// found recovers the records that no entry has.
func (w *rewriting) found(ctx context.Context) error {
	fullest := w.fullest()
	for i := range w.bodies.list {
		b := &w.bodies.list[i]
		if b.used || w.bodies.wasDeleted(b.Body) || w.isDead(b.Body) {
			continue
		}
		if b.Kind == BodyHeader && !w.hasMailbox(b) {
			continue // the next session fetches the header again
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

// hasMailbox reports whether the mailbox of a body is known.
func (w *rewriting) hasMailbox(b *foundBody) bool {
	if b.from == nil {
		return false
	}
	_, ok := w.bodies.mailboxes[b.from.from]
	return ok
}

// fullest returns how much of each message of a server any record holds. Deleted records count,
// since the header of a deleted message is not recovered.
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

// isDead reports whether an undamaged index covers the record's place but has no entry of it. The
// record was then deleted before notes of deletions existed, or never visible.
func (w *rewriting) isDead(b Body) bool {
	row, ok := w.index.segments[b.Segment]
	return ok && w.index.sound && b.end() <= row.length && !w.index.unknown[b.location()] &&
		(row.birth == w.bodies.births[b.Segment] || w.bodies.births[b.Segment] == 0)
}

// twin reports whether the same octets of the same mailbox and UID were already recovered.
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

// sameMessage reports whether two equal bodies may be one message. The origin of a body may be
// unknown.
func sameMessage(a, b *foundBody) bool {
	return a.from == nil || b.from == nil || a.from.from == b.from.from && a.from.uid == b.from.uid
}

// foundOne adds an entry for a record.
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

// place sets the parent and service of an entry by the record's origin: messages of a mailbox
// belong to its account, local messages to Drafts.
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

// account returns the account of a mailbox in the new store, or 0 when the mailbox is unknown. It
// creates an account that the index has lost.
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
	w.lost(Loss{Text: fmt.Sprintf("the settings of the account %q, including its password; only its server and user were recovered", name)})
	return e.ID, b.Commit(ctx)
}
