package store

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Dump writes the tree to w, one entry per line, children indented below their parent in the order
// of their ids. It shows no times of the clock, paths or places in segments, so that two stores
// with the same content give the same text.
func (s *Store) Dump(ctx context.Context, w io.Writer) error {
	out := bufio.NewWriter(w)
	var r entryRow
	var e Entry
	err := s.index.snapshot(ctx, func(c *conn) error {
		waits, err := c.queues(ctx)
		if err != nil {
			return err
		}
		remembered, err := c.remembered(ctx)
		if err != nil {
			return err
		}
		// place is the path of ids in fixed width, which sorts children behind their parent.
		return c.query(ctx, `WITH RECURSIVE tree (id, depth, place) AS (
				SELECT id, 0, '' FROM entries WHERE id = 1
				UNION ALL
				SELECT entries.id, depth + 1, place || format('%016x', entries.id)
				FROM tree CROSS JOIN entries ON entries.parent = tree.id
			) SELECT `+shownColumns+`, depth, EXISTS (SELECT 1 FROM outgoing WHERE entry = id)
			FROM tree CROSS JOIN entries USING (id)`+withShown+`ORDER BY place`,
			func(row cells) error {
				if err := r.readShown(row, &e); err != nil {
					return err
				}
				line := strings.Repeat("  ", int(row.int(len(columns)+1))) + e.line() + waits[e.ID] + remembered[e.ID]
				if row.int(len(columns)+2) != 0 {
					o, err := c.outgoing(ctx, e.ID)
					if err != nil {
						return err
					}
					line += o.line()
				}
				_, err := out.WriteString(line + "\n")
				return err
			})
	})
	if err != nil {
		return err
	}
	return out.Flush()
}

// line returns the entry in one line, without fields that have no value.
func (e *Entry) line() string {
	var l strings.Builder
	fmt.Fprintf(&l, "%d %s", e.ID, e.Type)
	for _, c := range shownFirst {
		l.WriteString(c.shown(e))
	}
	if e.Body.Kind != BodyNone {
		fmt.Fprintf(&l, " body=%s:%d:%08x", e.Body.Kind, e.Body.Length, e.Body.CRC)
	}
	return l.String()
}

// shownFirst lists the columns in the order in which Dump shows them, the most interesting ones
// first.
var shownFirst = func() []*column {
	order := []string{"name", "details", "description", "date", "size", "flags", "email", "sending", "service", "related", "remote", "uid", "message-id"}
	var list []*column
	for _, c := range columns {
		if c.label != "" {
			list = append(list, c)
		}
	}
	place := func(c *column) int { return cmp.Or(slices.Index(order, c.label)+1, len(order)+1) }
	slices.SortStableFunc(list, func(a, b *column) int { return place(a) - place(b) })
	return list
}()

// shown returns what Dump shows for a column, or "" when it has no value.
func (c *column) shown(e *Entry) string {
	value := ""
	switch {
	case c.number != nil && c.number.get(e) != 0:
		value = fmt.Sprint(c.number.is(e))
	case c.text != nil && *c.text(e) != "":
		value = strconv.QuoteToGraphic(*c.text(e))
	case c.date != nil && !c.date(e).IsZero():
		value = c.date(e).UTC().Format(time.RFC3339)
	}
	if value == "" {
		return ""
	}
	return " " + c.label + "=" + value
}
