package harness

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"pop3mtm/cmd/bench/internal/child"
	"pop3mtm/cmd/bench/internal/clients"
	"pop3mtm/cmd/bench/internal/numbers"
	"pop3mtm/cmd/bench/internal/report"
	"pop3mtm/cmd/bench/internal/servers"
	"pop3mtm/cmd/bench/internal/tasks"
	"pop3mtm/cmd/bench/internal/wire"
	"pop3mtm/fakeserver/maildrop"
)

// visit starts the server and the line, runs the clients, stops server and line, and verifies what
// the clients stored.
func (t *Trial) visit(ctx context.Context, v *VisitSpec, who clients.Client, passed func(done int64)) (m *report.Measurement, err error) {
	latest := newLatest()
	verb := v.Task.Value.Counts()
	s, err := t.Server.Begin(ctx, t.hosting(v), func(n servers.Counts) {
		latest.set(n)
		if verb != "" {
			passed(int64(n.Commands))
		} else {
			passed(n.Octets)
		}
	})
	if err != nil {
		return nil, err
	}
	served, err := t.served(v)
	m = &report.Measurement{Server: t.Server.Name, Client: who.Name(), Visit: v.Name}
	if err == nil {
		m.Mailbox = served.Len()
		err = t.overLine(ctx, m, v, who, s.Login, served, latest, passed)
	}
	spent, stopped := s.Stop()
	m.Serving = spent
	if err = errors.Join(err, s.Said.Explain(ctx, "the server", stopped)); err != nil {
		return nil, err
	}
	for i := range t.Accounts {
		one, err := who.Verify(ctx, t.visitOf(v, i, s.Login, passed), served)
		if err != nil {
			return nil, fmt.Errorf("%s did not store what was served: %w", who.Name(), err)
		}
		add(m, one)
	}
	return m, nil
}

// hosting describes what the server of a visit must serve.
func (t *Trial) hosting(v *VisitSpec) servers.Hosting {
	return servers.Hosting{Mailbox: v.Mailbox, Accounts: max(t.Accounts, t.Users), Dir: t.Dir, Profile: t.profile("server"), Verb: v.Task.Value.Counts()}
}

// visitOf returns the visit for the client of an account, which is counted from 0.
func (t *Trial) visitOf(v *VisitSpec, account int, at servers.Login, passed func(int64)) *clients.Visit {
	if t.Users == 0 {
		at = at.Numbered(account, t.Accounts)
	}
	return &clients.Visit{Login: at, Dir: t.dir(account), Task: v.Task.Value, Total: v.Mailbox.Total(), Profile: t.profile("client"), Report: passed}
}

// served returns the messages that are served in a visit.
func (t *Trial) served(v *VisitSpec) (maildrop.List, error) {
	if t.Spool != "" {
		return servers.OpenSpool(t.Spool)
	}
	list, err := v.Mailbox.List()
	if err == nil && len(t.Server.UIDs) == list.Len() {
		list = servers.Renamed{List: list, UIDs: t.Server.UIDs}
	}
	return list, err
}

// add adds the figures of one client to those of the visit.
func add(m *report.Measurement, k tasks.Kept) {
	m.Messages += k.Messages
	m.Octets += k.Octets
	if k.Seconds > 0 {
		m.Seconds = k.Seconds
	}
	if k.Latency != nil {
		m.Latency = k.Latency
	}
	if k.Syncs != nil {
		m.Syncs = k.Syncs
	}
}

// overLine runs the clients over the line. Then it checks the commands that the server received and
// the messages that it still has.
func (t *Trial) overLine(ctx context.Context, m *report.Measurement, v *VisitSpec, who clients.Client, at servers.Login, served maildrop.List,
	latest *latestCounts, passed func(int64)) (err error) {
	direct, sessions := at, 0
	var w *wire.Watch
	if t.Trace {
		w = wire.NewWatch(time.Now, v.Task.Value.Counts(), "RETR", "TOP", "STAT")
		defer func() { m.Rate, m.Latency = w.Seen() }()
	}
	if t.Line != (wire.Line{}) || t.Trace {
		var r *wire.Relay
		if r, err = wire.StartRelay(ctx, at.Address(), t.Line, w); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, r.Close()) }()
		if at, err = at.At(r.Address); err != nil {
			return err
		}
		if t.Line.RoundTrip > 0 && t.Server.Name != servers.Limit {
			if m.Trip, err = servers.RoundTrip(ctx, at); err != nil {
				return fmt.Errorf("measuring the round trip: %w", err)
			}
			sessions++
		}
	}
	visits := make([]*clients.Visit, t.Accounts)
	for i := range visits {
		visits[i] = t.visitOf(v, i, at, passed)
		if err := who.Prepare(ctx, visits[i]); err != nil {
			return err
		}
		sessions += visits[i].Sessions + 1
	}
	if err := child.Settle(t.Dir); err != nil {
		return err
	}
	w.Begin()
	if err := fetch(ctx, m, who, visits); err != nil {
		return err
	}
	if err := t.checkCommands(ctx, m, v.Task.Value, served, latest, sessions); err != nil {
		return err
	}
	return t.checkLeft(ctx, v, direct, served)
}

// fetch is the part of a visit that is measured. It runs the client for all accounts at the same
// time and sets time and usage in m.
func fetch(ctx context.Context, m *report.Measurement, who clients.Client, visits []*clients.Visit) error {
	before, start := child.Spent(), time.Now()
	together, each := errgroup.WithContext(ctx)
	for _, v := range visits {
		together.Go(func() error { return who.Fetch(each, v) })
	}
	err := together.Wait()
	m.Seconds = time.Since(start).Seconds()
	m.Spent = child.Spent().Since(before)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// checkCommands returns an error when the visit sent more or fewer commands than its task needs. It
// waits until the server has seen the end of all sessions. Servers that do not count are not
// checked.
func (t *Trial) checkCommands(ctx context.Context, m *report.Measurement, task tasks.Task, served maildrop.List, latest *latestCounts, sessions int) error {
	verb, want := task.Counts(), task.Commands(served)*t.Accounts
	if want < 0 || !t.Server.Counts() {
		return nil
	}
	n, err := latest.after(ctx, sessions)
	if err != nil {
		return err
	}
	if verb == "TOP" {
		m.Tops = &n.Commands
	}
	if n.Commands != want {
		return fmt.Errorf("the visit sent %s instead of %d", numbers.Count(n.Commands, verb), want)
	}
	return nil
}

// checkLeft returns an error when the server has more or fewer messages than the task leaves: a
// move must have deleted messages, other tasks must not.
func (t *Trial) checkLeft(ctx context.Context, v *VisitSpec, at servers.Login, served maildrop.List) error {
	if t.Server.Name == servers.Limit {
		return nil
	}
	for i := range t.Accounts {
		n, err := servers.CountMessages(ctx, at.Numbered(i, max(t.Accounts, t.Users)))
		if err != nil {
			return fmt.Errorf("counting the messages that are left on the server: %w", err)
		}
		if want := v.Task.Value.Left(served); n != want {
			return fmt.Errorf("the server has %s after the visit instead of %d", numbers.Count(n, "message"), want)
		}
	}
	return nil
}

// latestCounts holds the newest counts of a server.
type latestCounts struct{ newest chan servers.Counts }

func newLatest() *latestCounts { return &latestCounts{make(chan servers.Counts, 1)} }

// set replaces the counts. Only one goroutine may call it.
func (l *latestCounts) set(n servers.Counts) {
	select { // only the newest counts matter
	case <-l.newest:
	default:
	}
	l.newest <- n
}

// after waits until the server has reported the end of the given number of sessions, and returns
// the counts.
func (l *latestCounts) after(ctx context.Context, sessions int) (servers.Counts, error) {
	limit := time.NewTimer(child.StopTime)
	defer limit.Stop()
	for {
		select {
		case n := <-l.newest:
			if n.Ended >= sessions {
				return n, nil
			}
		case <-limit.C:
			return servers.Counts{}, errNotCounted
		case <-ctx.Done():
			return servers.Counts{}, context.Cause(ctx)
		}
	}
}
