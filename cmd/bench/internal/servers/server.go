// Package servers starts the servers of a benchmark: the simulator, third-party servers, and a bare
// sender. It also logs in to them where that is not measured.
package servers

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"pop3mtm/cmd/bench/internal/child"
	"pop3mtm/cmd/bench/internal/workload"
	"pop3mtm/cmd/internal/peer"
	"pop3mtm/mtm/account"
)

// Login is how a client reaches a mailbox.
type Login struct {
	peer.Account
	Security account.Security
}

// Address returns host and port.
func (l Login) Address() string { return net.JoinHostPort(l.Host, strconv.Itoa(l.Port)) }

// At returns the login through a relay at another address. The certificate is
// still that of the host.
func (l Login) At(address string) (Login, error) {
	a, err := accountAt(address)
	if l.Security.Name == "" && l.Security.TLS != account.NoTLS && l.Security.TLS != "" {
		l.Security.Name = l.Host
	}
	l.Host, l.Port = a.Host, a.Port
	return l, err
}

// ForPeers returns the login for a program that checks the certificate for the host that it
// connects to. The certificates of the servers that are started here are for localhost.
func (l Login) ForPeers() peer.Account {
	a := l.Account
	if l.Security.TLS == account.STLS || l.Security.TLS == account.Implicit {
		a.TLS, a.CA = peer.TLS(l.Security.TLS), l.Security.CA
		if l.Security.Name == certifiedHost {
			a.Host = certifiedHost
		}
	}
	return a
}

// certifiedHost is the host for which certificates are made.
const certifiedHost = "localhost"

// Numbered returns the login of account i of several, counted from 0: {n} in the user name stands
// for its number. The only one has no number.
func (l Login) Numbered(i, of int) Login {
	l.User = userName(l.User, i, of)
	return l
}

// userName returns the name of user i, counted from 0.
func userName(pattern string, i, of int) string {
	if strings.Contains(pattern, "{n}") {
		return strings.ReplaceAll(pattern, "{n}", strconv.Itoa(i+1))
	}
	if of == 1 {
		return pattern
	}
	return pattern + strconv.Itoa(i+1)
}

// Names of our server and of the bare sender in results.
const (
	Simulator = "pop3sim"
	Limit     = "bare sender"
)

// Spec describes the server of a trial.
type Spec struct {
	Name    string         `json:"name"`
	Running *Login         `json:"running,omitempty"` // a server that runs already; else the trial starts one of ours
	Process int            `json:"process,omitempty"` // of a server that runs already, where that is known
	UIDs    []string       `json:"uids,omitempty"`    // those that this one has given to the synthetic mailbox
	Program string         `json:"program,omitempty"` // path of a pop3sim program, "" for the bench itself
	Files   workload.Files `json:"files,omitzero"`    // where ours has the mail from
	Without []string       `json:"without,omitempty"` // capabilities that ours lacks
	TLS     account.TLS    `json:"tls,omitempty"`
}

// Counts reports whether the server reports its progress, which only the one
// built into the bench does.
func (s *Spec) Counts() bool { return s.Running == nil && s.Program == "" && s.Name != Limit }

// Hosting describes what a server must serve in one visit.
type Hosting struct {
	Mailbox  workload.Mailbox
	Accounts int    // users, each with the mailbox
	Dir      string // for the certificate authority
	Profile  string // file for a CPU profile of the server built into the bench, "" for none
	Verb     string // whose replies that server counts, "" for none
}

func (h *Hosting) ca() string { return filepath.Join(h.Dir, "ca.pem") }

// command returns the program of a server for a visit, and what it reads from standard input first.
func (s *Spec) command(bench string, h *Hosting) (argv []string, spec any) {
	switch {
	case s.Name == Limit:
		return []string{bench, sendName}, h.Mailbox
	case s.Program == "":
		return []string{bench, serveName}, serveSpec{Mailbox: h.Mailbox, Files: s.Files, Accounts: h.Accounts, Without: s.Without, TLS: s.TLS,
			CA: h.ca(), Profile: h.Profile, Verb: h.Verb}
	}
	argv = []string{s.Program, "serve", "--json", "--quiet", "--pop3", "127.0.0.1:0"}
	if s.Files.Form == "" {
		argv = append(argv, "--synthetic", h.Mailbox.String())
	} else {
		argv = append(argv, "--"+s.Files.Form, s.Files.Path)
	}
	for i := range h.Accounts {
		argv = append(argv, "--user", userName("demo", i, h.Accounts)+":demo")
	}
	switch s.TLS {
	case account.STLS:
		argv = append(argv, "--require-tls", "--tls-ca-out", h.ca())
	case account.Implicit:
		argv = append(argv, "--require-tls", "--tls-ca-out", h.ca(), "--pop3s", "127.0.0.1:0")
	}
	return argv, nil
}

// server is the server of one visit. Of one that was running already it knows only the login.
type server struct {
	cmd   *exec.Cmd
	Said  *child.LastWords
	stdin io.Closer
	Login Login
	ended chan error  // one value, when its stdout has ended
	tree  *child.Tree // of one that ran before
}

// startServer runs the program and waits until it listens. Later it calls report, from a goroutine,
// with what the program says of itself. stop ends it, and the end of ctx does.
func startServer(ctx context.Context, argv []string, spec any, report func(Counts)) (*server, error) {
	s := &server{ended: make(chan error, 1)}
	s.cmd, s.Said = child.Process(ctx, argv)
	stdin, err := s.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	s.stdin = stdin
	stdout, err := s.cmd.StdoutPipe()
	if err == nil {
		err = s.cmd.Start()
	}
	if err != nil {
		return nil, err
	}
	var unheard error
	if spec != nil {
		unheard = json.NewEncoder(stdin).Encode(spec)
	}
	listening := make(chan readyLine, 1)
	go func() { s.ended <- follow(stdout, listening, report) }()
	ready, ok := <-listening
	if !ok {
		_, failed := s.Stop()
		return nil, s.Said.Explain(ctx, "starting the server", errors.Join(errors.New("it did not print its address"), unheard, failed))
	}
	if s.Login.Account, err = accountAt(ready.POP3); err == nil && ready.POP3S != "" {
		s.Login.Account, err = accountAt(ready.POP3S)
	}
	if err != nil {
		_, failed := s.Stop()
		return nil, errors.Join(err, failed)
	}
	return s, nil
}

// readyLine is the first line of a server.
type readyLine struct {
	POP3  string `json:"pop3"`
	POP3S string `json:"pop3s"`
}

// follow reads what a server says on stdout until it ends, first of all its
// address. It closes listening.
func follow(stdout io.Reader, listening chan<- readyLine, report func(Counts)) error {
	defer close(listening)
	for said := json.NewDecoder(stdout); ; {
		var line struct {
			readyLine
			Counts
		}
		if err := said.Decode(&line); err != nil {
			if !errors.Is(err, io.EOF) {
				_, _ = io.Copy(io.Discard, stdout) // nobody reads it otherwise, and the server would wait
				return err
			}
			return nil
		}
		if line.POP3 != "" {
			listening <- line.readyLine
		}
		if line.Octets > 0 {
			report(line.Counts)
		}
	}
}

// accountAt returns the demo user's account at host:port.
func accountAt(address string) (peer.Account, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return peer.Account{}, err
	}
	number, err := strconv.Atoi(port)
	return peer.Account{Host: host, Port: number, User: "demo", Password: "demo"}, err
}

// Stop ends the server, waits for it, and returns its cost.
func (s *server) Stop() (child.Usage, error) {
	if s.cmd == nil {
		return s.tree.End(), nil
	}
	_ = child.Interrupt(s.cmd.Process) // it may have ended by itself, which Wait tells
	err := errors.Join(s.stdin.Close(), <-s.ended)
	err = errors.Join(err, s.cmd.Wait())
	return child.SpentBy(s.cmd.ProcessState), err
}

// Begin starts the server of a visit, or takes the one that runs.
func (s *Spec) Begin(ctx context.Context, h Hosting, report func(Counts)) (*server, error) {
	if s.Running != nil {
		return &server{Said: new(child.LastWords), Login: *s.Running, tree: child.WatchTree(ctx, s.Process)}, nil
	}
	bench, err := os.Executable()
	if err != nil {
		return nil, err
	}
	argv, spec := s.command(bench, &h)
	started, err := startServer(ctx, argv, spec, report)
	if err != nil {
		return nil, err
	}
	if s.TLS != account.NoTLS && s.TLS != "" {
		started.Login.Security = account.Security{TLS: s.TLS, CA: h.ca(), Name: certifiedHost}
	}
	return started, nil
}
