package servermtm

import (
	"context"
	"slices"

	"pop3mtm/mtm/pop3"
	"pop3mtm/mtm/store"
)

// A visit is one connection. A message breaks it when the connection ends, stalls or makes no sense
// while the message, or its header, is asked for (QUIRK 108). The store counts the visits that each
// message broke; see last.go for when such a message is asked for.

// brokenError is the error of a run that a message ended, or that ended when all was answered:
// then it has no number.
type brokenError struct {
	message
	id     store.ID // its entry, 0 for none
	header bool     // the header was asked for
	err    error
}

func (e *brokenError) Error() string { return e.err.Error() }

// Unwrap gives the cause.
func (e *brokenError) Unwrap() error { return e.err }

// culprit returns the index of the message at which a run over numbers lost the connection: all of
// them when every message was answered, and -1 when it was not lost. answered is how many of the
// messages were answered.
func culprit(ctx context.Context, err error, numbers []int, answered int) int {
	if ctx.Err() != nil {
		return -1
	}
	number := 0
	switch e := err.(type) { //nolint:errorlint // an error of the sink beside it counts for more
	case *pop3.LineError:
		number = e.Number
	case *pop3.ProtocolError:
		number = e.Number
	default:
		return -1
	}
	if i := slices.Index(numbers[answered:], number); i >= 0 {
		return answered + i
	}
	return answered
}

// closesAtTop is the value of FactNoTop for a server that closes the connection at TOP, and does
// not list it (QUIRK 100).
const closesAtTop = 2

// mostFruitless bounds the visits in a row that messages break and that bring nothing.
const mostFruitless = 3

// noTop reports whether a broken visit says that the server has no TOP, and remembers that.
func (s *Session) noTop(b *brokenError) (bool, error) {
	if !b.header || s.server.topWorks || s.server.topless || s.line.wire.Capabilities().Has("TOP") {
		return false, nil
	}
	s.server.topless = true
	s.server.facts[store.FactNoTop] = closesAtTop
	batch := s.box.Store.NewBatch()
	batch.SetFact(s.box.Service, store.FactNoTop, closesAtTop)
	return true, commit(batch)
}

// note counts a visit that a message broke, and returns it as a failure. A message without an entry
// gets one, so that the next visit asks for it last.
func (s *Session) note(b *brokenError) (failedMessage, error) {
	if b.number == 0 {
		return failedMessage{Err: b.err}, nil
	}
	if no, err := s.noTop(b); no || err != nil {
		return failedMessage{ID: b.id, UID: b.uid, Number: b.number, Err: b.err}, err
	}
	ctx := context.Background() // no context ends it: what is known is kept
	batch := s.box.Store.NewBatch()
	visits := 1
	var e store.Entry
	var err error
	if b.id == 0 {
		e = s.placeholder(b)
		batch.Add(&e)
		err = commit(batch) // SetBreaks is for entries that exist
		batch = s.box.Store.NewBatch()
	} else if e, err = s.box.Store.Entry(ctx, b.id); err == nil {
		var known map[store.ID]int
		known, err = s.box.Store.Breaks(ctx, s.box.Service)
		visits += known[b.id]
		if b.header && e.Body.Kind == store.BodyNone {
			batch.SetFlags([]store.ID{e.ID}, store.Failed, 0)
		}
	}
	if err != nil {
		batch.Rollback()
		return failedMessage{}, err
	}
	batch.SetBreaks(e.ID, visits)
	return failureOf(b.uid, &Broken{ID: e.ID, Number: b.number, Subject: e.Description, Visits: visits, Err: b.err}), commit(batch)
}

// placeholder is the entry of a message that broke the connection before it had one, without a
// header. With the flag Failed the header itself broke it, and is asked for last.
func (s *Session) placeholder(b *brokenError) store.Entry {
	e := s.box.newEntry(b.message, nil, newHeaderReader(noDate, s.line.settings.Charset))
	e.Flags |= s.owed.flags(e.Size)
	if b.header {
		e.Flags = e.Flags.With(store.Failed | store.Invisible | store.InPreparation) // the refresh shows it
	} else {
		e.Flags = e.Flags.With(store.Pending)
	}
	if e.UID == "" {
		e.UID = headerUID("", e.Size)
	}
	return e
}
