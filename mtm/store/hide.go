package store

import (
	"context"
	"strings"
)

// schemaHidden lists the services whose messages are hidden: one row in place of a change of every message.
const schemaHidden = `
CREATE TABLE hidden (
	service INTEGER PRIMARY KEY
) STRICT;
`

// shownFlags are the flags of an entry as its readers see them, see Batch.Hide.
const shownFlags = "CASE WHEN parent IN hidden THEN (flags | 0x200) & ~0x20 ELSE flags END"

// shownColumns are entryColumns for a reader, and then the flags as they are stored, for rowDigest.shownRow.
func shownColumns() string {
	return strings.Replace(entryColumns, "size, flags,", "size, "+shownFlags+",", 1) + ", flags"
}

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
