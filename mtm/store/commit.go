package store

import (
	"context"
	"fmt"
)

// commit is the index transaction of one batch. It runs to the end once begun, so
// nothing of it needs a ctx.
type commit struct {
	tree     *tree
	queue    *queue
	outbox   *outbox
	accounts *accounts
}

// op is one change of a batch.
type op func(t *commit) error

// newCommit begins the changes of a batch whose segments end where ends says. No entry has
// the bodies of fresh yet.
func newCommit(c *conn, ends map[*segment]int64, fresh []placed) (*commit, error) {
	if err := noteEnds(c, ends); err != nil {
		return nil, err
	}
	bodies, err := newReferences(c, fresh)
	if err != nil {
		return nil, err
	}
	tree, err := newTree(c, bodies)
	return &commit{tree, &queue{c, tree}, &outbox{c, tree}, &accounts{c: c, tree: tree}}, err
}

// run makes all changes.
func (t *commit) run(ops []op) error {
	for _, change := range ops {
		if err := change(t); err != nil {
			return err
		}
	}
	return t.tree.finish()
}

// Here is what takes more than one of the tree, the queue, the outbox and the accounts.

// remove deletes entries with all below them, and what is kept of them.
func (t *commit) remove(ids []ID) error {
	for _, id := range ids {
		if id < firstFree {
			return fmt.Errorf("entry %d cannot be deleted: %w", id, ErrFixedEntry)
		}
	}
	if err := t.tree.insert(); err != nil { // what was added may be below them
		return err
	}
	if err := t.queue.forgetGhosts(ids); err != nil {
		return err
	}
	for len(ids) > 0 {
		below, err := t.tree.below(ids)
		if err == nil {
			err = t.queue.forget(ids, &below)
		}
		for _, forget := range []func([]ID) error{t.accounts.forget, t.outbox.forget, t.tree.remove} {
			if err == nil {
				err = forget(ids)
			}
		}
		if err != nil {
			return err
		}
		ids = below
	}
	return nil
}

// withdraw deletes an entry that is in preparation and has nothing below it.
func (t *commit) withdraw(id ID) error {
	if err := t.tree.insert(); err != nil {
		return err
	}
	_, unused, err := t.tree.c.number(context.Background(), `SELECT id FROM entries WHERE id = ? AND flags & ? <> 0
		AND NOT EXISTS (SELECT 1 FROM entries AS below WHERE below.parent = entries.id)`, id, InPreparation)
	if err != nil || !unused {
		return err
	}
	return t.remove([]ID{id})
}

// unqueue removes operations with their unfinished ghosts.
func (t *commit) unqueue(ids []ID) error {
	ghosts, err := t.queue.remove(ids)
	if err != nil || len(ghosts) == 0 {
		return err
	}
	return t.remove(ghosts)
}

// takeBack removes those operations that nobody carries out.
func (t *commit) takeBack(ids []ID, alive func(claim string) (bool, error), result *TakenBack) error {
	free, err := t.queue.free(ids, alive, result)
	if err != nil {
		return err
	}
	return t.unqueue(free)
}

// fulfil takes a copy or a move off the queue; of a move the delete is left.
func (t *commit) fulfil(o Queued) error {
	found, err := t.queue.has(o.ID)
	if err != nil || !found {
		return err
	}
	if err = t.unqueue([]ID{ID(o.ID)}); err != nil || o.Kind != QueueMove {
		return err
	}
	return t.queue.add(Queued{Entry: o.Entry, Kind: QueueDelete}, nil)
}
