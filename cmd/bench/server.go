package main

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

	"pop3mtm/cmd/internal/peer"
	"pop3mtm/mtm/account"
)

// login is how a client reaches a mailbox.
type login struct {
	peer.Account
	Security account.Security
}

func (l login) address() string { return net.JoinHostPort(l.Host, strconv.Itoa(l.Port)) }

// at is the login over something else that listens, which passes everything on. The certificate is still that of the host.
func (l login) at(address string) (login, error) {
	a, err := accountAt(address)
	if l.Security.Name == "" && l.Security.TLS != account.NoTLS && l.Security.TLS != "" {
		l.Security.Name = l.Host
	}
	l.Host, l.Port = a.Host, a.Port
	return l, err
}

// forPeers is the login for a program that checks the certificate for the host that it connects to. The certificates of the
// servers that are started here are for localhost.
func (l login) forPeers() peer.Account {
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

// numbered is the login of account i of several, counted from 0: {n} in the user name stands for its number. The only
// one has no number.
func (l login) numbered(i, of int) login {
	l.User = userName(l.User, i, of)
	return l
}

// userName is the name of user i, counted from 0.
func userName(pattern string, i, of int) string {
	if strings.Contains(pattern, "{n}") {
		return strings.ReplaceAll(pattern, "{n}", strconv.Itoa(i+1))
	}
	if of == 1 {
		return pattern
	}
	return pattern + strconv.Itoa(i+1)
}

// simulatorName is what results call our server, limitName the sender of the physical limit.
const (
	simulatorName = "pop3sim"
	limitName     = "bare sender"
)

// serverSpec says which server a trial talks to.
type serverSpec struct {
	Name    string      `json:"name"`
	Running *login      `json:"running,omitempty"` // a server that runs already; else the trial starts one of ours
	Process int         `json:"process,omitempty"` // of a server that runs already, where that is known
	UIDs    []string    `json:"uids,omitempty"`    // those that this one has given to the synthetic mailbox
	Program string      `json:"program,omitempty"` // path of a pop3sim program, "" for the bench itself
	Files   mailFiles   `json:"files,omitzero"`    // where ours has the mail from
	Without []string    `json:"without,omitempty"` // capabilities that ours lacks
	TLS     account.TLS `json:"tls,omitempty"`
}

// counts says whether the server tells how far it is: only the one built into the bench does.
func (s *serverSpec) counts() bool { return s.Running == nil && s.Program == "" && s.Name != limitName }

// command is the program of a server for a visit, and what it reads from standard input first.
func (s *serverSpec) command(bench string, box *mailbox, accounts int, dir, profile string) (argv []string, spec any) {
	ca := filepath.Join(dir, "ca.pem")
	switch {
	case s.Name == limitName:
		return []string{bench, sendName}, box
	case s.Program == "":
		return []string{bench, serveName}, serveSpec{Mailbox: *box, Files: s.Files, Accounts: accounts, Without: s.Without, TLS: s.TLS, CA: ca, Profile: profile}
	}
	argv = []string{s.Program, "serve", "--json", "--quiet", "--pop3", "127.0.0.1:0"}
	if s.Files.Form == "" {
		argv = append(argv, "--synthetic", box.String())
	} else {
		argv = append(argv, "--"+s.Files.Form, s.Files.Path)
	}
	for i := range accounts {
		argv = append(argv, "--user", userName("demo", i, accounts)+":demo")
	}
	switch s.TLS {
	case account.STLS:
		argv = append(argv, "--require-tls", "--tls-ca-out", ca)
	case account.Implicit:
		argv = append(argv, "--require-tls", "--tls-ca-out", ca, "--pop3s", "127.0.0.1:0")
	}
	return argv, nil
}

// server is the server of one visit. Of one that ran before it knows the login only.
type server struct {
	cmd   *exec.Cmd
	said  *lastWords
	stdin io.Closer
	login login
	ended chan error // one value, when its stdout has ended
	tree  *tree      // of one that ran before
}

// startServer runs the program and waits until it listens. Later it calls report, from a goroutine, with what the
// program says of itself. stop ends it, and the end of ctx does.
func startServer(ctx context.Context, argv []string, spec any, report func(serverCounts)) (*server, error) {
	s := &server{ended: make(chan error, 1)}
	s.cmd, s.said = process(ctx, argv)
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
		_, failed := s.stop()
		return nil, s.said.explain(ctx, "starting the server", errors.Join(errors.New("it does not say where it listens"), unheard, failed))
	}
	if s.login.Account, err = accountAt(ready.POP3); err == nil && ready.POP3S != "" {
		s.login.Account, err = accountAt(ready.POP3S)
	}
	if err != nil {
		_, failed := s.stop()
		return nil, errors.Join(err, failed)
	}
	return s, nil
}

// readyLine is the first line of a server.
type readyLine struct {
	POP3  string `json:"pop3"`
	POP3S string `json:"pop3s"`
}

// follow reads what a server says on stdout until it ends, first of all its address. It closes listening.
func follow(stdout io.Reader, listening chan<- readyLine, report func(serverCounts)) error {
	defer close(listening)
	for said := json.NewDecoder(stdout); ; {
		var line struct {
			readyLine
			serverCounts
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
			report(line.serverCounts)
		}
	}
}

// accountAt is the demo user's account at host:port.
func accountAt(address string) (peer.Account, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return peer.Account{}, err
	}
	number, err := strconv.Atoi(port)
	return peer.Account{Host: host, Port: number, User: "demo", Password: "demo"}, err
}

// stop ends the server, waits for it, and says what it has cost.
func (s *server) stop() (usage, error) {
	if s.cmd == nil {
		return s.tree.end(), nil
	}
	_ = interrupt(s.cmd.Process) // it may have ended by itself, which Wait tells
	err := errors.Join(s.stdin.Close(), <-s.ended)
	err = errors.Join(err, s.cmd.Wait())
	return processUsage(s.cmd.ProcessState), err
}

// begin starts the server of a visit, or takes the one that runs.
func (s *serverSpec) begin(ctx context.Context, box *mailbox, accounts int, dir, profile string, report func(serverCounts)) (*server, error) {
	if s.Running != nil {
		return &server{said: new(lastWords), login: *s.Running, tree: watchTree(ctx, s.Process)}, nil
	}
	bench, err := os.Executable()
	if err != nil {
		return nil, err
	}
	argv, spec := s.command(bench, box, accounts, dir, profile)
	started, err := startServer(ctx, argv, spec, report)
	if err != nil {
		return nil, err
	}
	if s.TLS != account.NoTLS && s.TLS != "" {
		started.login.Security = account.Security{TLS: s.TLS, CA: filepath.Join(dir, "ca.pem"), Name: certifiedHost}
	}
	return started, nil
}
