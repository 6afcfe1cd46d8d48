package store

import (
	"context"
	"fmt"
)

// commit is the index transaction of one batch. Once begun it runs to the end, so it needs no ctx.
type commit struct {
	tree     *tree
	queue    *queue
	outbox   *outbox
	accounts *accounts
}

// op is one change of a batch.
type op func(t *commit) error

// newCommit begins the changes of a batch. ends holds where its segments end, and fresh its bodies,
// which no entry has yet.
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

// The following changes need more than one of tree, queue, outbox and accounts.

// remove deletes entries with all entries below them, and what the index keeps about them.
func (t *commit) remove(ids []ID) error {
	for _, id := range ids {
		if id < firstFree {
			return fmt.Errorf("entry %d cannot be deleted: %w", id, ErrFixedEntry)
		}
	}
	if err := t.tree.insert(); err != nil { // entries of this batch may be below them
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

// unqueue removes operations with their ghosts that are not complete.
func (t *commit) unqueue(ids []ID) error {
	ghosts, err := t.queue.remove(ids)
	if err != nil || len(ghosts) == 0 {
		return err
	}
	return t.remove(ghosts)
}

// takeBack removes those of the operations that no program carries out.
func (t *commit) takeBack(ids []ID, alive func(claim string) (bool, error), result *TakenBack) error {
	free, err := t.queue.free(ids, alive, result)
	if err != nil {
		return err
	}
	return t.unqueue(free)
}

// fulfil removes a copy or a move from the queue, and queues the delete of a move.
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
