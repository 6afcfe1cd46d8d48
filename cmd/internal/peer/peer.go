// Package peer runs third-party mail programs, so that tests and the bench can compare ours with
// them: clients that fetch a mailbox over POP3 (curl, Python's poplib, mpop, fetchmail, getmail6),
// and the servers Dovecot and Mailpit.
//
// The user's configuration is neither read nor written: each run gets its settings in
// a directory of its own.
package peer

import (
	"errors"
	"fmt"
	"os/exec"
	"testing"

	"pop3mtm/internal/need"
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

// TLS says how a connection is protected.
type TLS string

// The values of TLS. The zero value means no protection.
const (
	STLS     TLS = "stls"     // TLS after the command STLS on a plain connection
	Implicit TLS = "implicit" // TLS from the first octet on
)

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

// Need ends the test when err is not nil. A missing program skips the test, unless the environment
// variable CI is "true": then the test fails.
func Need(t testing.TB, err error) {
	t.Helper()
	if errors.Is(err, ErrMissing) {
		need.Missing(t, err)
	}
	if err != nil {
		t.Fatal(err)
	}
}
