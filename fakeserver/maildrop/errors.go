package maildrop

import (
	"errors"
	"io/fs"
)

// ErrFormat is in the error of an opener whose path is not what it should be:
// an mbox without a "From " line, a folder that is not a Maildir.
var ErrFormat = errors.New("wrong format")

// ErrChanged is in the error of Message.Open when the file is not the one that
// was listed.
var ErrChanged = errors.New("changed on disk since it was listed")

// ErrOtherList is in the error of RemoveAt for a list of another source.
var ErrOtherList = errors.New("the list is another source's")

// PathError says what is wrong with the mail at Path and what to do about it,
// in one line. Unwrap gives ErrFormat or the cause.
type PathError struct {
	Path string
	Text string
	Err  error
}

func (e *PathError) Error() string { return e.Path + ": " + e.Text }

// Unwrap returns the cause.
func (e *PathError) Unwrap() error { return e.Err }

// unreadable puts what the system said about path into words.
func unreadable(path string, err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return &PathError{path, "does not exist; check the path", err}
	case errors.Is(err, fs.ErrPermission):
		return &PathError{path, "may not be read; check its permissions", err}
	}
	if cause, ok := errors.AsType[*fs.PathError](err); ok {
		return &PathError{path, cause.Err.Error(), err}
	}
	return &PathError{path, err.Error(), err}
}
