package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"slices"
	"strings"

	"pop3mtm/cmd/internal/cli"
	"pop3mtm/cmd/internal/peer"
	"pop3mtm/fakeserver/maildrop"
	"pop3mtm/fixtures"
	"pop3mtm/mtm/account"
)

// Names of the servers of others.
const (
	dovecotName = "dovecot"
	mailpitName = "mailpit"
)

// foreign is a server of others. It runs all the time, with the mailbox for each user.
type foreign interface {
	PID() int
	Stop() error
}

// checkServers refuses names of servers that are none of these.
func checkServers(names, known []string, target string) error {
	if target != "" {
		if len(names) != 1 || names[0] != simulatorName {
			return cli.Usage("--target and --server exclude each other")
		}
		return nil
	}
	for i, name := range names {
		if !slices.Contains(known, name) {
			return cli.Usage("--server knows %s, not %q", strings.Join(known, ", "), name)
		}
		if slices.Contains(names[:i], name) {
			return cli.Usage("--server names %s twice", name)
		}
	}
	if len(names) == 0 {
		return cli.Usage("--server is empty")
	}
	return nil
}

// withServers finds the servers with these names for as long as f runs. Ours are started for each visit; those of others
// run all the time, with the mailbox for each user, and have looked at it once: making an index is not what is measured.
func (s *setup) withServers(ctx context.Context, names []string, users int, f func([]serverSpec, []participant) error) (err error) {
	var servers []serverSpec
	var versions []participant
	for _, name := range names {
		if name == simulatorName {
			server, about, err := s.simulator()
			if err != nil {
				return err
			}
			servers, versions = append(servers, server), append(versions, about)
			continue
		}
		server, about, stop, err := s.startForeign(ctx, name, users)
		if s.leaveOut && missing(err) {
			s.notes = append(s.notes, fmt.Sprintf("%s was left out: %v.", name, err))
			continue
		}
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, stop()) }()
		servers, versions = append(servers, server), append(versions, about)
	}
	return f(servers, versions)
}

// simulator is our server, or the target.
func (s *setup) simulator() (serverSpec, participant, error) {
	server, err := s.server()
	about := participant{Name: server.Name, Version: "built into the bench, " + cli.Version()}
	switch {
	case s.target != "":
		about.Version = "whatever answers there"
	case s.pop3sim != "":
		about.Version = s.pop3sim
	}
	return server, about, err
}

// foreignCost says how what a server of others costs is known.
const foreignCost = "CPU time and memory are those of its processes together, from /proc"

// startForeign starts a server of others and looks whether each user has the mailbox.
func (s *setup) startForeign(ctx context.Context, name string, users int) (spec serverSpec, about participant, stop func() error, err error) {
	list, err := s.box.list()
	if err != nil {
		return spec, about, nil, err
	}
	names := make([]string, users)
	for i := range names {
		names[i] = userName("demo", i, users)
	}
	var server foreign
	about.Name, spec.Name = name, name
	switch name {
	case mailpitName:
		server, spec.Running, about.Version, err = s.startMailpit(ctx, list, names)
	case dovecotName:
		server, spec.Running, about.Version, err = s.startDovecot(ctx, list, names)
	}
	if err != nil {
		return spec, about, nil, err
	}
	about.Version += "; " + foreignCost
	spec.Process = server.PID()
	for i := range names {
		uids, err := uidsOf(ctx, spec.Running.numbered(i, users))
		if err == nil && len(uids) != list.Len() {
			err = fmt.Errorf("%s has %s, and should have %d", name, count(len(uids), "message"), list.Len())
		}
		if err != nil {
			return spec, about, nil, errors.Join(err, server.Stop())
		}
		if i == 0 {
			spec.UIDs = uids
		}
	}
	return spec, about, server.Stop, nil
}

// startDovecot takes Dovecot's fastest format for one mailbox. An import takes a process for each user, so many of them,
// whose mail is not fetched, have Maildirs.
func (s *setup) startDovecot(ctx context.Context, list maildrop.List, users []string) (foreign, *login, string, error) {
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
	secure := s.tls != string(account.NoTLS)
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
	l := &login{Account: d.Account("demo")}
	if secure {
		if account.TLS(s.tls) == account.Implicit {
			l.Account = d.SecureAccount("demo")
		}
		l.Security = account.Security{TLS: account.TLS(s.tls), CA: d.File("ca.pem"), Name: certifiedHost}
		if err = os.WriteFile(l.Security.CA, ca.PEM(), 0o600); err != nil {
			return nil, nil, "", errors.Join(err, d.Stop())
		}
	}
	return d, l, version + format, nil
}

// startMailpit sends Mailpit the mail. All users share it.
func (s *setup) startMailpit(ctx context.Context, list maildrop.List, users []string) (foreign, *login, string, error) {
	if s.tls != string(account.NoTLS) {
		return nil, nil, "", cli.Usage("--tls: Mailpit is started without a certificate")
	}
	path, err := peer.MailpitProgram(s.mailpit)
	if err != nil {
		return nil, nil, "", err
	}
	version, err := peer.MailpitVersion(ctx, path)
	if err != nil {
		return nil, nil, "", err
	}
	if list.Len() > peer.MailpitShows {
		return nil, nil, "", cli.Usage("Mailpit shows a session its newest %d messages only: take --messages %d at most", peer.MailpitShows, peer.MailpitShows)
	}
	var failed error
	m, err := peer.StartMailpit(ctx, path, users, messagesOf(list, &failed))
	if err != nil || failed != nil {
		if err == nil {
			err = m.Stop()
		}
		return nil, nil, "", errors.Join(failed, err)
	}
	return m, &login{Account: m.Account("demo")}, "Mailpit, " + version, nil
}

// messagesOf gives the octets of all messages until one cannot be had.
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

// uidsOf are the UIDs that a server has given to a mailbox.
func uidsOf(ctx context.Context, l login) ([]string, error) {
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

// renamed is a list whose messages have the UIDs that another server has given them.
type renamed struct {
	maildrop.List
	uids []string
}

func (r renamed) At(i int) maildrop.Message { return renamedMessage{r.List.At(i), r.uids[i]} }

type renamedMessage struct {
	maildrop.Message
	uid string
}

func (m renamedMessage) UID() string { return m.uid }
