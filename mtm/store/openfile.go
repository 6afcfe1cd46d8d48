package store

import (
	"fmt"
	"os"
)

// openFile opens a file of the store that exists. Nothing else is opened: a named pipe would block until
// somebody writes into it.
func openFile(path string, flag int) (*os.File, error) {
	f, err := os.OpenFile(path, flag|noWait, 0)
	if err != nil {
		return nil, err
	}
	st, err := f.Stat()
	if err == nil && !st.Mode().IsRegular() {
		err = fmt.Errorf("%s: %w: it is not a regular file", path, ErrNotStore)
	}
	if err != nil {
		_ = f.Close() // nothing was done with it
		return nil, err
	}
	return f, nil
}
