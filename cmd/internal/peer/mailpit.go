package peer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/emersion/go-smtp"
)

// Mailpit is a running Mailpit, a mail catcher in Go that also serves POP3, with its database in a
// temporary directory. All users have the same mailbox: the newest MailpitShows messages, each with
// header lines that Mailpit adds at the top.
type Mailpit struct {
	*daemon
	port int
}

// MailpitShows is the largest number of messages in a POP3 session of Mailpit.
const MailpitShows = 100

// mailpitModule is the module that 'go install' builds Mailpit from, in the
// version that was tested.
const mailpitModule = "github.com/axllent/mailpit@v1.33.1"

// MailpitProgram returns the path of Mailpit: the given one, or that of "mailpit" on
// the PATH when path is "".
func MailpitProgram(path string) (string, error) {
	name := path
	if name == "" {
		name = "mailpit"
	}
	found, err := exec.LookPath(name)
	if err != nil {
		return "", fmt.Errorf("%s is %w; 'go install %s' builds it", name, ErrMissing, mailpitModule)
	}
	return filepath.Abs(found)
}

// MailpitVersion returns what the program prints as its version.
func MailpitVersion(ctx context.Context, path string) (string, error) {
	out, err := run(ctx, command(ctx, os.TempDir(), path, "version", "--no-release-check"))
	line, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	return line, err
}

// StartMailpit starts Mailpit for users with the password demo, and sends it the messages over
// SMTP. It blocks until the server has all of them; the caller must Stop it.
func StartMailpit(ctx context.Context, path string, users []string, messages iter.Seq[[]byte]) (*Mailpit, error) {
	var ports [3]int
	for i := range ports {
		port, err := freePort(ctx)
		if err != nil {
			return nil, err
		}
		ports[i] = port
	}
	home, err := os.MkdirTemp("", "mailpit")
	if err != nil {
		return nil, err
	}
	var logins bytes.Buffer
	for _, user := range users {
		fmt.Fprintf(&logins, "%s:%s\n", user, foreignPassword)
	}
	file := filepath.Join(home, "users")
	if err = settings(file, logins.String()); err != nil {
		return nil, errors.Join(err, os.RemoveAll(home))
	}
	at := func(i int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(ports[i])) }
	d, err := startDaemon(ctx, home, path, "--quiet", "--database", filepath.Join(home, "mail.db"), "--max", "0", "--disable-version-check",
		"--listen", at(0), "--smtp", at(1), "--pop3", at(2), "--pop3-auth-file", file)
	if err != nil {
		return nil, err
	}
	m := &Mailpit{d, ports[2]}
	if err = m.answer(ctx, m.port); err == nil {
		err = sendAll(at(1), messages)
	}
	if err != nil {
		return nil, errors.Join(err, m.Stop())
	}
	return m, nil
}

// Account returns how a client logs in as one of the users.
func (m *Mailpit) Account(user string) Account {
	return Account{Host: "127.0.0.1", Port: m.port, User: user, Password: foreignPassword}
}

// sendAll sends messages one after another on one connection.
func sendAll(address string, messages iter.Seq[[]byte]) (err error) {
	c, err := smtp.Dial(address)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }() // after QUIT the connection is closed already
	for m := range messages {
		if err = c.SendMail("sender@example.org", []string{"demo@example.org"}, bytes.NewReader(m)); err != nil {
			return err
		}
	}
	return c.Quit()
}
