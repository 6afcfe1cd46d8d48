package servermtm

import (
	"context"
	"errors"

	"pop3mtm/mtm/store"
	"pop3mtm/mtm/symbian"
)

// Between two connections only the step and the remaining work are kept, as entry ids
// and unique-ids. Message numbers are not kept, since another connection may give
// them to other messages.

// interruption says why a pass continues over another connection.
type interruption struct {
	cause   error
	failure *failedMessage // the message that broke the connection, if one did
}

// interrupted returns why a pass that ended with err must continue over another
// connection, nil when it need not.
func (w *work) interrupted(ctx context.Context, err error) (*interruption, error) {
	s := w.session
	broken, is := errors.AsType[*brokenError](err)
	switch {
	case ctx.Err() != nil:
		return nil, err
	case errors.Is(err, errPaused):
		s.pause(ctx)
		return &interruption{cause: err}, nil
	case is && s.excuses(broken):
		return &interruption{cause: broken.err}, nil
	case is:
		f, failed := s.note(broken)
		return &interruption{broken.err, &f}, failed
	case s.resumable(ctx, err):
		return &interruption{cause: err}, nil
	}
	return nil, err
}

// rest holds the remaining work of a pass.
type rest struct {
	items    []item
	arrivals *picks
}

// resume prepares another pass over another connection. Messages that this work has stored or found
// are not counted again.
func (w *work) resume(ctx context.Context, cause error, asked *Asked) error {
	if w.seen == nil {
		w.seen = make(idSet)
	}
	for _, it := range w.safe {
		w.seen.add(it.id)
	}
	for word, ids := range w.kept {
		w.seen[word] |= ids
	}
	left := w.rest()
	w.safe, w.kept, w.arrivals, w.turnedDown, w.unproven, w.arrived, w.chosen = nil, nil, nil, nil, nil, nil, nil
	dropped := len(w.session.dropped)
	err := w.session.reconnect(ctx, cause, w.session.box.Wire.Timeout, asked)
	w.failed = append(w.failed, w.session.dropped[dropped:]...)
	w.arrivals, w.session.arrivals = w.session.arrivals, nil
	if err != nil || w.session.ways == nil {
		return err
	}
	return w.check(ctx, left)
}

// rest returns the remaining work of the current pass.
func (w *work) rest() (r rest) {
	for _, it := range w.chosen {
		if !w.seen.has(it.id) {
			r.items = append(r.items, it)
		}
	}
	r.arrivals = w.notArrived()
	return r
}

var (
	errGone      = errors.New("it disappeared from the server while there was no connection")
	errAmbiguous = errors.New("the server gives no unique-ids, and two of the remaining messages look alike, so they cannot be distinguished")
)

// check lists the remaining messages that the server no longer has as failed. It returns an error
// when messages without unique-ids look alike.
func (w *work) check(ctx context.Context, left rest) error {
	s := w.session
	looks := make(map[string]bool)
	for _, it := range left.items {
		if byHeader(store.Ref{UID: it.uid, Size: it.size}) {
			if looks[it.uid] {
				return &Fault{Step: connectingAgain, Code: symbian.ErrDisconnected, Err: errAmbiguous}
			}
			looks[it.uid] = true
		}
		if _, listed := s.view.numbers.of(it.id); !listed {
			w.failed = append(w.failed, failedMessage{ID: it.id, UID: it.uid, Err: errGone})
		}
	}
	if left.arrivals.Len() == 0 {
		return nil
	}
	there, err := s.box.Store.UIDs(ctx, s.box.Service, s.box.Service, 0)
	if err != nil {
		return err
	}
	names := make(map[string]bool, len(there)+w.arrivals.Len())
	for _, ref := range there {
		names[ref.UID] = true
	}
	w.arrivals.indexes(func(i int) { names[string(w.arrivals.of.uid(i))] = true })
	left.arrivals.indexes(func(i int) {
		if uid := string(left.arrivals.of.uid(i)); !names[uid] {
			w.failed = append(w.failed, failedMessage{UID: uid, Err: errGone})
		}
	})
	return nil
}
