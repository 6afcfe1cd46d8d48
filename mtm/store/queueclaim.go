package store

import (
	"context"
	"slices"
)

// Claim marks the queued operations of the entries as being carried out by claim, so that TakeBack
// leaves them. It skips operations that were set aside, and those of other kinds when kinds are
// given. It returns the claimed operations in the order of queueing.
//
// An older claim is replaced, since a mailbox has one holder. A claim is not synced, since it ends
// with the process that made it.
func (s *Store) Claim(ctx context.Context, claim string, entries []ID, kinds ...QueueKind) ([]Queued, error) {
	var list []Queued
	if len(entries) == 0 {
		return nil, nil
	}
	err := s.index.changeUnsynced(ctx, func(c *conn) error {
		list = list[:0]
		err := c.queryChunks(ctx, "SELECT "+queuedColumns+" FROM operations WHERE problem = '' AND entry IN", entries,
			func(row cells) error {
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

// Unclaim removes claim from the operations that were not carried out.
func (s *Store) Unclaim(ctx context.Context, claim string) error {
	return s.index.changeUnsynced(ctx, func(c *conn) error {
		_, err := c.exec(ctx, "UPDATE operations SET claim = '' WHERE claim = ?", claim)
		return err
	})
}

// TakenBack is the result of Batch.TakeBack.
type TakenBack struct {
	Taken []int64  // removed, and not carried out
	Busy  []Queued // being carried out, and not removed
}
