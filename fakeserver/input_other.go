//go:build !unix

package fakeserver

// canTry reports whether tryRead works on this system.
const canTry = false

// tryRead is not called.
func tryRead(uintptr, []byte) (int, error) { return 0, errNothingYet }
