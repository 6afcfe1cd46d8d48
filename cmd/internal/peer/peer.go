// Package peer runs mail programs that others wrote, so that tests and the bench can hold ours
// against them: clients that fetch a mailbox over POP3 (curl, Python's poplib, mpop, fetchmail,
// getmail6), and Dovecot as a server.
//
// Nothing of the user's own configuration is read or written: each run gets its settings in a
// folder of its own.
package peer

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
)

// ErrMissing says that a program is not installed; the error that wraps it names the program and
// its Debian package.
var ErrMissing = errors.New("not installed")

// Account is where a client logs in, with USER and PASS.
type Account struct {
	Host     string // with TLS the certificate must be for it
	Port     int
	User     string
	Password string
	TLS      TLS    `json:",omitempty"`
	CA       string `json:",omitempty"` // file with the authority to trust, PEM; "" for those that the system trusts
}

// Client is one mail program with the settings under which it keeps most of the bytes it is given.
type Client interface {
	// Name is short and fit for a table, as "mpop to mbox".
	Name() string
	// Version runs the program and returns what it calls itself, in one line.
	Version(ctx context.Context) (string, error)
	// Encrypts reports whether the program can protect its line in this way.
	Encrypts(TLS) bool
	// Fetch copies every message of the account below dir, an empty folder, and leaves the messages
	// on the server. It blocks until the program has ended; when ctx ends first the program is
	// killed. Messages that the program could not fetch while it went on with the rest are an error
	// of type Refused.
	Fetch(ctx context.Context, a Account, dir string) error
	// Read returns the messages that Fetch stored below dir, in the order of the server, without
	// those it refused.
	Read(dir string) ([][]byte, error)
	// Alters says in words what the program changes in a message; "" when it keeps every byte.
	Alters() string
	// Refuses says why the program cannot fetch this message; "" when it can.
	Refuses(served []byte) string
	// Check returns nil when stored is exactly what the program makes of served, message by
	// message: the same octets but for what Alters names. Messages that the program refuses are
	// left out of both.
	Check(ctx context.Context, served, stored [][]byte) error
}

// Clients returns every client of this package with the settings it is tested with.
func Clients() []Client {
	return []Client{Curl{}, Poplib{}, Mpop{}, Mpop{Mbox: true}, Fetchmail{}, Fetchmail{BSMTP: true}, Getmail{}, Getmail{Mbox: true}}
}

// Refusal is one message that a client could not fetch.
type Refusal struct {
	Message string // what the program calls it: its number, or its UID
	Text    string // what the program said
}

// Refused is the error of a Fetch that went on after messages it could not fetch, in the order of
// the server.
type Refused []Refusal

// Error names the first refused message and the number of them.
func (r Refused) Error() string {
	return fmt.Sprintf("%d messages not fetched, the first is %s: %s", len(r), r[0].Message, r[0].Text)
}

// program returns the path of an installed program, or ErrMissing with the name of the Debian
// package that has it.
func program(name, debian string) (string, error) {
	path, err := exec.LookPath(name)
	if err != nil {
		return "", fmt.Errorf("%s is %w; Debian has it in the package %s", name, ErrMissing, debian)
	}
	return path, nil
}
