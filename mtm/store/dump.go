package store

import (
	"bufio"
	"context"
	"database/sql/driver"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// Dump prints the tree, one entry a line, children below their parent and
// indented, in the order of their ids. It shows no clock, no path and no place
// in a segment, so two stores with the same content give the same text.
func (s *Store) Dump(ctx context.Context, w io.Writer) error {
	out := bufio.NewWriter(w)
	var d rowDigest
	err := s.snapshot(ctx, func(c *conn) error {
		waits, err := c.queues(ctx)
		if err != nil {
			return err
		}
		remembered, err := c.remembered(ctx)
		if err != nil {
			return err
		}
		// The path of ids, in fixed width, sorts children behind their parent.
		return c.query(ctx, `WITH RECURSIVE tree (id, depth, place) AS (
				SELECT id, 0, '' FROM entries WHERE id = 1
				UNION ALL
				SELECT entries.id, depth + 1, place || format('%016x', entries.id)
				FROM tree CROSS JOIN entries ON entries.parent = tree.id
			) SELECT `+shownColumns()+`, depth, EXISTS (SELECT 1 FROM outgoing WHERE entry = id)
			FROM tree CROSS JOIN entries USING (id) ORDER BY place`,
			func(row []driver.Value) error {
				var e Entry
				if err := d.shownRow(row, &e); err != nil {
					return err
				}
				line := strings.Repeat("  ", int(asInt(row[entryColumnCount+1]))) + e.line() + waits[e.ID] + remembered[e.ID]
				if asInt(row[entryColumnCount+2]) != 0 {
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

// line describes the entry in one line; fields without a value are left out.
func (e *Entry) line() string {
	var l strings.Builder
	fmt.Fprintf(&l, "%d %s", e.ID, e.Type)
	text := func(name, value string) {
		if value != "" {
			l.WriteString(" " + name + "=" + strconv.QuoteToGraphic(value))
		}
	}
	number := func(name string, value int64) {
		if value != 0 {
			fmt.Fprintf(&l, " %s=%d", name, value)
		}
	}
	text("name", e.Name)
	text("details", e.Details)
	text("description", e.Description)
	if !e.Date.IsZero() {
		l.WriteString(" date=" + e.Date.UTC().Format(time.RFC3339))
	}
	number("size", e.Size)
	if e.Flags != 0 {
		l.WriteString(" flags=" + e.Flags.String())
	}
	if e.Email != 0 {
		l.WriteString(" email=" + e.Email.String())
	}
	if e.Sending != SendUnknown {
		l.WriteString(" sending=" + e.Sending.String())
	}
	number("service", int64(e.Service))
	number("related", int64(e.Related))
	number("remote", int64(e.RemoteCount))
	text("uid", e.UID)
	text("message-id", e.MessageID)
	if e.Body.Kind != BodyNone {
		fmt.Fprintf(&l, " body=%s:%d:%08x", e.Body.Kind, e.Body.Length, e.Body.CRC)
	}
	return l.String()
}
