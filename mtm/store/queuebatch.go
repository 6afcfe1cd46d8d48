package store

import (
	"context"
	"database/sql/driver"
	"fmt"
)

// derived are the flags of an entry that only the queue sets: Add, Update and SetFlags leave them as they are.
const (
	derived      = Operation
	derivedEmail = OperationMask
)

// Queue makes an operation wait for q.Entry, after what waits for it already. With a ghost it adds that entry too, and
// sets q.Ghost to it. The flags of q.Entry tell of it: Operation, and the disconnected operation. The batch keeps ghost
// until Commit, which gives ErrNotFound when q.Entry is gone.
func (b *Batch) Queue(q Queued, ghost *Entry) {
	b.do(func(t *commit) error { return t.queue(q, ghost) })
}

// Unqueue removes queued operations, because they were carried out or taken back, and their ghosts unless those have
// become Complete before. Operations that are gone are passed over.
func (b *Batch) Unqueue(ids ...int64) {
	list := make([]ID, len(ids))
	for i, id := range ids {
		list[i] = ID(id)
	}
	b.do(func(t *commit) error { return t.unqueue(list) })
}

// SetAside keeps a queued operation from being carried out, and says why: it stays until Unqueue.
func (b *Batch) SetAside(id int64, problem string) {
	b.do(func(t *commit) error { return t.setAside(id, problem) })
}

func (t *commit) queue(q Queued, ghost *Entry) error {
	if err := t.insert(); err != nil { // the entry may be of this batch
		return err
	}
	if err := t.exists(q.Entry); err != nil {
		return err
	}
	if ghost != nil {
		q.Ghost = t.nextID
		if err := t.add(ghost, nil); err != nil {
			return err
		}
	}
	_, err := t.c.exec(context.Background(),
		"INSERT INTO operations (entry, kind, folder, ghost, lines, problem) VALUES (?, ?, ?, ?, ?, ?)",
		q.Entry, int(q.Kind), q.Into, q.Ghost, q.Lines, cut(q.Problem))
	if err != nil {
		return err
	}
	return t.showWaiting([]ID{q.Entry})
}

// unqueue removes records with their unfinished ghosts.
func (t *commit) unqueue(ids []ID) error {
	ctx := context.Background()
	if err := t.insert(); err != nil {
		return err
	}
	var ghosts []ID
	if err := t.unfinished("operations.id IN", ids, &ghosts); err != nil {
		return err
	}
	var entries []ID
	err := t.c.queryChunks(ctx, "SELECT entry FROM operations WHERE id IN", ids,
		func(row []driver.Value) error { entries = append(entries, ID(asInt(row[0]))); return nil })
	if err == nil {
		err = t.c.execChunks(ctx, "DELETE FROM operations WHERE id IN", ids, 0, 0)
	}
	if err == nil {
		err = t.showWaiting(entries)
	}
	if err != nil || len(ghosts) == 0 {
		return err
	}
	return t.remove(ghosts)
}

// unfinished adds the ghosts of operations that nothing has filled. A damaged record may name any entry as its ghost:
// only a message that is not complete is one.
func (t *commit) unfinished(which string, ids []ID, ghosts *[]ID) error {
	return t.c.queryChunks(context.Background(), fmt.Sprintf(`SELECT ghosts.id FROM operations
		JOIN entries AS ghosts ON ghosts.id = ghost AND ghosts.type = %d AND ghosts.related = operations.entry
		AND ghosts.flags & %d = 0 WHERE `, TypeMessage, Complete)+which, ids,
		func(row []driver.Value) error { *ghosts = append(*ghosts, ID(asInt(row[0]))); return nil })
}

// forgetGhosts ends the operations whose ghosts are deleted: nobody wants them any more.
func (t *commit) forgetGhosts(ids []ID) error {
	ctx := context.Background()
	var entries []ID
	err := t.c.queryChunks(ctx, "SELECT entry FROM operations WHERE ghost <> 0 AND ghost IN", ids,
		func(row []driver.Value) error { entries = append(entries, ID(asInt(row[0]))); return nil })
	if err != nil || len(entries) == 0 {
		return err
	}
	if err = t.c.execChunks(ctx, "DELETE FROM operations WHERE ghost <> 0 AND ghost IN", ids, 0, 0); err != nil {
		return err
	}
	return t.showWaiting(entries)
}

// showWaiting writes the flags that tell what waits. Nothing else writes them.
func (t *commit) showWaiting(entries []ID) error {
	return t.c.execChunks(context.Background(), showWaitingQuery, entries, 0, 0)
}

var showWaitingQuery = fmt.Sprintf(`UPDATE entries SET (flags, email_flags, checksum) =
	(SELECT entries.flags & ~%d | waits * %[1]d, entries.email_flags & ~%[2]d | operation, entries.checksum
		- (entries.flags & %[1]d) + waits * %[1]d - (entries.email_flags & %[2]d) + operation
	FROM (SELECT count(*) > 0 AS waits, %[3]s AS operation
		FROM operations WHERE operations.entry = entries.id)) WHERE id IN`, Operation, OperationMask, waitingOperation)

func (t *commit) setAside(id int64, problem string) error {
	_, err := t.c.exec(context.Background(), "UPDATE operations SET problem = ? WHERE id = ?", cut(problem), id)
	return err
}
