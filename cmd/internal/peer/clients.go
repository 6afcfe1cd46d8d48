package peer

import "context"

// Client is one mail program, with the settings that change messages least.
type Client interface {
	// Name returns a short name for tables, such as "mpop to mbox".
	Name() string
	// Version runs the program and returns its version on one line.
	Version(ctx context.Context) (string, error)
	// Encrypts reports whether the program supports this kind of TLS.
	Encrypts(TLS) bool
	// Fetch copies every message of the account to the empty directory dir, and leaves the
	// messages on the server. It blocks until the program has ended; when ctx ends first the
	// program is killed. When the program could not fetch some messages but fetched the others,
	// the error is a Refused.
	Fetch(ctx context.Context, a Account, dir string) error
	// Read returns the messages that Fetch stored in dir, in the order of the
	// server, without refused ones.
	Read(dir string) ([][]byte, error)
	// Alters returns in words what the program changes in a message; "" when it keeps every byte.
	Alters() string
	// Refuses returns why the program cannot fetch this message; "" when it can.
	Refuses(served []byte) string
	// Check returns nil when stored has, message by message, the same octets as served, except for
	// the changes of Alters. Both lack the messages that the program refuses.
	Check(ctx context.Context, served, stored [][]byte) error
}

// Clients returns every client of this package, with the settings of the tests.
func Clients() []Client {
	return []Client{Curl{}, Poplib{}, Mpop{}, Mpop{Mbox: true}, Fetchmail{}, Fetchmail{BSMTP: true}, Getmail{}, Getmail{Mbox: true}}
}
