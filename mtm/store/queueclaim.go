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
	err := s.index.changeUnsynced(ctx, func(c *conn) error {
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
	return s.index.changeUnsynced(ctx, func(c *conn) error {
		_, err := c.exec(ctx, "UPDATE operations SET claim = '' WHERE claim = ?", claim)
		return err
	})
}

// TakenBack is what became of operations that TakeBack was to take back.
type TakenBack struct {
	Taken []int64  // they are gone, and were not carried out
	Busy  []Queued // they are being carried out, and stay
}
