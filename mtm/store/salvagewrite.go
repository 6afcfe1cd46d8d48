package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"
)

// The largest commit of a salvage, in messages and in octets.
const (
	salvageMessages = 200
	salvageOctets   = 16 << 20
)

// maxDescribed limits the octets that are read of a message for its header.
const maxDescribed = 256 << 10

// rewriting writes what is recovered into a new store.
type rewriting struct {
	*salvager
	to    *Store
	ids   map[ID]ID         // id in the old store -> id in the new store
	moved map[location]Body // places of the copied bodies

	batch    *Batch
	pending  []*pendingEntry
	octets   int64
	accounts map[mark]ID // accounts of mailboxes, by their marks
	drafts   ID          // the service of recovered drafts
}

// pendingEntry is an entry of the current batch.
type pendingEntry struct {
	old ID // id in the old store; 0 for a message that was not in the index
	now *Entry
}

func (w *rewriting) run(ctx context.Context) (Salvaged, error) {
	w.accounts = make(map[mark]ID)
	for id := Root; id < firstFree; id++ {
		w.ids[id] = id
	}
	w.batch = w.to.NewBatch()
	defer func() { w.batch.Rollback() }()
	for _, step := range []func(context.Context) error{w.services, w.folders, w.messages, w.found} {
		err := step(ctx)
		if err == nil {
			err = w.flush(ctx)
		}
		if err != nil {
			return w.sum, err
		}
	}
	return w.sum, nil
}

// flush commits the current batch.
func (w *rewriting) flush(ctx context.Context) error {
	if err := w.batch.Commit(ctx); err != nil {
		return err
	}
	for _, p := range w.pending {
		if p.old != 0 {
			w.ids[p.old] = p.now.ID
		}
	}
	w.batch, w.pending, w.octets = w.to.NewBatch(), nil, 0
	return nil
}

// services recovers the accounts, with their SMTP services and settings.
func (w *rewriting) services(ctx context.Context) error {
	var list []Entry
	for _, e := range w.index.entries {
		if e.Type == TypeService && e.ID >= firstFree {
			list = append(list, e)
		}
	}
	for i := range list {
		e := list[i] // the ids in it are corrected below
		e.Parent, e.Service = Root, 0
		w.add(list[i].ID, &e)
	}
	if err := w.flush(ctx); err != nil {
		return err
	}
	for i := range list {
		e := &list[i]
		old := e.ID
		e.ID, e.Parent, e.Service, e.Related = w.ids[old], Root, w.ids[e.Service], w.ids[e.Related]
		e.Flags &^= Connected
		w.batch.Update(e)
		if settings := w.index.settings[old]; settings != nil {
			w.batch.SetSettings(e.ID, settings)
		}
		for fact, value := range w.index.facts[old] {
			w.batch.SetFact(e.ID, fact, value)
		}
		if !e.IsSMTP() {
			w.sum.Accounts++
		} else {
			w.drafts = e.ID
		}
	}
	for id, s := range w.index.shown {
		if now, ok := w.ids[id]; ok && s.hidden {
			w.batch.Hide(now)
		}
	}
	return nil
}

// folders recovers the folders, parents first. A folder whose parent is lost goes below the local
// service.
func (w *rewriting) folders(ctx context.Context) error {
	var left []*Entry
	for i := range w.index.entries {
		if e := &w.index.entries[i]; e.Type == TypeFolder && e.ID >= firstFree {
			left = append(left, e)
		}
	}
	for len(left) > 0 {
		var later []*Entry
		for _, e := range left {
			if _, ok := w.ids[e.Parent]; ok {
				w.folder(e, w.ids[e.Parent])
			} else {
				later = append(later, e)
			}
		}
		if len(later) == len(left) { // their parents are lost
			e := later[0]
			w.lost(Loss{Entry: e.ID, Text: fmt.Sprintf("the parent of the folder %q: the folder is now beside the Inbox", e.Name)})
			w.folder(e, Local)
			later = later[1:]
		}
		left = later
		if err := w.flush(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (w *rewriting) folder(e *Entry, parent ID) {
	n := *e
	n.Parent, n.Service, n.Body = parent, w.ids[e.Service], Body{}
	w.add(e.ID, &n)
	w.sum.Folders++
}

func (w *rewriting) add(old ID, e *Entry) { w.addLinked(old, e, 0) }

// addLinked adds an entry whose Related is the old id related.
func (w *rewriting) addLinked(old ID, e *Entry, related ID) {
	e.ID, e.Related = 0, w.ids[related]
	var source *Entry // in the same batch
	for _, p := range w.pending {
		if related != 0 && p.old == related {
			source = p.now
		}
	}
	w.batch.AddLinked(e, source)
	w.pending = append(w.pending, &pendingEntry{old, e})
}

// messages recovers the messages of the index, each in its folder.
func (w *rewriting) messages(ctx context.Context) error {
	for i := range w.index.entries {
		e := &w.index.entries[i]
		if e.Type != TypeMessage || w.index.ghosts[e.ID] && !e.Flags.Has(Complete) {
			continue
		}
		n := *e
		if e.Body.Kind != BodyNone {
			at, gone, ok := w.bodies.find(e)
			if gone {
				continue
			}
			if !ok {
				if e.Body.Kind >= BodyPartial { // the next session fetches a header again
					w.loseEntry(e)
				}
				continue
			}
			w.bodies.list[at].used = true
			body, err := w.copy(at)
			if err != nil {
				return err
			}
			n.Body = body
			n.Body.Kind = e.Body.Kind
		}
		if err := w.message(ctx, e, &n); err != nil {
			return err
		}
	}
	return nil
}

func (w *rewriting) message(ctx context.Context, e, n *Entry) error {
	parent, ok := w.ids[e.Parent]
	if !ok {
		parent = Inbox
		w.lost(Loss{Entry: e.ID, Text: "its folder: the message is now in the Inbox"})
	}
	n.Parent, n.Service = parent, w.ids[e.Service]
	w.addLinked(e.ID, n, e.Related)
	if o, ok := w.index.outgoing[e.ID]; ok {
		w.batch.SetOutgoing(n, o)
	}
	w.sum.Messages++
	return w.full(ctx)
}

// full commits the current batch when it is large enough.
func (w *rewriting) full(ctx context.Context) error {
	if len(w.pending) < salvageMessages && w.octets < salvageOctets {
		return nil
	}
	return w.flush(ctx)
}

// copy copies a body to the new store, unless it was already copied.
func (w *rewriting) copy(at int) (Body, error) {
	b := &w.bodies.list[at]
	if body, ok := w.moved[b.location()]; ok {
		return body, nil
	}
	var from Origin
	when := time.Now().Unix()
	if b.from != nil {
		from, when = Origin{w.bodies.mailboxes[b.from.from], b.from.uid}, b.from.when
	}
	r, err := w.handles.body(b.Body)
	if err != nil {
		return Body{}, err
	}
	out := w.batch.bodyOf(b.Kind, from, when)
	_, err = r.WriteTo(out)
	if err = errors.Join(err, r.Close()); err != nil {
		return Body{}, errors.Join(err, out.Discard())
	}
	body, err := out.Close()
	if err == nil {
		w.moved[b.location()] = body
		w.octets += body.Length
	}
	return body, err
}

// header returns the beginning of a body.
func (w *rewriting) header(b Body) ([]byte, error) {
	r, err := w.handles.body(b)
	if err != nil {
		return nil, err
	}
	raw, err := io.ReadAll(io.LimitReader(r, maxDescribed))
	if errors.Is(err, ErrCorrupt) {
		err = nil
	}
	return raw, errors.Join(err, r.Close())
}
