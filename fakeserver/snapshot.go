package fakeserver

import "pop3mtm/fakeserver/maildrop"

// Snapshot describes the mail that a maildrop had at some time.
type Snapshot struct {
	Messages int
	Octets   int64
	// UIDs are the unique-ids of the first messages, at most SnapshotMessages.
	UIDs []string
}

// SnapshotMessages limits the unique-ids of a Snapshot.
const SnapshotMessages = 100

func snapshot(list maildrop.List) *Snapshot {
	s := &Snapshot{Messages: list.Len(), Octets: list.Octets()}
	for i := range min(s.Messages, SnapshotMessages) {
		s.UIDs = append(s.UIDs, behind(list.At(i)).UID())
	}
	return s
}

// found records the mail that a session found at login.
func (r *recorder) found(list maildrop.List) {
	if !r.timed || r.limit == 0 {
		return
	}
	r.journal.head.Before = snapshot(list)
}

// left records the mail that a session left at its end. What cannot be listed is not recorded.
func (r *recorder) left(now func() (maildrop.List, error)) {
	if !r.timed || r.limit == 0 {
		return
	}
	list, err := now()
	if err != nil {
		return
	}
	r.journal.head.After = snapshot(list)
}
