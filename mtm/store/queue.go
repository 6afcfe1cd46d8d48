package store

import (
	"context"
	"database/sql/driver"
	"fmt"
	"strings"
)

// Queued is an operation on a message of a mailbox that waits for the next session (behaviour
// section 6). It dies with the message's entry.
type Queued struct {
	ID    int64 // grows in the order of queueing; set by the store
	Entry ID    // the message in the mailbox
	Kind  QueueKind
	Into  ID  // of a copy and a move: the folder
	Ghost ID  // of a copy and a move: the entry in the folder that shows what will come; 0 for none
	Lines int // of QueueTop: lines of the body
	// Problem is why the operation was set aside: it does not run any more, and waits to be
	// taken back. "" for none.
	Problem string
	// Claim names who carries the operation out at present; "" for nobody. See Store.Claim.
	Claim string
}

// QueueKind says what is to be done with a message. A damaged index may hold others.
type QueueKind int

// The kinds of queued operations.
const (
	QueueCopy     QueueKind = iota + 1 // into a folder
	QueueMove                          // into a folder, and delete it on the server
	QueuePopulate                      // fetch it in place
	QueueTop                           // fetch the header and some lines in place
	QueueDelete                        // on the server
)

// Known reports whether the kind is one of the constants.
func (k QueueKind) Known() bool { return k >= QueueCopy && k <= QueueDelete }

// Adds reports whether the operation brings the message into a folder.
func (k QueueKind) Adds() bool { return k == QueueCopy || k == QueueMove }

// Populates reports whether the operation fetches the message in place.
func (k QueueKind) Populates() bool { return k == QueuePopulate || k == QueueTop }

// String gives the kind's name in lower case.
func (k QueueKind) String() string {
	switch k {
	case QueueCopy:
		return "copy"
	case QueueMove:
		return "move"
	case QueuePopulate:
		return "populate"
	case QueueTop:
		return "top-populate"
	case QueueDelete:
		return "delete"
	}
	return fmt.Sprintf("kind-%d", int(k))
}

// String says the operation in a few words, "copy into 3" for example.
func (q Queued) String() string {
	text := q.Kind.String()
	switch {
	case q.Kind.Adds():
		text += fmt.Sprintf(" into %d", q.Into)
	case q.Kind == QueueTop:
		text += fmt.Sprintf(" %d lines", q.Lines)
	}
	if q.Problem != "" {
		text += ", set aside: " + q.Problem
	}
	return text
}

const queuedColumns = "operations.id, operations.entry, kind, folder, ghost, lines, problem, claim"

func scanQueued(row []driver.Value) Queued {
	return Queued{
		ID: asInt(row[0]), Entry: ID(asInt(row[1])), Kind: QueueKind(asInt(row[2])), Into: ID(asInt(row[3])),
		Ghost: ID(asInt(row[4])), Lines: int(asInt(row[5])), Problem: asText(row[6]), Claim: asText(row[7]),
	}
}

// Queue lists what waits for the messages directly below parent, in the order of queueing.
func (s *Store) Queue(ctx context.Context, parent ID) ([]Queued, error) {
	var list []Queued
	err := s.index.read(ctx, func(c *conn) error {
		return c.query(ctx, "SELECT "+queuedColumns+` FROM operations CROSS JOIN entries ON entries.id = operations.entry
			WHERE entries.parent = ? ORDER BY operations.id`,
			func(row []driver.Value) error { list = append(list, scanQueued(row)); return nil }, parent)
	})
	return list, err
}

// queues is what waits for all entries, in words, for Dump.
func (c *conn) queues(ctx context.Context) (map[ID]string, error) {
	waits := make(map[ID][]string)
	err := c.query(ctx, "SELECT "+queuedColumns+" FROM operations ORDER BY id", func(row []driver.Value) error {
		q := scanQueued(row)
		text := q.String()
		if q.Ghost != 0 {
			text += fmt.Sprintf(" as %d", q.Ghost)
		}
		waits[q.Entry] = append(waits[q.Entry], text)
		return nil
	})
	lines := make(map[ID]string, len(waits))
	for id, texts := range waits {
		lines[id] = fmt.Sprintf(" waits=%q", strings.Join(texts, "; "))
	}
	return lines, err
}

// operation returns the disconnected operation that tells in an entry's flags that
// one of this kind waits.
func (k QueueKind) operation() EmailFlags {
	switch k {
	case QueueCopy:
		return OpCopyTo
	case QueueMove:
		return OpMoveTo
	case QueuePopulate, QueueTop:
		return OpCopyWithin
	case QueueDelete:
		return OpDelete
	}
	return OpUnknown
}

// waitingOperation is the disconnected operation that tells what waits for an entry: its
// records are what it counts.
var waitingOperation = func() string {
	one := ""
	for k := QueueCopy; k.Known(); k++ {
		one += fmt.Sprintf(" WHEN %d THEN %d", k, k.operation())
	}
	return fmt.Sprintf("CASE count(*) WHEN 0 THEN %d WHEN 1 THEN CASE max(kind)%s ELSE %d END ELSE %d END",
		OpNone, one, OpUnknown, OpMultiple)
}()
