package cli

import (
	"errors"
	"syscall"
)

// errorNoData is ERROR_NO_DATA: the pipe is being closed.
const errorNoData = syscall.Errno(232)

func isClosedPipe(err error) bool {
	return errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ERROR_BROKEN_PIPE) || errors.Is(err, errorNoData)
}
