package store

import (
	"context"
	"fmt"
	"strings"
)

// Queued is an operation on a message of a mailbox that is queued for the next session (behaviour
// section 6). It is deleted with the message's entry.
type Queued struct {
	ID    int64 // grows in the order of queueing; set by the store
	Entry ID    // the message in the mailbox
	Kind  QueueKind
	Into  ID  // of a copy or move: the folder
	Ghost ID  // of a copy or move: the placeholder in the folder; 0 without one
	Lines int // of QueueTop: lines of the body to fetch
	// Problem is the reason why the operation was set aside, or "". It is then not tried again, and
	// stays until it is cancelled.
	Problem string
	// Claim names the program that carries out the operation now, or "". See Store.Claim.
	Claim string
}

// QueueKind is the kind of a queued operation. A damaged index may contain unknown kinds.
type QueueKind int

// The kinds of queued operations.
const (
	QueueCopy     QueueKind = iota + 1 // copy the message into a folder
	QueueMove                          // copy it into a folder, and delete it on the server
	QueuePopulate                      // fetch it in place
	QueueTop                           // fetch the header and some lines in place
	QueueDelete                        // delete it on the server
)

// Known reports whether the kind is one of the constants.
func (k QueueKind) Known() bool { return k >= QueueCopy && k <= QueueDelete }

// Adds reports whether the operation adds the message to a folder.
func (k QueueKind) Adds() bool { return k == QueueCopy || k == QueueMove }

// Populates reports whether the operation fetches the message in place.
func (k QueueKind) Populates() bool { return k == QueuePopulate || k == QueueTop }

// String returns the kind's name in lower case.
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

// String returns the operation in a few words, "copy into 3" for example.
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

func scanQueued(row cells) Queued {
	return Queued{
		ID: row.int(0), Entry: ID(row.int(1)), Kind: QueueKind(row.int(2)), Into: ID(row.int(3)),
		Ghost: ID(row.int(4)), Lines: int(row.int(5)), Problem: row.text(6), Claim: row.text(7),
	}
}

// Queue returns the queued operations of the messages directly below parent, in the order of
// queueing.
func (s *Store) Queue(ctx context.Context, parent ID) ([]Queued, error) {
	var list []Queued
	err := s.index.read(ctx, func(c *conn) error {
		return c.query(ctx, "SELECT "+queuedColumns+` FROM operations CROSS JOIN entries ON entries.id = operations.entry
			WHERE entries.parent = ? ORDER BY operations.id`,
			func(row cells) error { list = append(list, scanQueued(row)); return nil }, parent)
	})
	return list, err
}

// queues returns the queued operations of all entries as texts for Dump.
func (c *conn) queues(ctx context.Context) (map[ID]string, error) {
	waits := make(map[ID][]string)
	err := c.query(ctx, "SELECT "+queuedColumns+" FROM operations ORDER BY id", func(row cells) error {
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

// operation returns the disconnected operation in the flags of an entry with one queued operation
// of this kind.
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

// waitingOperation is an SQL expression for the disconnected operation of an entry, over the rows
// of its queued operations.
var waitingOperation = func() string {
	one := ""
	for k := QueueCopy; k.Known(); k++ {
		one += fmt.Sprintf(" WHEN %d THEN %d", k, k.operation())
	}
	return fmt.Sprintf("CASE count(*) WHEN 0 THEN %d WHEN 1 THEN CASE max(kind)%s ELSE %d END ELSE %d END",
		OpNone, one, OpUnknown, OpMultiple)
}()
