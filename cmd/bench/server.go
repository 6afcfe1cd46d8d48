package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"os/exec"
	"strconv"

	"pop3mtm/cmd/internal/peer"
)

// server is the server process of one trial.
type server struct {
	cmd     *exec.Cmd
	said    *lastWords
	stdin   io.Closer
	account peer.Account // how clients reach it
	ended   chan error   // one value, when its stdout has ended
}

// startServer runs the program and waits until it listens. Later it calls report, from a goroutine, with what the
// program says of itself. stop ends it, and the end of ctx does.
func startServer(ctx context.Context, argv []string, report func(serverCounts)) (*server, error) {
	s := &server{ended: make(chan error, 1)}
	s.cmd, s.said = process(ctx, argv)
	var stdout io.Reader
	var err error
	if s.stdin, err = s.cmd.StdinPipe(); err == nil {
		stdout, err = s.cmd.StdoutPipe()
	}
	if err == nil {
		err = s.cmd.Start()
	}
	if err != nil {
		return nil, err
	}
	listening := make(chan peer.Account, 1)
	go func() { s.ended <- follow(stdout, listening, report) }()
	var ok bool
	if s.account, ok = <-listening; !ok {
		_, err := s.stop()
		return nil, s.said.explain(ctx, "starting the server", errors.Join(errors.New("it does not say where it listens"), err))
	}
	return s, nil
}

// follow reads what a server says on stdout until it ends, first of all its address. It closes listening.
func follow(stdout io.Reader, listening chan<- peer.Account, report func(serverCounts)) error {
	defer close(listening)
	for said := json.NewDecoder(stdout); ; {
		var line struct {
			POP3 string `json:"pop3"`
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
			account, err := accountAt(line.POP3)
			if err != nil {
				return err
			}
			listening <- account
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
	_ = interrupt(s.cmd.Process) // it may have ended by itself, which Wait tells
	err := errors.Join(s.stdin.Close(), <-s.ended)
	err = errors.Join(err, s.cmd.Wait())
	return processUsage(s.cmd.ProcessState), err
}
