package store

import "errors"

// Errors of a store; test for them with errors.Is. The errors that carry them
// name the place and say what to do.
var (
	// ErrNotStore: the path is a file, or a folder that holds something else. Nothing was written.
	ErrNotStore = errors.New("not a message store")
	// ErrNewer: a newer version of this program wrote the store. Nothing was changed.
	ErrNewer = errors.New("message store of a newer version")
	// ErrLocked: another process held the index for longer than Options.BusyTimeout.
	ErrLocked = errors.New("message store is locked")
	// ErrCorrupt: the index or a body is not what was written.
	ErrCorrupt = errors.New("message store is damaged")
	// ErrNotFound: no entry, part or parent with that id.
	ErrNotFound = errors.New("no such entry")
	// ErrNoBody: the entry has no bytes stored.
	ErrNoBody = errors.New("entry has no body")
	// ErrDiskFull: the volume or the quota is full; nothing of the batch is visible.
	ErrDiskFull = errors.New("disk full")
	// ErrReadOnly: the store was opened with Options.ReadOnly, or the user may
	// not write where it lies.
	ErrReadOnly = errors.New("message store can only be read")
	// ErrStaleBody: a Body taken from an older Entry is no longer where it was;
	// read the entry again.
	ErrStaleBody = errors.New("body was moved or reclaimed")
	// ErrSending: the message is not in the sending state that the change needs;
	// read the entry again.
	ErrSending = errors.New("message is in another sending state")
	// ErrLeased: another program is sending the message, or has taken over its lease.
	ErrLeased = errors.New("message is being sent by another program")
	// ErrFixedEntry: the entries of a new store can be neither deleted nor moved.
	ErrFixedEntry = errors.New("entry belongs to the store itself")
	// ErrClosed: the store, batch or writer was closed, committed or rolled back before.
	ErrClosed = errors.New("already closed")
)
