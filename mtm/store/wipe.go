package store

import (
	"context"
	"database/sql/driver"
	"slices"
)

// wipe deletes the settings of services, among which passwords may be, so that nothing of them
// stays in the index. SQLite would mark their place as free, and as it moves rows from page to
// page it leaves copies behind: all settings are written anew. Other deletions do without, since
// SQLite then writes every page that becomes free.
func (t *commit) wipe(services []ID) error {
	ctx := context.Background()
	t.wipes = true
	if _, _, err := t.c.number(ctx, "PRAGMA secure_delete = ON"); err != nil {
		return err
	}
	type row struct {
		service     int64
		name, value string
	}
	var others []row
	err := t.c.query(ctx, "SELECT service, name, value FROM settings", func(r []driver.Value) error {
		if one := (row{asInt(r[0]), asText(r[1]), asText(r[2])}); !slices.Contains(services, ID(one.service)) {
			others = append(others, one)
		}
		return nil
	})
	if err == nil {
		_, err = t.c.exec(ctx, "DELETE FROM settings")
	}
	for _, one := range others {
		if err == nil {
			_, err = t.c.exec(ctx, "INSERT INTO settings VALUES (?, ?, ?)", one.service, one.name, one.value)
		}
	}
	return err
}

// haveSettings reports whether one of the services has settings.
func (t *commit) haveSettings(services []ID) (has bool, err error) {
	err = t.c.queryChunks(context.Background(), "SELECT 1 FROM settings WHERE service IN", services,
		func([]driver.Value) error { has = true; return nil })
	return has, err
}

// wiped ends a transaction that wiped: what the index had before also lies in its write-ahead
// log, which is written back and emptied. Another program that reads just then keeps the log;
// SQLite overwrites it sooner or later.
func (s *Store) wiped(ctx context.Context) {
	_ = s.changeWith(context.WithoutCancel(ctx), func(c *conn) error {
		for _, query := range []string{"PRAGMA secure_delete = OFF", "PRAGMA wal_checkpoint(TRUNCATE)"} {
			if _, _, err := c.number(context.Background(), query); err != nil {
				return err
			}
		}
		return nil
	})
}
