package store

import (
	"context"
	"database/sql/driver"
	"sort"
)

// Settings returns the settings of a service by name; an empty map when it
// has none. The caller owns the map.
func (s *Store) Settings(ctx context.Context, service ID) (map[string]string, error) {
	m := make(map[string]string)
	err := s.read(ctx, func(c *conn) error {
		return c.query(ctx, "SELECT name, value FROM settings WHERE service = ?",
			func(row []driver.Value) error { m[asText(row[0])] = asText(row[1]); return nil }, service)
	})
	return m, err
}

// writeSettings writes the settings of a service that has none.
func writeSettings(ctx context.Context, c *conn, service ID, m map[string]string) error {
	for _, name := range sortedNames(m) {
		if _, err := c.exec(ctx, "INSERT INTO settings VALUES (?, ?, ?)", service, name, m[name]); err != nil {
			return err
		}
	}
	return nil
}

func sortedNames(m map[string]string) []string {
	list := make([]string, 0, len(m))
	for name := range m {
		list = append(list, name)
	}
	sort.Strings(list)
	return list
}
