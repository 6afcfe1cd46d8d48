package clients

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"pop3mtm/cmd/bench/internal/tasks"
	"pop3mtm/cmd/internal/cli"
	"pop3mtm/cmd/internal/peer"
	"pop3mtm/fakeserver/maildrop"
)

// Peers returns the third-party clients by the names that --clients takes.
func Peers() map[string]peer.Client {
	return map[string]peer.Client{
		"curl": peer.Curl{}, "poplib": peer.Poplib{},
		"fetchmail": peer.Fetchmail{}, "fetchmail-bsmtp": peer.Fetchmail{BSMTP: true},
		"getmail6": peer.Getmail{}, "getmail6-mbox": peer.Getmail{Mbox: true},
		"mpop-maildir": peer.Mpop{}, "mpop-mbox": peer.Mpop{Mbox: true},
	}
}

// PeerNames returns the sorted names of the third-party clients.
func PeerNames() []string { return slices.Sorted(maps.Keys(Peers())) }

// CheckNames returns an error for an unknown name of a client, and for a name that is given twice.
func CheckNames(names []string) error {
	for i, name := range names {
		if !slices.Contains(PeerNames(), name) {
			return cli.Usage("--clients takes %s, not %q", strings.Join(PeerNames(), ", "), name)
		}
		if slices.Contains(names[:i], name) {
			return cli.Usage("--clients has %s twice", name)
		}
	}
	return nil
}

// Theirs is a third-party client, or one that the user's command line runs.
type Theirs struct {
	Title   string `json:"title"`             // one of PeerNames, or the user's name for Command
	Command string `json:"command,omitempty"` // the user's command line, with {host} and other placeholders
}

func (t *Theirs) program() (peer.Client, error) {
	if t.Command != "" {
		return peer.CommandLine{Title: t.Title, Line: t.Command}, nil
	}
	p, known := Peers()[t.Title]
	if !known {
		return nil, fmt.Errorf("unknown client %q", t.Title)
	}
	return p, nil
}

// Kind implements Client.
func (*Theirs) Kind() string { return "theirs" }

// Name implements Client.
func (t *Theirs) Name() string { return t.Title }

// Version implements Client. It leaves out the list of libraries in brackets that curl prints.
func (t *Theirs) Version(ctx context.Context) (string, error) {
	p, err := t.program()
	if err != nil {
		return "", err
	}
	version, err := p.Version(ctx)
	if t.Command == "" {
		version, _, _ = strings.Cut(version, " (")
	}
	return version, err
}

// Alters describes what the program changes in the messages that it stores.
func (t *Theirs) Alters() string {
	p, err := t.program()
	if err != nil {
		return ""
	}
	return p.Alters()
}

// Prepare implements Client.
func (*Theirs) Prepare(context.Context, *Visit) error { return nil }

// Fetch implements Client.
func (t *Theirs) Fetch(ctx context.Context, v *Visit) error {
	p, err := t.program()
	if err != nil {
		return err
	}
	return p.Fetch(ctx, v.Login.ForPeers(), v.Dir)
}

// Verify implements Client. It reads the whole mailbox into memory.
func (t *Theirs) Verify(ctx context.Context, v *Visit, served maildrop.List) (tasks.Kept, error) {
	p, err := t.program()
	if err != nil {
		return tasks.Kept{}, err
	}
	messages := make([][]byte, served.Len())
	for i := range messages {
		if messages[i], err = maildrop.Read(served.At(i)); err != nil {
			return tasks.Kept{}, err
		}
	}
	stored, err := p.Read(v.Dir)
	if err != nil {
		return tasks.Kept{}, err
	}
	return tasks.KeptAll(served), p.Check(ctx, messages, stored)
}
