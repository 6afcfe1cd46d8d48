package store

import (
	"context"
	"strings"
)

// The lengths of id lists in statements. A shorter list is filled up with NULLs.
const (
	fewIDs  = 8
	manyIDs = 256
)

// chunks calls f with a statement and its arguments for every part of a long list of ids. The
// statement is query followed by the list; in query, ?1 and ?2 stand for a and b.
func (c *conn) chunks(query string, ids []ID, a, b int64, f func(query string, args []value) error) error {
	for len(ids) > 0 {
		size := manyIDs
		if len(ids) <= fewIDs {
			size = fewIDs
		}
		args := make([]value, 2+size)
		args[0].set(a)
		args[1].set(b)
		n := min(size, len(ids))
		for i, id := range ids[:n] {
			args[2+i].set(int64(id))
		}
		if err := f(query+idList(size), args); err != nil {
			return err
		}
		ids = ids[n:]
	}
	return nil
}

// execChunks runs a statement that ends in "IN" for all ids.
func (c *conn) execChunks(ctx context.Context, query string, ids []ID, a, b int64) error {
	return c.chunks(query, ids, a, b, func(query string, args []value) error {
		_, err := c.execValues(ctx, query, args)
		return err
	})
}

// queryChunks runs a query that ends in "IN" for all ids. The rows come in any order.
func (c *conn) queryChunks(ctx context.Context, query string, ids []ID, f func(row cells) error) error {
	return c.chunks(query, ids, 0, 0, func(query string, args []value) error {
		return c.run(ctx, query, args, f)
	})
}

// idList returns a list of n parameters from ?3 on. The others have no numbers, since SQLite looks
// up a numbered parameter in a list.
func idList(n int) string { return " (?3" + strings.Repeat(",?", n-1) + ")" }
