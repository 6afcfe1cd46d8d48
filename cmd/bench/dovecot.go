package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"

	"pop3mtm/cmd/internal/cli"
	"pop3mtm/cmd/internal/peer"
	"pop3mtm/fakeserver/maildrop"
)

const dovecotName = "dovecot"

// checkServers refuses names of servers that are none.
func checkServers(names []string, target string) error {
	known := []string{simulatorName, dovecotName}
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

// withServers finds the servers with these names for as long as f runs. Ours are started for each visit; Dovecot runs
// all the time, with the mailbox for each user, and has looked at it once: making its index is not what is measured.
func (s *setup) withServers(ctx context.Context, names []string, users int, f func([]serverSpec, []participant) error) (err error) {
	var servers []serverSpec
	var versions []participant
	for _, name := range names {
		if name != dovecotName {
			server, err := s.server()
			if err != nil {
				return err
			}
			version := "built into the bench, " + cli.Version()
			switch {
			case s.target != "":
				version = "whatever answers there"
			case s.pop3sim != "":
				version = s.pop3sim
			}
			servers, versions = append(servers, server), append(versions, participant{Name: server.Name, Version: version})
			continue
		}
		d, version, err := s.startDovecot(ctx, users)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, d.Stop()) }()
		l := login{Account: d.Account("demo")}
		uids, err := uidsOf(ctx, l.numbered(0, users))
		if err != nil {
			return err
		}
		servers = append(servers, serverSpec{Name: dovecotName, Running: &l, UIDs: uids})
		versions = append(versions, participant{Name: dovecotName, Version: version + ", Maildir; its CPU time and memory are not told apart"})
	}
	return f(servers, versions)
}

func (s *setup) startDovecot(ctx context.Context, users int) (*peer.Dovecot, string, error) {
	list, err := s.box.list()
	if err != nil {
		return nil, "", err
	}
	version, err := new(peer.Dovecot).Version(ctx)
	if err != nil {
		return nil, "", err
	}
	var failed error
	mailboxes := map[string]iter.Seq[[]byte]{}
	for i := range users {
		mailboxes[userName("demo", i, users)] = messagesOf(list, &failed)
	}
	d, err := peer.StartDovecot(ctx, mailboxes)
	if err != nil {
		return nil, "", errors.Join(err, failed)
	}
	for i := range users {
		l := login{Account: d.Account("demo")}.numbered(i, users)
		n, err := countMessages(ctx, l)
		if err == nil && n != list.Len() {
			err = fmt.Errorf("dovecot has %s, and should have %d", count(n, "message"), list.Len())
		}
		if err != nil {
			return nil, "", errors.Join(err, failed, d.Stop())
		}
	}
	return d, version, failed
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
