package servers

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"slices"
	"strings"

	"pop3mtm/cmd/bench/internal/numbers"
	"pop3mtm/cmd/bench/internal/workload"
	"pop3mtm/cmd/internal/cli"
	"pop3mtm/cmd/internal/peer"
	"pop3mtm/fakeserver/maildrop"
	"pop3mtm/fixtures"
	"pop3mtm/mtm/account"
)

// Names of the third-party servers.
const (
	DovecotName = "dovecot"
	MailpitName = "mailpit"
)

// foreign is a third-party server, which runs during all trials and has the mailbox for each user.
type foreign interface {
	PID() int
	Stop() error
}

// CheckNames returns an error for an unknown name of a server, a name that is given twice, and
// names beside a target.
func CheckNames(names, known []string, target string) error {
	if target != "" {
		if len(names) != 1 || names[0] != Simulator {
			return cli.Usage("--target and --server exclude each other")
		}
		return nil
	}
	for i, name := range names {
		if !slices.Contains(known, name) {
			return cli.Usage("--server takes %s, not %q", strings.Join(known, ", "), name)
		}
		if slices.Contains(names[:i], name) {
			return cli.Usage("--server has %s twice", name)
		}
	}
	if len(names) == 0 {
		return cli.Usage("--server is empty: it takes one or more of %s", strings.Join(known, ", "))
	}
	return nil
}

// foreignCost describes how CPU time and memory of a third-party server are measured.
const foreignCost = "CPU time and memory are those of all its processes, from /proc"

// Others starts third-party servers, which run during all trials.
type Others struct {
	Mailbox *workload.Mailbox
	TLS     account.TLS
	Mailpit string // path of the program, "" for the one on the PATH
}

// Start starts a server and checks that each user has the mailbox.
func (s Others) Start(ctx context.Context, name string, users int) (spec Spec, version string, stop func() error, err error) {
	list, err := s.Mailbox.List()
	if err != nil {
		return spec, "", nil, err
	}
	names := make([]string, users)
	for i := range names {
		names[i] = userName("demo", i, users)
	}
	var server foreign
	spec.Name = name
	switch name {
	case MailpitName:
		server, spec.Running, version, err = s.mailpit(ctx, list, names)
	case DovecotName:
		server, spec.Running, version, err = s.dovecot(ctx, list, names)
	}
	if err != nil {
		return spec, "", nil, err
	}
	version += "; " + foreignCost
	spec.Process = server.PID()
	for i := range names {
		uids, err := uidsOf(ctx, spec.Running.Numbered(i, users))
		if err == nil && len(uids) != list.Len() {
			err = fmt.Errorf("%s has %s instead of %d", name, numbers.Count(len(uids), "message"), list.Len())
		}
		if err != nil {
			return spec, "", nil, errors.Join(err, server.Stop())
		}
		if i == 0 {
			spec.UIDs = uids
		}
	}
	return spec, version, server.Stop, nil
}

// dovecot starts Dovecot. With one user it has mdbox, its fastest format. Several users have
// Maildirs, since an import into mdbox takes a process for each user.
func (s Others) dovecot(ctx context.Context, list maildrop.List, users []string) (foreign, *Login, string, error) {
	version, err := new(peer.Dovecot).Version(ctx)
	if err != nil {
		return nil, nil, "", err
	}
	var failed error
	mailboxes := map[string]iter.Seq[[]byte]{}
	for _, user := range users {
		mailboxes[user] = messagesOf(list, &failed)
	}
	o := &peer.DovecotOptions{Mdbox: len(users) == 1}
	format := ", Maildir"
	if o.Mdbox {
		format = ", mdbox"
	}
	secure := s.TLS != account.NoTLS
	ca := fixtures.NewCA()
	if secure {
		o.Certificate, o.Key = ca.KeyPair()
	}
	d, err := peer.StartDovecot(ctx, mailboxes, o)
	if err != nil || failed != nil {
		if err == nil {
			err = d.Stop()
		}
		return nil, nil, "", errors.Join(failed, err)
	}
	l := &Login{Account: d.Account("demo")}
	if secure {
		if s.TLS == account.Implicit {
			l.Account = d.SecureAccount("demo")
		}
		l.Security = account.Security{TLS: s.TLS, CA: d.File("ca.pem"), Name: certifiedHost}
		if err = os.WriteFile(l.Security.CA, ca.PEM(), 0o600); err != nil {
			return nil, nil, "", errors.Join(err, d.Stop())
		}
	}
	return d, l, version + format, nil
}

// mailpit starts Mailpit and sends the mail to it. All users share one mailbox.
func (s Others) mailpit(ctx context.Context, list maildrop.List, users []string) (foreign, *Login, string, error) {
	if s.TLS != account.NoTLS {
		return nil, nil, "", cli.Usage("--tls does not work with Mailpit, which is started without a certificate: leave out --tls or Mailpit")
	}
	path, err := peer.MailpitProgram(s.Mailpit)
	if err != nil {
		return nil, nil, "", err
	}
	version, err := peer.MailpitVersion(ctx, path)
	if err != nil {
		return nil, nil, "", err
	}
	if list.Len() > peer.MailpitShows {
		return nil, nil, "", cli.Usage("Mailpit shows only its newest %d messages: use --messages %d at most", peer.MailpitShows, peer.MailpitShows)
	}
	var failed error
	m, err := peer.StartMailpit(ctx, path, users, messagesOf(list, &failed))
	if err != nil || failed != nil {
		if err == nil {
			err = m.Stop()
		}
		return nil, nil, "", errors.Join(failed, err)
	}
	return m, &Login{Account: m.Account("demo")}, "Mailpit, " + version, nil
}

// messagesOf returns the octets of all messages. When one cannot be read it sets failed and ends.
func messagesOf(list maildrop.List, failed *error) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for i := range list.Len() {
			m, err := maildrop.Read(list.At(i))
			if err != nil {
				*failed = err
				return
			}
			if !yield(m) {
				return
			}
		}
	}
}

// uidsOf returns the UIDs of a mailbox on a server, in the order of the messages.
func uidsOf(ctx context.Context, l Login) ([]string, error) {
	s, err := logIn(ctx, l)
	if err != nil {
		return nil, err
	}
	defer func() { _ = s.Close() }() // after QUIT it does nothing
	rows, err := s.Uidl(ctx)
	if err != nil {
		return nil, err
	}
	uids := make([]string, len(rows))
	for i, row := range rows {
		uids[i] = row.UID
	}
	return uids, s.Quit(ctx)
}

// Renamed is a list of messages with the UIDs that another server gave them.
type Renamed struct {
	maildrop.List
	UIDs []string
}

// At implements maildrop.List.
func (r Renamed) At(i int) maildrop.Message { return renamedMessage{r.List.At(i), r.UIDs[i]} }

type renamedMessage struct {
	maildrop.Message
	uid string
}

func (m renamedMessage) UID() string { return m.uid }
