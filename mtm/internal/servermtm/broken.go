package servermtm

import (
	"context"

	"pop3mtm/mtm/pop3"
	"pop3mtm/mtm/store"
)

// A visit is one connection. A message breaks a visit when the connection ends, stalls or has
// invalid replies while the message or its header is requested (QUIRK 108). The store counts the
// visits that each message broke. last.go says when such a message is requested.

// brokenError is the error of a run that a message ended, or, without a number, of a run that
// ended after all replies.
type brokenError struct {
	message
	id     store.ID // the message's entry, 0 for none
	header bool     // the header was requested
	err    error
}

func (e *brokenError) Error() string { return e.err.Error() }

// Unwrap gives the cause.
func (e *brokenError) Unwrap() error { return e.err }

// culprit returns the index in numbers of the message at which a run lost the connection. It
// returns numbers.Len() when all messages were answered, and -1 when the connection was not lost.
// answered is the number of messages that were answered.
func culprit(ctx context.Context, err error, numbers pop3.Numbers, answered int) int {
	if ctx.Err() != nil {
		return -1
	}
	number := 0
	switch e := err.(type) { //nolint:errorlint // an error of the sink that is joined with it takes precedence
	case *pop3.LineError:
		number = e.Number
	case *pop3.ProtocolError:
		number = e.Number
	default:
		return -1
	}
	if i := indexOf(numbers, answered, number); i >= 0 {
		return i
	}
	return answered
}

// indexOf returns the first index of a number, from an index on; -1 for none.
func indexOf(numbers pop3.Numbers, from, number int) int {
	for i := from; i < numbers.Len(); i++ {
		if numbers.At(i) == number {
			return i
		}
	}
	return -1
}

// closesAtTop is the value of FactNoTop for a server that closes the connection at TOP, and does
// not list it (QUIRK 100).
const closesAtTop = 2

// mostFruitless limits the visits in a row that are broken without having stored anything.
const mostFruitless = 3

// noTop reports whether a broken visit shows that the server has no TOP, and stores that.
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

// note counts a visit that a message broke, and returns the failed message. A message without an
// entry gets one, so that the next visit requests it last.
func (s *Session) note(b *brokenError) (failedMessage, error) {
	if b.number == 0 {
		return failedMessage{Err: b.err}, nil
	}
	if no, err := s.noTop(b); no || err != nil {
		return failedMessage{ID: b.id, UID: b.uid, Number: b.number, Err: b.err}, err
	}
	ctx := context.Background() // not cancelled with the operation, so that the count is stored
	batch := s.box.Store.NewBatch()
	visits := 1
	var e store.Entry
	var err error
	if b.id == 0 {
		e = s.placeholder(b)
		batch.Add(&e)
		err = commit(batch) // SetBreaks needs an existing entry
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

// placeholder returns an entry without a header for a message that broke the connection
// before it had an entry. The flag Failed means that the header itself broke it, so
// that it is requested last.
func (s *Session) placeholder(b *brokenError) store.Entry {
	e := s.box.newEntry(b.message, nil, newHeaderReader(noDate, s.line.settings.Charset))
	e.Flags |= s.owed.flags(e.Size)
	if b.header {
		e.Flags = e.Flags.With(store.Failed | store.Invisible | store.InPreparation) // the refresh makes it visible
	} else {
		e.Flags = e.Flags.With(store.Pending)
	}
	if e.UID == "" {
		e.UID = headerUID("", e.Size)
	}
	return e
}
