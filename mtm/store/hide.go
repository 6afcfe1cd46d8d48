package store

import (
	"context"
	"fmt"
)

// shownFlags are the flags of an entry as its readers see them, see Batch.Hide.
var shownFlags = fmt.Sprintf("CASE WHEN parent IN hidden THEN (flags | %d) & ~%d ELSE flags END", Invisible, Unread)

// shownColumns are the columns that entryRow.readShown reads.
var shownColumns = rowColumns + ", " + shownFlags

// Hide makes all children of a service Invisible and not Unread, those that are added later too, until Show. Their own
// flags stay as they are, and UIDs tells them.
func (b *Batch) Hide(service ID) { b.do(func(t *commit) error { return t.hide(service) }) }

// Show ends Hide: the children of the service are as their own flags say. Without Hide before it it does nothing.
func (b *Batch) Show(service ID) { b.do(func(t *commit) error { return t.show(service) }) }

// Hidden says whether Hide was the last that was said of the service's children.
func (s *Store) Hidden(ctx context.Context, service ID) (hidden bool, err error) {
	err = s.read(ctx, func(c *conn) error {
		_, hidden, err = c.number(ctx, "SELECT service FROM hidden WHERE service = ?", service)
		return err
	})
	return hidden, err
}

func (t *commit) hide(service ID) error {
	if err := t.exists(service); err != nil {
		return err
	}
	_, err := t.c.exec(context.Background(), "INSERT OR IGNORE INTO hidden VALUES (?)", service)
	return err
}

func (t *commit) show(service ID) error {
	_, err := t.c.exec(context.Background(), "DELETE FROM hidden WHERE service = ?", service)
	return err
}
