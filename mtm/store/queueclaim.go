package store

import (
	"context"
	"database/sql/driver"
	"slices"
)

// Claim marks what waits for the entries as being carried out by claim, so that TakeBack leaves
// it. Of kinds only these, when any are given; what was set aside is passed over. It returns the
// operations that are claimed now, in the order of queueing: those that another program took back
// before are not among them. An older claim gives way, since a mailbox has one holder. It is not
// synced: a claim ends with the process that made it.
func (s *Store) Claim(ctx context.Context, claim string, entries []ID, kinds ...QueueKind) ([]Queued, error) {
	var list []Queued
	if len(entries) == 0 {
		return nil, nil
	}
	err := s.changeUnsynced(ctx, func(c *conn) error {
		list = list[:0]
		err := c.queryChunks(ctx, "SELECT "+queuedColumns+" FROM operations WHERE problem = '' AND entry IN", entries,
			func(row []driver.Value) error {
				if q := scanQueued(row); len(kinds) == 0 || slices.Contains(kinds, q.Kind) {
					list = append(list, q)
				}
				return nil
			})
		for i := range list {
			if err == nil {
				_, err = c.exec(context.Background(), "UPDATE operations SET claim = ? WHERE id = ?", claim, list[i].ID)
			}
			list[i].Claim = claim
		}
		return err
	})
	slices.SortFunc(list, func(a, b Queued) int { return int(a.ID - b.ID) })
	return list, err
}

// Unclaim lets go of all that claim has claimed and not carried out.
func (s *Store) Unclaim(ctx context.Context, claim string) error {
	return s.changeUnsynced(ctx, func(c *conn) error {
		_, err := c.exec(ctx, "UPDATE operations SET claim = '' WHERE claim = ?", claim)
		return err
	})
}

// TakenBack is what became of operations that TakeBack was to take back.
type TakenBack struct {
	Taken []int64  // they are gone, and were not carried out
	Busy  []Queued // they are being carried out, and stay
}

// TakeBack removes queued operations that nobody carries out, with their ghosts, as Unqueue does.
// alive reports whether the program that made a claim still works; the claims of others do not
// count. At Commit result says what was taken back; operations in neither list were gone before.
func (b *Batch) TakeBack(ids []int64, alive func(claim string) (bool, error), result *TakenBack) {
	list := make([]ID, len(ids))
	for i, id := range ids {
		list[i] = ID(id)
	}
	b.do(func(t *commit) error { return t.takeBack(list, alive, result) })
}

func (t *commit) takeBack(ids []ID, alive func(claim string) (bool, error), result *TakenBack) error {
	*result = TakenBack{}
	var found []Queued
	err := t.c.queryChunks(context.Background(), "SELECT "+queuedColumns+" FROM operations WHERE operations.id IN", ids,
		func(row []driver.Value) error { found = append(found, scanQueued(row)); return nil })
	if err != nil {
		return err
	}
	var free []ID
	for _, q := range found {
		working := false
		if q.Claim != "" {
			if working, err = alive(q.Claim); err != nil {
				return err
			}
		}
		if working {
			result.Busy = append(result.Busy, q)
			continue
		}
		free = append(free, ID(q.ID))
		result.Taken = append(result.Taken, q.ID)
	}
	return t.unqueue(free)
}

// Fulfil takes a copy or a move off the queue, because the message is in its folder now: of a move the
// delete is left. An operation that is gone, since it was taken back, leaves nothing.
func (b *Batch) Fulfil(q Queued) { b.do(func(t *commit) error { return t.fulfil(q) }) }

func (t *commit) fulfil(q Queued) error {
	_, found, err := t.c.number(context.Background(), "SELECT id FROM operations WHERE id = ?", q.ID)
	if err != nil || !found {
		return err
	}
	if err = t.unqueue([]ID{ID(q.ID)}); err != nil || q.Kind != QueueMove {
		return err
	}
	return t.queue(Queued{Entry: q.Entry, Kind: QueueDelete}, nil)
}
