package maildrop

import (
	"errors"
	"io/fs"
)

// ErrFormat is wrapped by the error of an opener whose path has the wrong format:
// an mbox without a "From " line, a directory that is not a Maildir.
var ErrFormat = errors.New("wrong format")

// ErrChanged is wrapped by the error of Message.Open when the file has changed since
// it was listed.
var ErrChanged = errors.New("changed on disk since it was listed")

// ErrOtherList is wrapped by the error of RemoveAt for a list of another source.
var ErrOtherList = errors.New("the list belongs to another source")

// PathError reports what is wrong with the mail at Path and what to do about it,
// in one line. Unwrap returns ErrFormat or the cause.
type PathError struct {
	Path string
	Text string
	Err  error
}

func (e *PathError) Error() string { return e.Path + ": " + e.Text }

// Unwrap returns the cause.
func (e *PathError) Unwrap() error { return e.Err }

// unreadable turns an error of the operating system about path into a PathError.
func unreadable(path string, err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return &PathError{path, "does not exist; check the path", err}
	case errors.Is(err, fs.ErrPermission):
		return &PathError{path, "permission denied; check the permissions of the file", err}
	}
	if cause, ok := errors.AsType[*fs.PathError](err); ok {
		return &PathError{path, cause.Err.Error(), err}
	}
	return &PathError{path, err.Error(), err}
}
