// Package servers starts the servers of a benchmark, which are the simulator, third-party servers
// and a bare sender. It also has sessions with them for checks that are not measured.
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

// Login holds the address, the user and the TLS settings with which a client reaches a mailbox.
type Login struct {
	peer.Account
	Security account.Security
}

// Address returns host and port.
func (l Login) Address() string { return net.JoinHostPort(l.Host, strconv.Itoa(l.Port)) }

// At returns the login through a relay at another address. The certificate must still be that of
// the original host.
func (l Login) At(address string) (Login, error) {
	a, err := accountAt(address)
	if l.Security.Name == "" && Encrypts(l.Security.TLS) {
		l.Security.Name = l.Host
	}
	l.Host, l.Port = a.Host, a.Port
	return l, err
}

// ForPeers returns the login for a third-party client, which expects the certificate of the host
// that it connects to. The servers that are started here have certificates for localhost.
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

// certifiedHost is the host name in the certificates of the servers that are started here.
const certifiedHost = "localhost"

// Numbered returns the login of account i, counted from 0, of the given number of accounts. {n} in
// the user name is replaced by i+1. Without {n} the number is added, unless there is one account.
func (l Login) Numbered(i, of int) Login {
	l.User = userName(l.User, i, of)
	return l
}

// userName returns the name of user i, counted from 0, as Numbered describes.
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
	Running *Login         `json:"running,omitempty"` // of a server that is running; nil when each visit starts one of ours
	Process int            `json:"process,omitempty"` // first process of a running server, 0 when it is not known
	UIDs    []string       `json:"uids,omitempty"`    // that a running server gave to the messages of the synthetic mailbox
	Program string         `json:"program,omitempty"` // path of a pop3sim program, "" for the bench itself
	Files   workload.Files `json:"files,omitzero"`    // that our server reads the mail from; none for synthetic mail
	Without []string       `json:"without,omitempty"` // capabilities that our server lacks
	TLS     account.TLS    `json:"tls,omitempty"`
}

// Counts reports whether the server writes Counts, which only the server built into the bench does.
func (s *Spec) Counts() bool { return s.Running == nil && s.Program == "" && s.Name != Limit }

// Hosting describes what a server must serve in one visit.
type Hosting struct {
	Mailbox  workload.Mailbox
	Accounts int    // number of users, each with a copy of the mailbox
	Dir      string // for the certificate of the authority
	Profile  string // file for a CPU profile of the server built into the bench, "" for none
	Verb     string // replies to this verb are counted by that server, "" for none
}

func (h *Hosting) ca() string { return filepath.Join(h.Dir, "ca.pem") }

// command returns the command line of a server for a visit, and the task that it reads from
// standard input, nil for none.
func (s *Spec) command(bench string, h *Hosting) (argv []string, spec any) {
	switch {
	case s.Name == Limit:
		return []string{bench, sendName}, sendSpec{h.Mailbox, s.TLS, h.ca()}
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

// server is the server of one visit. For a server that was running already, cmd is nil.
type server struct {
	cmd   *exec.Cmd
	Said  *child.LastWords
	stdin io.Closer
	Login Login
	ended chan error  // receives one value at the end of its stdout
	tree  *child.Tree // measures a server that was running already
}

// startServer runs a program and waits until it listens. A goroutine calls report with the counts
// that the program writes. The program runs until Stop or the end of ctx.
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

// readyLine is the first line that a server writes.
type readyLine struct {
	POP3  string `json:"pop3"`
	POP3S string `json:"pop3s"`
}

// follow reads the stdout of a server to its end. It sends the first line to listening, which it
// closes, and calls report with each of the others.
func follow(stdout io.Reader, listening chan<- readyLine, report func(Counts)) error {
	defer close(listening)
	for said := json.NewDecoder(stdout); ; {
		var line struct {
			readyLine
			Counts
		}
		if err := said.Decode(&line); err != nil {
			if !errors.Is(err, io.EOF) {
				_, _ = io.Copy(io.Discard, stdout) // a server whose output nobody reads would wait
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

// accountAt returns the account of the user demo at host:port.
func accountAt(address string) (peer.Account, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return peer.Account{}, err
	}
	number, err := strconv.Atoi(port)
	return peer.Account{Host: host, Port: number, User: "demo", Password: "demo"}, err
}

// Stop ends the server, waits for its end, and returns its CPU time and memory. A server that was
// running already continues to run.
func (s *server) Stop() (child.Usage, error) {
	if s.cmd == nil {
		return s.tree.End(), nil
	}
	_ = child.Interrupt(s.cmd.Process) // it may have ended by itself, which Wait reports
	err := errors.Join(s.stdin.Close(), <-s.ended)
	err = errors.Join(err, s.cmd.Wait())
	return child.SpentBy(s.cmd.ProcessState), err
}

// Begin starts the server of a visit, unless the spec is of a running one.
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
	if Encrypts(s.TLS) {
		started.Login.Security = account.Security{TLS: s.TLS, CA: h.ca(), Name: certifiedHost}
	}
	return started, nil
}
