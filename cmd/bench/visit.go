package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"pop3mtm/fakeserver/maildrop"
)

// visit starts the server and the line, lets the clients do their job, ends both, and verifies.
func (t *trial) visit(ctx context.Context, v *visitSpec, who client, report func(done int64)) (m *measurement, err error) {
	latest := newLatest()
	s, err := t.Server.begin(ctx, &v.Mailbox, max(t.Accounts, v.Job.Users), t.Dir, t.profile("server"), func(n serverCounts) {
		latest.set(n)
		if v.Job.Mode == headers || v.Job.Mode == topLines {
			report(int64(n.Tops))
		} else {
			report(n.Octets)
		}
	})
	if err != nil {
		return nil, err
	}
	served, err := t.served(v)
	m = &measurement{Server: t.Server.Name, Client: t.Client.Name, Visit: v.Name}
	if err == nil {
		m.Mailbox = served.Len()
		err = t.overLine(ctx, m, v, who, s.login, served, latest, report)
	}
	spent, stopped := s.stop()
	m.Serving = spent
	if err = errors.Join(err, s.said.explain(ctx, "the server", stopped)); err != nil {
		return nil, err
	}
	for i := range t.Accounts {
		one, err := who.verify(ctx, t.dir(i), served, v.Job)
		if err != nil {
			return nil, fmt.Errorf("%s did not keep what was served: %w", t.Client.Name, err)
		}
		m.add(one)
	}
	return m, nil
}

// served is the mailbox of a visit.
func (t *trial) served(v *visitSpec) (maildrop.List, error) {
	if t.Spool != "" {
		return openSpool(t.Spool)
	}
	list, err := v.Mailbox.list()
	if err == nil && len(t.Server.UIDs) == list.Len() {
		list = renamed{list, t.Server.UIDs}
	}
	return list, err
}

// add counts what one client of the visit has kept.
func (m *measurement) add(k kept) {
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

// overLine measures between the start and the end of the line.
func (t *trial) overLine(ctx context.Context, m *measurement, v *visitSpec, who client, at login, served maildrop.List,
	latest *latestCounts, report func(int64)) (err error) {
	direct, sessions := at, 0
	if t.Line != (line{}) || t.Trace {
		var w *watch
		if t.Trace {
			w = newWatch(time.Now)
			defer func() { w.tell(m) }()
		}
		var r *relay
		if r, err = startRelay(ctx, at.address(), t.Line, w); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, r.close()) }()
		if at, err = at.at(r.address); err != nil {
			return err
		}
		if t.Line.RoundTrip > 0 && t.Server.Name != limitName {
			if m.Trip, err = roundTrip(ctx, at); err != nil {
				return fmt.Errorf("measuring the round trip: %w", err)
			}
			sessions++
		}
		if w != nil {
			w.begin()
		}
	}
	if err := t.fetch(ctx, m, v, who, at, report); err != nil {
		return err
	}
	if t.Server.counts() && v.Job.Mode == headers {
		n, err := latest.after(ctx, sessions+t.Accounts)
		if err != nil {
			return err
		}
		m.Tops = &n.Tops
		if want := (served.Len() - v.Job.Before) * t.Accounts; n.Tops != want {
			return fmt.Errorf("a refresh with %s new sent %s", count(want, "message"), count(n.Tops, "TOP"))
		}
	}
	return t.checkLeft(ctx, v, direct, served)
}

// fetch is the part that is measured: all clients from the start of the first to the end of the last.
func (t *trial) fetch(ctx context.Context, m *measurement, v *visitSpec, who client, at login, report func(int64)) error {
	of := func(i int) login {
		if v.Job.Users > 0 {
			return at // the client numbers its users itself
		}
		return at.numbered(i, t.Accounts)
	}
	for i := range t.Accounts {
		if err := who.prepare(ctx, of(i), t.dir(i), v.Job); err != nil {
			return err
		}
	}
	settle()
	before, start := childUsage(), time.Now()
	together, each := errgroup.WithContext(ctx)
	for i := range t.Accounts {
		together.Go(func() error { return who.fetch(each, of(i), t.dir(i), v.Job, report) })
	}
	err := together.Wait()
	m.Seconds = time.Since(start).Seconds()
	m.Spent = childUsage().since(before)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// checkLeft refuses a visit after which the server holds more or less than it should: a move must have deleted, and
// nothing else may have.
func (t *trial) checkLeft(ctx context.Context, v *visitSpec, at login, served maildrop.List) error {
	if t.Server.Name == limitName {
		return nil
	}
	for i := range t.Accounts {
		n, err := countMessages(ctx, at.numbered(i, max(t.Accounts, v.Job.Users)))
		if err != nil {
			return fmt.Errorf("looking what is left on the server: %w", err)
		}
		if want := v.Job.left(served); n != want {
			return fmt.Errorf("the server holds %s after the visit, and should hold %d", count(n, "message"), want)
		}
	}
	return nil
}

// latestCounts keeps the newest counts of a server.
type latestCounts struct{ newest chan serverCounts }

func newLatest() *latestCounts { return &latestCounts{make(chan serverCounts, 1)} }

// set is called by one goroutine.
func (l *latestCounts) set(n serverCounts) {
	select { // the reader wants the newest only
	case <-l.newest:
	default:
	}
	l.newest <- n
}

// after waits until the server has told of the end of so many sessions.
func (l *latestCounts) after(ctx context.Context, sessions int) (serverCounts, error) {
	limit := time.NewTimer(stopTime)
	defer limit.Stop()
	for {
		select {
		case n := <-l.newest:
			if n.Ended >= sessions {
				return n, nil
			}
		case <-limit.C:
			return serverCounts{}, errNotCounted
		case <-ctx.Done():
			return serverCounts{}, context.Cause(ctx)
		}
	}
}
