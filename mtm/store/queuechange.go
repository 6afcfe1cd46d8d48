package store

import (
	"context"
	"fmt"
)

// queue changes queued operations, for one commit.
type queue struct {
	c    *conn
	tree *tree
}

// add queues an operation.
func (q *queue) add(o Queued, ghost *Entry) error {
	t := q.tree
	if err := t.insert(); err != nil { // the entry may be one of this batch
		return err
	}
	if err := t.exists(o.Entry); err != nil {
		return err
	}
	if ghost != nil {
		o.Ghost = t.nextID
		if err := t.add(ghost, nil); err != nil {
			return err
		}
	}
	_, err := q.c.exec(context.Background(),
		"INSERT INTO operations (entry, kind, folder, ghost, lines, problem) VALUES (?, ?, ?, ?, ?, ?)",
		o.Entry, int(o.Kind), o.Into, o.Ghost, o.Lines, cut(o.Problem))
	if err != nil {
		return err
	}
	return q.showWaiting([]ID{o.Entry})
}

// remove removes operations, and returns their ghosts that are not complete.
func (q *queue) remove(ids []ID) (ghosts []ID, err error) {
	ctx := context.Background()
	if err = q.tree.insert(); err != nil {
		return nil, err
	}
	if err = q.unfinished("operations.id IN", ids, &ghosts); err != nil {
		return nil, err
	}
	var entries []ID
	err = q.c.queryChunks(ctx, "SELECT entry FROM operations WHERE id IN", ids,
		func(row cells) error { entries = append(entries, ID(row.int(0))); return nil })
	if err == nil {
		err = q.c.execChunks(ctx, "DELETE FROM operations WHERE id IN", ids, 0, 0)
	}
	if err == nil {
		err = q.showWaiting(entries)
	}
	return ghosts, err
}

// forget removes the operations of deleted entries, and appends their ghosts that are not complete.
func (q *queue) forget(entries []ID, ghosts *[]ID) error {
	if err := q.unfinished("operations.entry IN", entries, ghosts); err != nil {
		return err
	}
	return q.c.execChunks(context.Background(), "DELETE FROM operations WHERE entry IN", entries, 0, 0)
}

// unfinished appends the ghosts of operations that are not complete. A damaged record may name any
// entry as its ghost, so the entry must be an incomplete message related to the operation's.
func (q *queue) unfinished(which string, ids []ID, ghosts *[]ID) error {
	return q.c.queryChunks(context.Background(), fmt.Sprintf(`SELECT ghosts.id FROM operations
		JOIN entries AS ghosts ON ghosts.id = ghost AND ghosts.type = %d AND ghosts.related = operations.entry
		AND ghosts.flags & %d = 0 WHERE `, TypeMessage, Complete)+which, ids,
		func(row cells) error { *ghosts = append(*ghosts, ID(row.int(0))); return nil })
}

// forgetGhosts removes the operations whose ghosts are deleted.
func (q *queue) forgetGhosts(ids []ID) error {
	ctx := context.Background()
	var entries []ID
	err := q.c.queryChunks(ctx, "SELECT entry FROM operations WHERE ghost <> 0 AND ghost IN", ids,
		func(row cells) error { entries = append(entries, ID(row.int(0))); return nil })
	if err != nil || len(entries) == 0 {
		return err
	}
	if err = q.c.execChunks(ctx, "DELETE FROM operations WHERE ghost <> 0 AND ghost IN", ids, 0, 0); err != nil {
		return err
	}
	return q.showWaiting(entries)
}

// showWaiting sets the flags about queued operations. Nothing else sets them.
func (q *queue) showWaiting(entries []ID) error {
	return q.c.execChunks(context.Background(), showWaitingQuery, entries, 0, 0)
}

var showWaitingQuery = fmt.Sprintf(`UPDATE entries SET (flags, email_flags, checksum) =
	(SELECT entries.flags & ~%d | waits * %[1]d, entries.email_flags & ~%[2]d | operation, entries.checksum
		- (entries.flags & %[1]d) + waits * %[1]d - (entries.email_flags & %[2]d) + operation
	FROM (SELECT count(*) > 0 AS waits, %[3]s AS operation
		FROM operations WHERE operations.entry = entries.id)) WHERE id IN`, Operation, OperationMask, waitingOperation)

func (q *queue) setAside(id int64, problem string) error {
	_, err := q.c.exec(context.Background(), "UPDATE operations SET problem = ? WHERE id = ?", cut(problem), id)
	return err
}

// free returns those of the operations that no program carries out, and sets result.
func (q *queue) free(ids []ID, alive func(claim string) (bool, error), result *TakenBack) ([]ID, error) {
	*result = TakenBack{}
	var found []Queued
	err := q.c.queryChunks(context.Background(), "SELECT "+queuedColumns+" FROM operations WHERE operations.id IN", ids,
		func(row cells) error { found = append(found, scanQueued(row)); return nil })
	var free []ID
	for _, o := range found {
		working := false
		if err == nil && o.Claim != "" {
			working, err = alive(o.Claim)
		}
		if err != nil {
			return nil, err
		}
		if working {
			result.Busy = append(result.Busy, o)
			continue
		}
		free = append(free, ID(o.ID))
		result.Taken = append(result.Taken, o.ID)
	}
	return free, err
}

// has reports whether an operation is still queued.
func (q *queue) has(id int64) (found bool, err error) {
	_, found, err = q.c.number(context.Background(), "SELECT id FROM operations WHERE id = ?", id)
	return found, err
}
