package servermtm

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"pop3mtm/mtm/pop3"
	"pop3mtm/mtm/store"
)

// A visit is one connection. A message breaks it when the connection ends, stalls or makes no sense while the message, or its
// header, is asked for (QUIRK 108). The store counts the visits that each message broke; see last.go for when such a message is
// asked for.

// brokenError is the error of a run that a message ended, or that ended when all was answered: then it has no number.
type brokenError struct {
	message
	id     store.ID // its entry, 0 for none
	header bool     // the header was asked for
	err    error
}

func (e *brokenError) Error() string { return e.err.Error() }

// Unwrap gives the cause.
func (e *brokenError) Unwrap() error { return e.err }

// culprit returns the index of the message at which a run over numbers lost the connection: all of them when every message was
// answered, and -1 when it was not lost. answered is how many of the messages were answered.
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

// Broken is why a message could not be had: it broke the connection.
type Broken struct {
	ID      store.ID
	Number  int
	Subject string
	Visits  int   // that it broke so far
	Err     error // what happened, or why it was not asked for
}

// maxSubject bounds the subject in an error.
const maxSubject = 80

func (b *Broken) Error() string {
	text := fmt.Sprintf("message %d", b.Number)
	if b.ID != 0 {
		text = fmt.Sprintf("entry %d, %s", b.ID, text)
	}
	if b.Subject != "" {
		text += fmt.Sprintf(", %.*q", maxSubject, b.Subject)
	}
	times := "once"
	if b.Visits > 1 {
		times = fmt.Sprintf("%d times", b.Visits)
	}
	return fmt.Sprintf("%s: broke the connection %s: %v", text, times, b.Err)
}

// Unwrap gives what happened.
func (b *Broken) Unwrap() error { return b.Err }

// closesAtTop is the value of FactNoTop for a server that closes the connection at TOP, and does not list it (QUIRK 100).
const closesAtTop = 2

// noTop reports whether a broken visit says that the server has no TOP, and remembers that.
func (s *Session) noTop(b *brokenError) (bool, error) {
	if !b.header || s.topWorks || s.topless || s.wire.Capabilities().Has("TOP") {
		return false, nil
	}
	s.topless = true
	s.facts[store.FactNoTop] = closesAtTop
	batch := s.Store.NewBatch()
	batch.SetFact(s.Service, store.FactNoTop, closesAtTop)
	return true, commit(batch)
}

// note counts a visit that a message broke, and returns it as a failure. A message without an entry gets one, so that the next
// visit asks for it last.
func (s *Session) note(b *brokenError) (Failure, error) {
	if b.number == 0 {
		return Failure{Err: b.err}, nil
	}
	if no, err := s.noTop(b); no || err != nil {
		return Failure{ID: b.id, UID: b.uid, Number: b.number, Err: b.err}, err
	}
	ctx := context.Background() // no context ends it: what is known is kept
	batch := s.Store.NewBatch()
	visits := 1
	var e store.Entry
	var err error
	if b.id == 0 {
		e = s.placeholder(b)
		batch.Add(&e)
		err = commit(batch) // SetBreaks is for entries that exist
		batch = s.Store.NewBatch()
	} else if e, err = s.Store.Entry(ctx, b.id); err == nil {
		var known map[store.ID]int
		known, err = s.Store.Breaks(ctx, s.Service)
		visits += known[b.id]
		if b.header && e.Body.Kind == store.BodyNone {
			batch.SetFlags([]store.ID{e.ID}, store.Failed, 0)
		}
	}
	if err != nil {
		batch.Rollback()
		return Failure{}, err
	}
	batch.SetBreaks(e.ID, visits)
	return failureOf(b.uid, &Broken{ID: e.ID, Number: b.number, Subject: e.Description, Visits: visits, Err: b.err}), commit(batch)
}

// placeholder is the entry of a message that broke the connection before it had one, without a header. With the flag Failed
// the header itself broke it, and is asked for last.
func (s *Session) placeholder(b *brokenError) store.Entry {
	e := s.newEntry(b.message, nil, newHeaderReader(noDate, s.settings.Charset))
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

// mostFruitless bounds the visits in a row that messages break and that bring nothing.
const mostFruitless = 3

// persist carries out a pass over messages until no message breaks the connection any more: each that does is put off, and the
// pass begins again on another connection.
func (w *work) persist(ctx context.Context, pass func() error) error {
	failed, late := len(w.failed), len(w.late)
	var noted []Failure
	for fruitless := 0; ; {
		fetched := len(w.outcome.Stored)
		err := pass()
		broken, is := errors.AsType[*brokenError](err)
		if !is || ctx.Err() != nil {
			return first(err, w.gone(ctx, noted))
		}
		b, err := w.note(broken)
		if err != nil {
			return err
		}
		if noted = append(noted, b); len(w.outcome.Stored) > fetched {
			fruitless = 0
		} else {
			fruitless++
		}
		w.failed, w.late = w.failed[:failed], w.late[:late]
		err = broken.err
		if fruitless < mostFruitless {
			var again error
			if again = w.resume(ctx); again == nil {
				failed, late = len(w.failed), len(w.late)
				continue
			}
			err = &againError{broken.err, again}
		}
		if broken.number != 0 {
			w.failed = append(w.failed, b)
		}
		return err
	}
}

// gone lists messages that broke the connection, and that the server no longer has.
func (w *work) gone(ctx context.Context, noted []Failure) error {
	for _, f := range noted {
		if f.ID == 0 {
			continue
		}
		_, err := w.Store.Entry(ctx, f.ID)
		if errors.Is(err, store.ErrNotFound) {
			w.failed = append(w.failed, f)
		} else if err != nil {
			return err
		}
	}
	return nil
}

// againError is a connection that broke, and another one that could not be had.
type againError struct{ broke, again error }

func (e *againError) Error() string {
	return e.broke.Error() + "; connecting again: " + e.again.Error()
}

// Unwrap gives what came first.
func (e *againError) Unwrap() error { return e.broke }

// resume prepares another pass on another connection. What this work stored or found is not counted again.
func (w *work) resume(ctx context.Context) error {
	if w.seen == nil {
		w.seen = make(map[store.ID]bool)
	}
	for _, it := range w.safe {
		w.seen[it.id] = true
	}
	w.safe, w.arrivals, w.turnedDown, w.unproven, w.kept = nil, nil, nil, nil, 0
	dropped := len(w.dropped)
	err := w.reconnect(ctx, w.Wire.Timeout)
	w.failed = append(w.failed, w.dropped[dropped:]...)
	return err
}

// unseen counts the items that no earlier pass of this work has counted.
func (w *work) unseen(items []item) (n int) {
	for _, it := range items {
		if !w.seen[it.id] {
			n++
		}
	}
	return n
}

func failureOf(uid string, b *Broken) Failure {
	return Failure{ID: b.ID, UID: uid, Number: b.Number, Subject: b.Subject, Visits: b.Visits, Err: b}
}
