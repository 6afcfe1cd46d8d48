package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"pop3mtm/cmd/internal/peer"
	"pop3mtm/fakeserver/maildrop"
	"pop3mtm/mtm"
	"pop3mtm/mtm/pop3"
	"pop3mtm/mtm/store"
)

// refreshTrial is our client refreshing one mailbox twice, the second time with nothing new. It runs in a process of
// its own, as trial does, and the line with its delay is in that process.
type refreshTrial struct {
	Mailbox   mailbox       `json:"mailbox"`
	Pipelined bool          `json:"pipelined"`
	RoundTrip time.Duration `json:"round_trip"`
	Dir       string        `json:"dir"` // an empty folder
	Mtm       string        `json:"mtm"` // see ours
}

// refreshed is what a refreshTrial has found.
type refreshed struct {
	Pipelined bool    `json:"pipelined"`
	Messages  int     `json:"messages"`
	RoundTrip float64 `json:"round_trip_seconds"` // as measured, the median of some
	First     visit   `json:"first"`
	Again     visit   `json:"again"`        // with nothing new
	Server    usage   `json:"server_usage"` // of both
}

// visit is one refresh, from the start of the client's process to its end.
type visit struct {
	Seconds float64 `json:"seconds"`
	Spent   usage   `json:"client_usage"` // a peak is that of all visits so far
	Tops    int     `json:"tops"`         // TOP commands sent
}

// way is a name for one way to refresh, in tables and folder names.
func way(pipelined bool) string {
	if pipelined {
		return "pipelined"
	}
	return "one-by-one"
}

const refreshTrialName = "refresh-trial"

func newRefreshTrial() *cobra.Command { return trialCommand(refreshTrialName, (*refreshTrial).run) }

// run starts the server and the line, lets the client refresh twice, ends them, and verifies. No process is left when
// it returns.
func (t *refreshTrial) run(ctx context.Context, report func(done int64)) (m *refreshed, err error) {
	bench, err := os.Executable()
	if err != nil {
		return nil, err
	}
	latest := make(chan serverCounts, 1)
	s, err := startServer(ctx, t.serverCommand(bench), func(n serverCounts) {
		select { // the reader wants the latest counts only
		case <-latest:
		default:
		}
		latest <- n
		report(int64(n.Tops))
	})
	if err != nil {
		return nil, err
	}
	m = &refreshed{Pipelined: t.Pipelined, Messages: t.Mailbox.Messages}
	err = t.visit(ctx, m, bench, s.account, latest)
	spent, stopped := s.stop()
	m.Server = spent
	if err = errors.Join(err, s.said.explain(ctx, "the server", stopped)); err != nil {
		return nil, err
	}
	if err := m.check(); err != nil {
		return nil, err
	}
	if err := verifyHeaders(ctx, storeIn(t.Dir), &t.Mailbox); err != nil {
		return nil, fmt.Errorf("the refresh did not keep what was served: %w", err)
	}
	return m, nil
}

func (t *refreshTrial) serverCommand(bench string) []string {
	argv := []string{bench, "serve", "--messages", strconv.Itoa(t.Mailbox.Messages), "--size", t.Mailbox.Size.String(),
		"--seed", strconv.FormatUint(t.Mailbox.Seed, 10)}
	if !t.Pipelined {
		argv = append(argv, "--without", "PIPELINING")
	}
	return argv
}

// visit measures the line and both refreshes.
func (t *refreshTrial) visit(ctx context.Context, m *refreshed, bench string, a peer.Account, latest <-chan serverCounts) (err error) {
	r, err := startRelay(ctx, net.JoinHostPort(a.Host, strconv.Itoa(a.Port)), t.RoundTrip)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.close()) }()
	if a, err = accountAt(r.address); err != nil {
		return err
	}
	if m.RoundTrip, err = roundTrip(ctx, r.address); err != nil {
		return fmt.Errorf("measuring the round trip: %w", err)
	}
	client := &ours{bench: bench, mtm: t.Mtm, headers: true}
	if err := client.prepare(ctx, a, t.Dir); err != nil {
		return err
	}
	sessions := 1 // that of roundTrip
	for _, v := range []*visit{&m.First, &m.Again} {
		var fetched measurement
		if err := fetched.fetch(ctx, client, a, t.Dir); err != nil {
			return err
		}
		sessions++
		n, err := afterSession(ctx, latest, sessions)
		if err != nil {
			return err
		}
		*v = visit{Seconds: fetched.Seconds, Spent: fetched.Spent, Tops: n.Tops - m.First.Tops}
	}
	return nil
}

// afterSession waits until the server has told of the end of so many sessions.
func afterSession(ctx context.Context, latest <-chan serverCounts, sessions int) (serverCounts, error) {
	limit := time.NewTimer(stopTime)
	defer limit.Stop()
	for {
		select {
		case n := <-latest:
			if n.Ended >= sessions {
				return n, nil
			}
		case <-limit.C:
			return serverCounts{}, errors.New("the server does not say that the session has ended")
		case <-ctx.Done():
			return serverCounts{}, context.Cause(ctx)
		}
	}
}

// roundTrip is how long a command takes over the line, in seconds: the median of some.
func roundTrip(ctx context.Context, address string) (float64, error) {
	const commands = 21
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return 0, err
	}
	defer func() { _ = conn.Close() }() // the session does it at its end, and nothing is lost
	session, err := pop3.NewSession(ctx, conn, nil)
	if err != nil {
		return 0, err
	}
	took := make([]float64, commands)
	for i := range took {
		start := time.Now()
		if _, err := session.Capa(ctx); err != nil {
			return 0, err
		}
		took[i] = time.Since(start).Seconds()
	}
	return spreadOf(took).median, session.Quit(ctx)
}

// check refuses a refresh that asked for other headers than it had to.
func (m *refreshed) check() error {
	if m.First.Tops != m.Messages {
		return fmt.Errorf("the refresh of %s sent %s", count(m.Messages, "message"), count(m.First.Tops, "TOP"))
	}
	if m.Again.Tops != 0 {
		return fmt.Errorf("a refresh with nothing new sent %s", count(m.Again.Tops, "TOP"))
	}
	return nil
}

// verifyHeaders checks that a store is sound and that its account's mailbox lists all messages, each with its size and
// the octets of its header.
func verifyHeaders(ctx context.Context, dir string, box *mailbox) (err error) {
	st, err := openStore(dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	account, err := mtm.FindAccount(ctx, st, accountName)
	if err != nil {
		return err
	}
	return verifyEntries(ctx, st, account.ID, "mailbox", box, true, sameHeader)
}

// sameHeader compares what is kept of a message with its header, the blank line included.
func sameHeader(ctx context.Context, st *store.Store, e *store.Entry, want maildrop.Message) (err error) {
	if e.Size != want.Size() {
		return fmt.Errorf("message %s is listed with %d octets, served were %d", want.UID(), e.Size, want.Size())
	}
	body, err := st.Body(ctx, e.ID)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, body.Close()) }()
	kept, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	served, err := want.Open()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, served.Close()) }()
	start := make([]byte, min(want.Size(), int64(len(kept)))) // the header has its end at the end of what is kept
	if _, err := io.ReadFull(served, start); err != nil {
		return err
	}
	if end := []byte("\r\n\r\n"); !bytes.Equal(kept, start) || bytes.Index(kept, end) != len(kept)-len(end) {
		return fmt.Errorf("the header of message %s differs from what was served", want.UID())
	}
	return nil
}
