package main

import (
	"context"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"pop3mtm/cmd/internal/cli"
	"pop3mtm/cmd/internal/peer"
	"pop3mtm/mtm/account"
)

// client is a mail program that takes part. Everything of a trial is below dir.
type client interface {
	// version is what the program calls itself.
	version(ctx context.Context) (string, error)
	// prepare does what comes once, before the first mail: it is not measured.
	prepare(ctx context.Context, a peer.Account, dir string) error
	// fetch runs the program from its start to its end; that is what is measured.
	fetch(ctx context.Context, a peer.Account, dir string) error
	// verify compares what the program keeps with the mailbox, every octet of every message.
	verify(ctx context.Context, dir string, box *mailbox) error
}

// oursName is the client that the others are compared with.
const oursName = "mtm"

// peers are the programs of others, by the names that --against takes.
func peers() map[string]peer.Client {
	return map[string]peer.Client{
		"curl": peer.Curl{}, "fetchmail": peer.Fetchmail{}, "getmail": peer.Getmail{}, "poplib": peer.Poplib{},
		"mpop-maildir": peer.Mpop{}, "mpop-mbox": peer.Mpop{Mbox: true},
	}
}

// checkPeers refuses names that are none, and names given twice.
func checkPeers(names []string) error {
	known := slices.Sorted(maps.Keys(peers()))
	for i, name := range names {
		if !slices.Contains(known, name) {
			return cli.Usage("--against knows %s, not %q", strings.Join(known, ", "), name)
		}
		if slices.Contains(names[:i], name) {
			return cli.Usage("--against names %s twice", name)
		}
	}
	return nil
}

// newClient makes the client of that name. program is the start of our own command line, "get" and what follows is
// added to it.
func newClient(name string, ours *ours) client {
	if name == oursName {
		return ours
	}
	return theirs{peers()[name]}
}

// ours is our client: the bench itself in its get mode, or an mtm program that the user names.
type ours struct {
	bench   string // path of this program
	mtm     string // path of an mtm program, "" for the bench itself
	profile string // file for a CPU profile, "" for none
	headers bool   // refresh the mailbox and fetch no message
}

func (o *ours) version(ctx context.Context) (string, error) {
	program := o.bench
	if o.mtm != "" {
		program = o.mtm
	}
	cmd, said := process(ctx, []string{program, "--version"})
	out, err := cmd.Output()
	return strings.TrimSpace(string(out)), said.explain(ctx, program, err)
}

func (o *ours) prepare(ctx context.Context, a peer.Account, dir string) error {
	settings := account.Defaults()
	settings.Host, settings.Port, settings.LoginName = a.Host, a.Port, a.User
	settings.Password = account.Password{Literal: a.Password}
	return addAccount(ctx, storeIn(dir), settings)
}

func (o *ours) fetch(ctx context.Context, _ peer.Account, dir string) error {
	argv := []string{o.bench, "get", "--store", storeIn(dir), "--profile", o.profile}
	if o.mtm != "" {
		argv = []string{o.mtm, "get", accountName, "--store", storeIn(dir)}
	}
	if o.headers {
		argv = append(argv, "--headers-only")
	}
	cmd, said := process(ctx, argv)
	return said.explain(ctx, oursName, cmd.Run())
}

func (o *ours) verify(ctx context.Context, dir string, box *mailbox) error {
	return verifyStore(ctx, storeIn(dir), box)
}

func storeIn(dir string) string { return filepath.Join(dir, "mail.store") }

// theirs is somebody else's client.
type theirs struct{ peer.Client }

func (t theirs) version(ctx context.Context) (string, error) { return t.Version(ctx) }

func (theirs) prepare(context.Context, peer.Account, string) error { return nil }

func (t theirs) fetch(ctx context.Context, a peer.Account, dir string) error {
	return t.Fetch(ctx, a, dir)
}

func (t theirs) verify(ctx context.Context, dir string, box *mailbox) error {
	served, err := box.messages()
	if err != nil {
		return err
	}
	stored, err := t.Read(dir)
	if err != nil {
		return err
	}
	return t.Check(ctx, served, stored)
}
