package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"

	"pop3mtm/cmd/internal/cli"
	"pop3mtm/cmd/internal/peer"
	"pop3mtm/fakeserver/maildrop"
)

// client is a mail program that takes part. What it does for one account is below dir.
type client interface {
	// version is what the program calls itself.
	version(ctx context.Context) (string, error)
	// prepare does what comes before a visit: it is not measured.
	prepare(ctx context.Context, l login, dir string, j job) error
	// fetch runs the program from its start to its end; that is what is measured. report is told how many octets have
	// come, by clients that say so.
	fetch(ctx context.Context, l login, dir string, j job, report func(octets int64)) error
	// verify compares what the program keeps with the mailbox, every octet of every message, and counts it.
	verify(ctx context.Context, dir string, served maildrop.List, j job) (kept, error)
}

// kept is what a client has to show for a visit.
type kept struct {
	Messages int
	Octets   int64
	Latency  *latency // as the client itself measured it, for those that do
	Syncs    *int     // where they were counted
	Seconds  float64  // as the client itself measured them, 0 where its whole process is what is measured
}

// all of a list.
func keptAll(l maildrop.List) kept { return kept{Messages: l.Len(), Octets: l.Octets()} }

// oursName is the client that the others are compared with.
const oursName = "mtm"

// Names of the clients that show what the machine can do.
const (
	barePOP3 = "bare POP3"
	bareTCP  = "bare TCP"
)

// peers are the programs of others, by the names that --clients takes.
func peers() map[string]peer.Client {
	return map[string]peer.Client{
		"curl": peer.Curl{}, "fetchmail": peer.Fetchmail{}, "getmail6": peer.Getmail{}, "poplib": peer.Poplib{},
		"mpop-maildir": peer.Mpop{}, "mpop-mbox": peer.Mpop{Mbox: true},
	}
}

// peerNames are the names of peers in the order of a table.
func peerNames() []string { return slices.Sorted(maps.Keys(peers())) }

// clientSpec says which client a trial runs.
type clientSpec struct {
	Name    string `json:"name"`
	Program string `json:"program,omitempty"` // of mtm: path of an mtm program, "" for the bench itself
	Command string `json:"command,omitempty"` // somebody's own command line, with {host} and the like
}

// make makes the client for a trial.
func (c clientSpec) make(t *trial) (client, error) {
	bench, err := os.Executable()
	if err != nil {
		return nil, err
	}
	var who client
	switch p, known := peers()[c.Name]; {
	case c.Command != "":
		who = theirs{peer.CommandLine{Title: c.Name, Line: c.Command}}
	case c.Name == oursName:
		who = &ours{bench: bench, mtm: c.Program, profile: t.profile("client"), total: t.last().Mailbox.total()}
	case c.Name == barePOP3:
		who = bare{bench: bench, command: retrName, window: bareWindow}
	case c.Name == bareTCP:
		who = bare{bench: bench, command: receiveName}
	case c.Name == manyInFlight || c.Name == oneInFlight:
		who = bare{bench: bench, command: retrName, window: c.window(t), sum: true}
	case c.Name == thrownAway:
		who = bare{bench: bench, command: receiveName, sum: true}
	case c.Name == bareListing:
		who = lister{bench}
	case c.Name == sessionsName || c.Name == holdName:
		who = sessions{bench, c.Name}
	case known:
		who = theirs{p}
	default:
		return nil, fmt.Errorf("there is no client %q", c.Name)
	}
	if t.Syncs {
		who = counting{who, bench, c}
	}
	return who, nil
}

// window is how many RETR a bare client has in flight.
func (c clientSpec) window(t *trial) int {
	if c.Name == oneInFlight {
		return 1
	}
	return t.last().Job.Window
}

// checkClients refuses names that are none, and names given twice.
func checkClients(names []string) error {
	for i, name := range names {
		if !slices.Contains(peerNames(), name) {
			return cli.Usage("--clients knows %s, not %q", strings.Join(peerNames(), ", "), name)
		}
		if slices.Contains(names[:i], name) {
			return cli.Usage("--clients names %s twice", name)
		}
	}
	return nil
}

// theirs is somebody else's client.
type theirs struct{ peer.Client }

func (t theirs) version(ctx context.Context) (string, error) { return t.Version(ctx) }

func (theirs) prepare(context.Context, login, string, job) error { return nil }

func (t theirs) fetch(ctx context.Context, l login, dir string, _ job, _ func(int64)) error {
	return t.Fetch(ctx, l.forPeers(), dir)
}

func (t theirs) verify(ctx context.Context, dir string, served maildrop.List, _ job) (kept, error) {
	messages, err := readAll(served)
	if err != nil {
		return kept{}, err
	}
	stored, err := t.Read(dir)
	if err != nil {
		return kept{}, err
	}
	return keptAll(served), t.Check(ctx, messages, stored)
}

// readAll is the whole mailbox in memory, for clients whose mail is compared as a whole.
func readAll(list maildrop.List) (messages [][]byte, err error) {
	messages = make([][]byte, list.Len())
	for i := range messages {
		if messages[i], err = maildrop.Read(list.At(i)); err != nil {
			return nil, err
		}
	}
	return messages, nil
}

// missing says whether an error is that of a program that is not installed.
func missing(err error) bool {
	return errors.Is(err, peer.ErrMissing) || errors.Is(err, exec.ErrNotFound)
}
