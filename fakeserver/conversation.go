package fakeserver

import (
	"errors"
	"strings"
)

// conversation is the exchange of a mechanism with one client. It has the methods of a
// sasl.Server, and reports who has logged in.
type conversation struct {
	next func(response []byte) (challenge []byte, done bool, err error)
	who  *identity
}

// identity holds the user that a mechanism has authenticated, once it is done.
type identity struct {
	name string
	user User
}

// cutLast splits at the last space, since a name may contain spaces.
func cutLast(args string) (before, after string, ok bool) {
	i := strings.LastIndexByte(args, ' ')
	if i < 0 {
		return args, "", false
	}
	return args[:i], args[i+1:], true
}

// errResponse is a response that a mechanism cannot read.
var errResponse = errors.New("malformed response")

// authentication is an AUTH exchange that waits for the client.
type authentication struct {
	mechanism string
	conversation
}
