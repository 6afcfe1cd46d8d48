package harness

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"pop3mtm/cmd/bench/internal/clients"
	"pop3mtm/cmd/bench/internal/report"
	"pop3mtm/cmd/bench/internal/servers"
	"pop3mtm/cmd/bench/internal/workload"
	"pop3mtm/cmd/internal/cli"
	"pop3mtm/mtm/account"
)

// WithSpool copies the mailbox of the target, calls f, and removes the copy. It calls f with ""
// when there is no target. With several accounts, all of them must have the same mail.
func (s *Setup) WithSpool(ctx context.Context, stderr io.Writer, accounts int, f func(spool string) error) (err error) {
	if s.Target == "" {
		return f("")
	}
	l, err := s.targetAddress()
	if err != nil {
		return err
	}
	return WithFolder(s.Dir, false, stderr, func(dir string) error {
		spool := filepath.Join(dir, "served")
		if err := servers.FillSpool(ctx, spool, l.Numbered(0, accounts), stderr); err != nil {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			return fmt.Errorf("--target %s, before anything is measured: %w", s.Target, err)
		}
		served, err := servers.OpenSpool(spool)
		if err != nil {
			return err
		}
		if err := workload.CheckSpace(s.Dir, 2*served.Octets()*int64(accounts)); err != nil {
			return err
		}
		s.Box = workload.Mailbox{Messages: served.Len()}
		return f(spool)
	})
}

// WithFiles writes the synthetic mailbox in each of the forms, calls f, and removes the files.
func (s *Setup) WithFiles(ctx context.Context, stderr io.Writer, forms []string, f func([]workload.Files) error) error {
	if len(forms) == 0 {
		return f(nil)
	}
	return WithFolder(s.Dir, false, stderr, func(dir string) error {
		files, err := workload.WriteFiles(ctx, dir, &s.Box, forms, stderr)
		if err != nil {
			return err
		}
		return f(files)
	})
}

// WithServers starts the third-party servers among names, calls f with all servers, and stops them.
// They have the mailbox for each user, already indexed. Our own servers are started by each visit.
func (s *Setup) WithServers(ctx context.Context, names []string, users int, f func([]servers.Spec, []report.Participant) error) (err error) {
	var all []servers.Spec
	var versions []report.Participant
	for _, name := range names {
		if name == servers.Simulator {
			server, about, err := s.simulator()
			if err != nil {
				return err
			}
			all, versions = append(all, server), append(versions, about)
			continue
		}
		others := servers.Others{Mailbox: &s.Box, TLS: account.TLS(s.TLS), Mailpit: s.Mailpit}
		server, version, stop, err := others.Start(ctx, name, users)
		if s.LeaveOut && clients.Missing(err) {
			s.notes = append(s.notes, fmt.Sprintf("%s was left out: %v.", name, err))
			continue
		}
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, stop()) }()
		all, versions = append(all, server), append(versions, report.Participant{Name: name, Version: version})
	}
	return f(all, versions)
}

// simulator returns our server, or the target if there is one.
func (s *Setup) simulator() (servers.Spec, report.Participant, error) {
	server, err := s.Server()
	about := report.Participant{Name: server.Name, Version: "built into the bench, " + cli.Version()}
	switch {
	case s.Target != "":
		about.Version = "unknown"
	case s.Pop3sim != "":
		about.Version = s.Pop3sim
	}
	return server, about, err
}
