package main

import (
	"errors"
	"syscall"
)

// wsaAddressInUse is WSAEADDRINUSE.
const wsaAddressInUse = syscall.Errno(10048)

func isInUse(err error) bool { return errors.Is(err, wsaAddressInUse) }
