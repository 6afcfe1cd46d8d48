package store

import (
	"errors"
	"fmt"
	"strings"

	"modernc.org/sqlite"
)

// The primary result codes of SQLite that have a meaning of ours.
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

// nearlyFull is what SQLite needs to open an index: less room explains why it could not.
const nearlyFull = 64 << 10

// sqlError is an error of SQLite without its number, which says nothing to people.
type sqlError struct{ err *sqlite.Error }

func (e sqlError) Unwrap() error { return e.err }

func (e sqlError) Error() string {
	text := strings.TrimSuffix(e.err.Error(), fmt.Sprintf(" (%d)", e.err.Code()))
	if e.err.Code()&0xff == sqliteIOErr {
		return "the system could not read or write the index: " + text
	}
	return text
}

// primaryCode is the result code of SQLite in err, 0 for none.
func primaryCode(err error) int {
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return e.Code() & 0xff
	}
	return 0
}

// indexError gives an error of SQLite its meaning; dir is the store's.
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
		return fmt.Errorf("%w: the index cannot be read (%w); 'mtm salvage' brings what is whole into a new store", ErrCorrupt, told)
	case sqliteFull:
		return fmt.Errorf("%w: %w", ErrDiskFull, told)
	case sqlitePerm, sqliteReadOnly, sqliteIOErr, sqliteCantOpen:
		// SQLite does not say why: the system does.
		if free, err := freeSpace(dir); err == nil && free < nearlyFull {
			return fmt.Errorf("%w: %w", ErrDiskFull, told)
		}
		if err := writable(dir); err != nil {
			return fmt.Errorf("%w: %w (%w)", ErrReadOnly, err, told)
		}
	}
	return told
}

// notTaken reports whether a COMMIT that failed so has left nothing for certain.
func notTaken(err error) bool {
	switch primaryCode(err) {
	case sqliteBusy, sqliteLocked, sqliteFull:
		return true
	}
	return false
}
