package store

import "errors"

// The errors of a store. Test for them with errors.Is: the errors that wrap them name the place and
// say what to do.
var (
	// ErrNotStore means that the path is a file, or a directory with other content. Nothing was
	// written.
	ErrNotStore = errors.New("not a message store")
	// ErrNewer means that a newer version of this program wrote the store. Nothing was changed.
	ErrNewer = errors.New("message store of a newer version")
	// ErrLocked means that another process locked the index for longer than Options.BusyTimeout.
	ErrLocked = errors.New("message store is locked")
	// ErrCorrupt means that the index or a body is damaged.
	ErrCorrupt = errors.New("message store is damaged")
	// ErrNotFound means that an entry does not exist.
	ErrNotFound = errors.New("no such entry")
	// ErrNoBody means that the entry has no body.
	ErrNoBody = errors.New("entry has no body")
	// ErrDiskFull means that the volume or the quota is full. Nothing of the batch is visible.
	ErrDiskFull = errors.New("disk full")
	// ErrReadOnly means that the store was opened with Options.ReadOnly, or that the user cannot
	// write to it.
	ErrReadOnly = errors.New("message store is read-only")
	// ErrStaleBody means that a Body from an older Entry has moved. Read the entry again.
	ErrStaleBody = errors.New("body was moved or reclaimed")
	// ErrSending means that the message is not in the sending state that the change needs. Read the
	// entry again.
	ErrSending = errors.New("message is in another sending state")
	// ErrLeased means that another program is sending the message, or has taken over its lease.
	ErrLeased = errors.New("message is being sent by another program")
	// ErrFixedEntry means that a built-in entry would be deleted or moved.
	ErrFixedEntry = errors.New("it is a built-in entry of every store")
	// ErrClosed means that the store, batch, reader or writer was already closed, committed or
	// rolled back.
	ErrClosed = errors.New("already closed")
)
