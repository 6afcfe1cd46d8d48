// Package peer runs third-party mail programs, so that tests and the bench can compare ours with
// them: clients that fetch a mailbox over POP3 (curl, Python's poplib, mpop, fetchmail, getmail6),
// and the servers Dovecot and Mailpit.
//
// The user's configuration is neither read nor written: each run gets its settings in
// a directory of its own.
package peer

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
)

// ErrMissing means that a program is not installed. The error that wraps it names the program
// and its Debian package.
var ErrMissing = errors.New("not installed")

// Account holds what a client needs to log in with USER and PASS.
type Account struct {
	Host     string // with TLS, the name that the certificate must have
	Port     int
	User     string
	Password string
	TLS      TLS    `json:",omitempty"`
	CA       string `json:",omitempty"` // PEM file of the certificate authority to trust; "" = those of the system
}

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

// Refusal describes a message that a client could not fetch.
type Refusal struct {
	Message string // its number or UID, as the program printed it
	Text    string // what the program said
}

// Refused is the error of a Fetch that could not fetch some messages and fetched the others. It
// lists them in the order of the server.
type Refused []Refusal

// Error returns the number of refused messages, and the first of them.
func (r Refused) Error() string {
	return fmt.Sprintf("%d messages not fetched, the first is %s: %s", len(r), r[0].Message, r[0].Text)
}

// program returns the path of an installed program, or ErrMissing with the name
// of its Debian package.
func program(name, debian string) (string, error) {
	path, err := exec.LookPath(name)
	if err != nil {
		return "", fmt.Errorf("%s is %w; Debian has it in the package %s", name, ErrMissing, debian)
	}
	return path, nil
}
