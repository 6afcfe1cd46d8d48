package servermtm

import (
	"errors"
	"slices"

	"pop3mtm/mtm/store"
)

// A message is breaking when the server sent more of it after its end, or what else makes no sense there (QUIRK 74): the session
// is over then, and would be in each one at the same place. Its entry has the flag Failed.

// putOff leaves out messages that ended the session the last time, while there is something else to do in this one: they would
// keep all behind them from coming, and what was moved from being deleted.
func (w *work) putOff(missing []item, more bool) []item {
	rest := slices.DeleteFunc(slices.Clone(missing), func(it item) bool { return it.breaking })
	if len(rest) == 0 && !more {
		return missing
	}
	for _, it := range missing {
		if it.breaking {
			w.refused(it, errPutOff)
		}
	}
	return rest
}

var errPutOff = errors.New("it ended the session the last time, by what the server sent in it or behind it; it is tried again when nothing else is to be done")

// markBreaking flags the message in hand. An arrival gets its entry, with what has come of its header.
func (s *bodySink) markBreaking() error {
	it := s.current
	if it.id != 0 {
		return s.mark([]store.ID{it.id}, store.Failed, 0)
	}
	b := s.Store.NewBatch()
	s.head.end()
	raw := s.head.at(0)
	e := s.newEntry(message{it.number, it.size, it.uid}, raw, s.reader)
	e.Flags = e.Flags.With(store.Pending | store.Failed)
	var err error
	if e.Body, err = writeBody(b, s.origin(e.UID), raw); err != nil {
		b.Rollback()
		return err
	}
	b.Add(&e)
	return commit(b)
}
