package store

import (
	"errors"
	"fmt"

	"zombiezen.com/go/sqlite"
)

// nearlyFull is the free space that SQLite needs to open an index, in octets.
const nearlyFull = 64 << 10

// sqlError is an error of SQLite.
type sqlError struct {
	code sqlite.ResultCode // the primary one
	text string
}

func (e sqlError) Error() string {
	if e.code == sqlite.ResultIOErr {
		return "the system could not read or write the index: " + e.text
	}
	return e.text
}

// primaryCode returns SQLite's primary result code in err, or ResultOK.
func primaryCode(err error) sqlite.ResultCode {
	e, _ := errors.AsType[sqlError](err)
	return e.code
}

// indexError wraps an error of SQLite in the store's error for it. dir is the store's directory.
func indexError(dir string, err error) error {
	if err == nil {
		return nil
	}
	told := sqlError{sqlite.ErrCode(err).ToPrimary(), innermost(err).Error()}
	switch told.code {
	case sqlite.ResultBusy, sqlite.ResultLocked:
		return fmt.Errorf("%w by another program; try again when it has finished (%w)", ErrLocked, told)
	case sqlite.ResultCorrupt, sqlite.ResultNotADB:
		return fmt.Errorf("%w: the index cannot be read (%w); 'mtm salvage' recovers what is intact into a new store", ErrCorrupt, told)
	case sqlite.ResultFull:
		return fmt.Errorf("%w: %w", ErrDiskFull, told)
	case sqlite.ResultPerm, sqlite.ResultReadOnly, sqlite.ResultIOErr, sqlite.ResultCantOpen:
		// SQLite does not say why, so ask the system.
		if free, err := freeSpace(dir); err == nil && free < nearlyFull {
			return fmt.Errorf("%w: %w", ErrDiskFull, told)
		}
		if err := writable(dir); err != nil {
			return fmt.Errorf("%w: %w (%w)", ErrReadOnly, err, told)
		}
	}
	return told
}

// innermost returns the error that err and the errors in it wrap. The layers around it say what the
// program did, and not what is wrong.
func innermost(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}

// notTaken reports whether a COMMIT that failed with err has certainly changed nothing.
func notTaken(err error) bool {
	switch primaryCode(err) {
	case sqlite.ResultBusy, sqlite.ResultLocked, sqlite.ResultFull:
		return true
	}
	return false
}
