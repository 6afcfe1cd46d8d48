package store

import (
	"errors"
	"fmt"
	"strings"

	"modernc.org/sqlite"
)

// The primary result codes of SQLite that the store handles.
const (
	sqlitePerm     = 3
	sqliteBusy     = 5
	sqliteLocked   = 6
	sqliteReadOnly = 8
	sqliteIOErr    = 10
	sqliteCorrupt  = 11
	sqliteFull     = 13
	sqliteCantOpen = 14
	sqliteNotADB   = 26
)

// nearlyFull is the free space that SQLite needs to open an index, in octets.
const nearlyFull = 64 << 10

// sqlError is an error of SQLite whose text omits the result code.
type sqlError struct{ err *sqlite.Error }

func (e sqlError) Unwrap() error { return e.err }

func (e sqlError) Error() string {
	text := strings.TrimSuffix(e.err.Error(), fmt.Sprintf(" (%d)", e.err.Code()))
	if e.err.Code()&0xff == sqliteIOErr {
		return "the system could not read or write the index: " + text
	}
	return text
}

// primaryCode returns SQLite's primary result code in err, or 0.
func primaryCode(err error) int {
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return e.Code() & 0xff
	}
	return 0
}

// indexError wraps an error of SQLite in the store's error for it. dir is the store's directory.
func indexError(dir string, err error) error {
	e, ok := errors.AsType[*sqlite.Error](err)
	if !ok {
		return err
	}
	told := sqlError{e}
	switch primaryCode(err) {
	case sqliteBusy, sqliteLocked:
		return fmt.Errorf("%w by another program; try again when it has finished (%w)", ErrLocked, told)
	case sqliteCorrupt, sqliteNotADB:
		return fmt.Errorf("%w: the index cannot be read (%w); 'mtm salvage' recovers what is intact into a new store", ErrCorrupt, told)
	case sqliteFull:
		return fmt.Errorf("%w: %w", ErrDiskFull, told)
	case sqlitePerm, sqliteReadOnly, sqliteIOErr, sqliteCantOpen:
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

// notTaken reports whether a COMMIT that failed with err has certainly changed nothing.
func notTaken(err error) bool {
	switch primaryCode(err) {
	case sqliteBusy, sqliteLocked, sqliteFull:
		return true
	}
	return false
}
