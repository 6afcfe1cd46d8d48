package fakeserver

import "strings"

// State is a state of RFC 1939 section 3, or the time before the greeting.
type State int

const (
	// Connecting is before the greeting.
	Connecting State = 1 << iota
	// Authorization is before login.
	Authorization
	// Transaction is from login to the end.
	Transaction
	// Update is after QUIT, when the connection is about to be closed.
	Update
)

// String returns the name, or the names of several states joined by |.
func (s State) String() string {
	var names []string
	for i, name := range []string{"CONNECT", "AUTHORIZATION", "TRANSACTION", "UPDATE"} {
		if s&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	if names == nil {
		return "unknown state"
	}
	return strings.Join(names, "|")
}
