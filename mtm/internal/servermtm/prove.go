package servermtm

import (
	"context"
	"errors"

	"pop3mtm/mtm/store"
)

// A message is deleted on the server only when it is proven to be the one that its entry knows: by
// the RETR of this session that stored it, or by unique-id, size and, if TOP works, Message-ID.
// dele, the only function that sends DELE, requires the proof.

var (
	errRenamed  = errors.New("the server has given its unique-id to another message, which was not deleted; the listed message is gone")
	errUnproven = errors.New("it was not deleted, since the server does not prove that it is the message that was listed; " +
		"move it instead, which fetches it first")
)

// prove splits items into those that are proven to be the listed messages, those whose unique-id
// names another message now, and those that only RETR can decide.
func (w *work) prove(ctx context.Context, items []item) (proven, others, unsure []item, err error) {
	var open []question
	verdicts := make(map[int]verdict)
	for _, it := range items {
		if w.session.view.proven.has(it.number) {
			continue
		}
		q := question{id: it.id, number: it.number, size: sizeUnknown, doubt: doubtSome}
		if w.session.view.sized.has(it.number) {
			q.size = sizeSame
		}
		if w.session.server.reused {
			q.doubt = doubtReused
		}
		open = append(open, q)
	}
	err = w.session.answers(ctx, open, func(q question, v verdict) { verdicts[q.number] = v })
	for _, it := range items {
		switch verdicts[it.number] { // without a question the verdict is same
		case same:
			proven = append(proven, it)
		case other:
			others = append(others, it)
		case ask, fetch:
			unsure = append(unsure, it)
		}
	}
	return proven, others, unsure, err
}

// replace removes the entries of messages whose unique-ids name other messages now, and
// makes entries for these.
func (w *work) replace(ctx context.Context, items []item) error {
	if len(items) == 0 {
		return nil
	}
	gone := make(map[store.ID]bool, len(items))
	list := &picks{of: w.session.view.listing}
	for _, it := range items {
		gone[it.id] = true
		list.add(list.of.index(it.number))
	}
	b := w.session.box.Store.NewBatch()
	dropped, err := w.session.box.dropQueued(ctx, b, gone)
	if err != nil {
		b.Rollback()
		return err
	}
	b.Delete(idsOf(items)...)
	b.SetFact(w.session.box.Service, store.FactReusesIDs, 1)
	if err = commit(b); err != nil {
		return err
	}
	w.failed = append(w.failed, dropped...)
	w.session.server.reused = true
	for id := range gone {
		w.session.view.numbers.set(id, 0)
	}
	failed, err := w.showHeaders(ctx, list)
	w.failed = append(w.failed, failed...)
	return err
}

// provenOnly returns the items that may be deleted, and lists the others as failed. A message that
// has taken a unique-id gets an entry.
func (w *work) provenOnly(ctx context.Context, items []item) ([]item, error) {
	proven, others, unsure, err := w.prove(ctx, items)
	if err != nil {
		return nil, err
	}
	for _, it := range others {
		w.refused(it, errRenamed)
	}
	for _, it := range unsure {
		w.refused(it, errUnproven)
		w.unproven = append(w.unproven, it.id)
	}
	return proven, w.replace(ctx, others)
}

// proveHere decides, before a move begins, which stored messages are those on the server. A message
// that only RETR can decide is fetched. again is true when other messages had taken unique-ids;
// they have entries now.
func (w *work) proveHere(ctx context.Context, t Transfer, wanted []item, found *copyFinder) (again bool, err error) {
	var here []item
	index := make(map[int]int) // message number -> index in wanted
	for k, it := range wanted {
		if found.of[k] != 0 || it.kind == store.BodyWhole || w.got[it.id] != 0 {
			here = append(here, it)
			index[it.number] = k
		}
	}
	_, others, unsure, err := w.prove(ctx, here)
	if err != nil {
		return false, err
	}
	for _, it := range unsure {
		k := index[it.number]
		wanted[k].unsure = true
		if copied := found.of[k]; copied != 0 {
			found.of[k] = 0
			found.rivals[it.id] = append(found.rivals[it.id], copied)
		}
	}
	for _, it := range others {
		if t.Selection != nil { // the message that took its place was not selected
			w.refused(it, errRenamed)
		}
	}
	return len(others) > 0, w.replace(ctx, others)
}
