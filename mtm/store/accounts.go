package store

import (
	"context"
	"maps"
	"slices"
)

// accounts changes, for one commit, what the index keeps about accounts beside their entries:
// settings, facts, and how many sessions each message broke.
type accounts struct {
	c     *conn
	tree  *tree
	wiped bool // settings were deleted; see wipe
}

func (a *accounts) setSettings(service ID, m map[string]string) error {
	if err := a.tree.exists(service); err != nil {
		return err
	}
	if err := a.wipe([]ID{service}); err != nil {
		return err
	}
	return a.write(service, m)
}

// write adds the settings of a service that has none.
func (a *accounts) write(service ID, m map[string]string) error {
	for _, name := range slices.Sorted(maps.Keys(m)) {
		if _, err := a.c.exec(context.Background(), "INSERT INTO settings VALUES (?, ?, ?)", service, name, m[name]); err != nil {
			return err
		}
	}
	return nil
}

// wipe deletes the settings of services, and overwrites them, since they may contain passwords.
// SQLite may have left copies when it moved rows between pages, so all other settings are written
// anew. Overwriting makes every deletion slower, and is on only here.
func (a *accounts) wipe(services []ID) error {
	ctx := context.Background()
	a.wiped = true
	if _, _, err := a.c.number(ctx, "PRAGMA secure_delete = ON"); err != nil {
		return err
	}
	type row struct {
		service     int64
		name, value string
	}
	var others []row
	err := a.c.query(ctx, "SELECT service, name, value FROM settings", func(r cells) error {
		if one := (row{r.int(0), r.text(1), r.text(2)}); !slices.Contains(services, ID(one.service)) {
			others = append(others, one)
		}
		return nil
	})
	if err == nil {
		_, err = a.c.exec(ctx, "DELETE FROM settings")
	}
	for _, one := range others {
		if err == nil {
			_, err = a.c.exec(ctx, "INSERT INTO settings VALUES (?, ?, ?)", one.service, one.name, one.value)
		}
	}
	return err
}

// haveSettings reports whether one of the services has settings.
func (a *accounts) haveSettings(services []ID) (has bool, err error) {
	err = a.c.queryChunks(context.Background(), "SELECT 1 FROM settings WHERE service IN", services,
		func(cells) error { has = true; return nil })
	return has, err
}

func (a *accounts) setFact(service ID, fact Fact, value int64) error {
	if err := a.tree.exists(service); err != nil {
		return err
	}
	_, err := a.c.exec(context.Background(), `INSERT INTO facts VALUES (?, ?, ?)
		ON CONFLICT (service, name) DO UPDATE SET value = excluded.value`, service, string(fact), value)
	return err
}

func (a *accounts) setBreaks(entry ID, visits int) error {
	ctx := context.Background()
	if visits <= 0 {
		_, err := a.c.exec(ctx, "DELETE FROM breaks WHERE entry = ?", entry)
		return err
	}
	if err := a.tree.exists(entry); err != nil {
		return err
	}
	_, err := a.c.exec(ctx, `INSERT INTO breaks VALUES (?, ?)
		ON CONFLICT (entry) DO UPDATE SET visits = excluded.visits`, entry, visits)
	return err
}

func (a *accounts) dropFact(service ID, fact Fact) error {
	_, err := a.c.exec(context.Background(), "DELETE FROM facts WHERE service = ? AND name = ?", service, string(fact))
	return err
}

// forget removes what the index keeps about deleted entries.
func (a *accounts) forget(entries []ID) error {
	secrets, err := a.haveSettings(entries)
	if err == nil && secrets {
		err = a.wipe(entries)
	}
	for _, query := range []string{"DELETE FROM shown WHERE account IN", "DELETE FROM facts WHERE service IN",
		"DELETE FROM breaks WHERE entry IN"} {
		if err == nil {
			err = a.c.execChunks(context.Background(), query, entries, 0, 0)
		}
	}
	return err
}

// Settings returns the settings of a service by name, or an empty map when it has none. The caller
// owns the map.
func (s *Store) Settings(ctx context.Context, service ID) (map[string]string, error) {
	m := make(map[string]string)
	err := s.index.read(ctx, func(c *conn) error {
		return c.query(ctx, "SELECT name, value FROM settings WHERE service = ?",
			func(row cells) error { m[row.text(0)] = row.text(1); return nil }, service)
	})
	return m, err
}
