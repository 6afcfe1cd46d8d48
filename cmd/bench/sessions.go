package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"pop3mtm/cmd/bench/internal/child"
	"pop3mtm/cmd/bench/internal/clients"
	"pop3mtm/cmd/bench/internal/harness"
	"pop3mtm/cmd/bench/internal/numbers"
	"pop3mtm/cmd/bench/internal/report"
	"pop3mtm/cmd/bench/internal/servers"
	"pop3mtm/cmd/bench/internal/tasks"
	"pop3mtm/cmd/bench/internal/wire"
	"pop3mtm/cmd/bench/internal/workload"
	"pop3mtm/cmd/internal/cli"
	"pop3mtm/fakeserver/maildrop"
)

// sessionsBench measures how many sessions servers handle.
type sessionsBench struct {
	harness.Setup
	at      []int // numbers of sessions at the same time, each measured in turn
	idle    int
	time    time.Duration
	servers []string
}

// SessionsMode returns the mode that runs it.
func SessionsMode() harness.Mode {
	return harness.Mode{
		Command: newSessions(), Hidden: []*cobra.Command{newSessionsClient()},
		Kinds: clients.Kinds{Clients: []func() clients.Client{func() clients.Client { return new(opener) }}, Tasks: []func() tasks.Task{func() tasks.Task { return new(nothing) }}},
	}
}

const (
	mostSessions   = 10_000
	longestSession = time.Hour
)

func newSessions() *cobra.Command {
	var s sessionsBench
	c := &cobra.Command{
		Use:   "sessions",
		Short: "Open sessions as fast as a server accepts them, and hold many",
		Long: `Sessions measures how many sessions per second a server handles (login, STAT and QUIT), one at a time and several at once,
and how much memory a logged-in, idle session costs. Each worker has a user of its own, since only one session at a time can
use a mailbox. To get the memory of an idle session, the server's largest resident set with one session is subtracted from
that with all of them, and the difference is divided by their number. For third-party servers the resident sets of all their
processes are added up.

The client runs as a separate process. Dovecot has to be installed (in Debian dovecot-pop3d), and so has Mailpit
(go install github.com/axllent/mailpit@v1.33.1), whose users share one mailbox of at most 100 messages.`,
		Example: `  bench sessions
  bench sessions --at-once 1,8,32 --time 5s
  bench sessions --server pop3sim,dovecot,mailpit --idle 500
  bench sessions --target 127.0.0.1:1110 --user 'user{n}' --password secret`,
	}
	s.AddFlags(c, 10, 2<<10, 3, 0)
	f := c.Flags()
	f.IntSliceVar(&s.at, "at-once", []int{1, 8}, "numbers of simultaneous sessions to measure")
	f.DurationVar(&s.time, "time", 2*time.Second, "how long each run opens sessions")
	f.IntVar(&s.idle, "idle", 1000, "number of idle sessions to hold; 0 for none")
	f.StringSliceVar(&s.servers, "server", []string{servers.Simulator}, "servers: "+strings.Join(sessionServers(), ", "))
	f.StringVar(&s.Mailpit, "mailpit", "", "`PATH` of the program mailpit, when it is not on the PATH")
	s.AddServerFlags(f)
	c.RunE = func(c *cobra.Command, _ []string) error {
		if err := s.Setup.Validate(f); err != nil {
			return err
		}
		if err := s.validate(); err != nil {
			return err
		}
		return s.WithServers(c.Context(), s.servers, s.most(), func(hosts []servers.Spec, versions []report.Participant) error {
			return s.WithSpool(c.Context(), c.ErrOrStderr(), s.most(), func(spool string) error {
				return s.plan(hosts, versions, spool).Run(c)
			})
		})
	}
	return c
}

// most returns the largest number of sessions at the same time, which is the number of users.
func (s *sessionsBench) most() int {
	most := s.idle
	for _, n := range s.at {
		most = max(most, n)
	}
	return most
}

// sessionServers returns the names that --server takes.
func sessionServers() []string {
	return []string{servers.Simulator, servers.DovecotName, servers.MailpitName}
}

func (s *sessionsBench) validate() error {
	for _, n := range s.at {
		if n < 1 || n > mostSessions {
			return cli.Usage("--at-once takes 1 to %d, not %d", mostSessions, n)
		}
	}
	switch {
	case len(s.at) == 0:
		return cli.Usage("--at-once is empty: it takes one or more numbers of sessions, such as 1,100")
	case s.idle < 0 || s.idle > mostSessions:
		return cli.Usage("--idle takes 0 to %d, not %d", mostSessions, s.idle)
	case s.time < 10*time.Millisecond || s.time > longestSession:
		return cli.Usage("--time takes 10ms to %v, not %v", longestSession, s.time)
	case s.Target != "" && s.most() > 1 && !strings.Contains(s.User, "{n}"):
		return cli.Usage("--at-once above 1 and --idle need a user for each session: use --user 'user{n}', or --at-once 1 --idle 0")
	}
	if s.Mailpit != "" && !slices.Contains(s.servers, servers.MailpitName) {
		return cli.Usage("--mailpit needs --server %s", servers.MailpitName)
	}
	return servers.CheckNames(s.servers, sessionServers(), s.Target)
}

func (s *sessionsBench) plan(hosts []servers.Spec, versions []report.Participant, spool string) *harness.Trials {
	p := s.Begin("sessions")
	p.Found.Unit = "sessions"
	p.Found.What = fmt.Sprintf("login, STAT and QUIT, %v each", s.time)
	p.Found.Servers = versions
	for _, server := range hosts {
		add := func(visit string, who *opener) {
			who.Users = s.most()
			t := harness.NewTrial(visit+", "+server.Name, server, who, s.Line(), harness.NamedVisit(visit, s.Box, new(nothing)))
			t.Users, t.Spool = who.Users, spool
			p.Trials = append(p.Trials, t)
		}
		for _, n := range s.at {
			add(fmt.Sprintf("%d at once", n), &opener{Workers: n, Time: s.time})
		}
		if s.idle > 0 {
			hold := func(n int) *opener {
				o := &opener{Workers: n}
				if server.Process != 0 { // gives time to read the memory of a server with many processes
					o.Hold = 5*child.LookEvery + time.Duration(n)*5*time.Millisecond
				}
				return o
			}
			add(heldVisit(1), hold(1))
			add(heldVisit(s.idle), hold(s.idle))
		}
	}
	p.Then = func() { weigh(p.Found, s.idle) }
	return p
}

func heldVisit(n int) string { return fmt.Sprintf("%d held", n) }

// weigh adds to the results how much memory an idle session needs: the memory with many sessions
// minus that with one, divided by their difference in number.
func weigh(r *report.Results, sessions int) {
	peaks := map[string]map[string]float64{}
	for _, s := range r.Summary {
		if peaks[s.Server] == nil {
			peaks[s.Server] = map[string]float64{}
		}
		peaks[s.Server][s.Visit] = s.ServerPeak
	}
	for _, p := range r.Servers {
		one, many := peaks[p.Name][heldVisit(1)], peaks[p.Name][heldVisit(sessions)]
		if sessions < 2 || one == 0 || many == 0 {
			continue
		}
		h := report.Held{Server: p.Name, Sessions: sessions, Each: max(0, many-one) / float64(sessions-1)}
		r.Held = append(r.Held, h)
		r.Notes = append(r.Notes, fmt.Sprintf("An idle session costs %s %s of memory, measured with %d sessions.", h.Server, numbers.Octets(int64(h.Each)), h.Sessions))
	}
}

// sessionsName and holdName are the names of clients that fetch nothing. One opens sessions one
// after another, the other holds many open.
const (
	sessionsName = "sessions"
	holdName     = "idle sessions"
)

// opener is the client of this benchmark, which runs in a process of its own.
type opener struct {
	Users   int           `json:"users"`
	Workers int           `json:"workers"` // number of sessions at the same time
	Time    time.Duration `json:"time"`    // how long sessions are opened; 0 = each worker holds one open
	Hold    time.Duration `json:"hold"`    // how long sessions are held once all are open
}

// Kind implements Client.
func (*opener) Kind() string { return "sessions" }

// Name implements Client.
func (o *opener) Name() string {
	if o.Time == 0 {
		return holdName
	}
	return sessionsName
}

// Version implements Client.
func (o *opener) Version(context.Context) (string, error) {
	if o.Time == 0 {
		return "sessions that log in and wait, built into the bench", nil
	}
	return "login, STAT and QUIT, built into the bench", nil
}

// Prepare implements Client.
func (*opener) Prepare(context.Context, *clients.Visit) error { return nil }

const sessionsCommand = "sessions-client"

// sessionsSpec is the task that the client reads from standard input, sessionsResult what it writes
// into a file.
type sessionsSpec struct {
	Login servers.Login `json:"login"`
	Open  opener        `json:"open"`
	File  string        `json:"file"`
}

type sessionsResult struct {
	Messages int           `json:"messages"` // as STAT reports them
	Sessions int           `json:"sessions"`
	Latency  *wire.Latency `json:"latency"`
}

func sessionsFile(dir string) string { return filepath.Join(dir, "sessions.json") }

// Fetch implements Client.
func (o *opener) Fetch(ctx context.Context, v *clients.Visit) error {
	return clients.RunProgram(ctx, sessionsCommand, o.Name(), sessionsSpec{v.Login, *o, sessionsFile(v.Dir)})
}

// Verify implements Client.
func (*opener) Verify(_ context.Context, v *clients.Visit, served maildrop.List) (tasks.Kept, error) {
	var r sessionsResult
	if err := clients.ReadJSON(sessionsFile(v.Dir), &r); err != nil {
		return tasks.Kept{}, err
	}
	if r.Messages != served.Len() {
		return tasks.Kept{}, fmt.Errorf("STAT reports %s, but %d were served", numbers.Count(r.Messages, "message"), served.Len())
	}
	return tasks.Kept{Messages: r.Sessions, Latency: r.Latency}, nil
}

// nothing is the task of a client that neither fetches nor deletes messages.
type nothing struct{}

// Kind implements Task.
func (*nothing) Kind() string { return "nothing" }

// Counts implements Task.
func (*nothing) Counts() string { return "" }

// Commands implements Task.
func (*nothing) Commands(maildrop.List) int { return -1 }

// Left implements Task.
func (*nothing) Left(served maildrop.List) int { return served.Len() }

// Needs implements Task.
func (*nothing) Needs(*workload.Mailbox) int64 { return 0 }

// newSessionsClient runs the sessions of one visit.
func newSessionsClient() *cobra.Command {
	return child.Command(sessionsCommand, "Opens the sessions of one trial", func(ctx context.Context, s *sessionsSpec, _ io.Writer) error {
		r, err := s.Run(ctx)
		if err != nil {
			return err
		}
		return clients.WriteJSON(s.File, r)
	})
}

func (s *sessionsSpec) Run(ctx context.Context) (*sessionsResult, error) {
	r := &sessionsResult{}
	took := wire.NewHistogram()
	var lock sync.Mutex
	end := time.Now().Add(s.Open.Time)
	var all sync.WaitGroup // sessions that are held wait here until the last one has logged in
	all.Add(s.Open.Workers)
	together, ctx := errgroup.WithContext(ctx)
	for i := range s.Open.Workers {
		together.Go(func() error {
			l := s.Login.Numbered(i%s.Open.Users, s.Open.Users)
			logged := sync.OnceFunc(all.Done)
			defer logged()
			for n := 0; n == 0 || time.Now().Before(end); n++ {
				start := time.Now()
				stat, err := session(ctx, l, func() {
					logged()
					if s.Open.Time == 0 {
						all.Wait()
						stay(ctx, s.Open.Hold)
					}
				})
				if err != nil {
					return err
				}
				lock.Lock()
				r.Messages, r.Sessions = stat, r.Sessions+1
				wire.Record(took, time.Since(start))
				lock.Unlock()
			}
			return nil
		})
	}
	err := together.Wait()
	if s.Open.Time > 0 {
		r.Latency = wire.LatencyOf("session", took)
	}
	return r, err
}

// stay waits for the given time, or until ctx ends.
func stay(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// session logs in, asks STAT, calls wait, and quits.
func session(ctx context.Context, l servers.Login, wait func()) (messages int, err error) {
	const longestLine = 4 << 10
	s, err := clients.Dial(ctx, l, longestLine)
	if err != nil {
		return 0, err
	}
	defer s.Close()
	if messages, err = s.Count(); err != nil {
		return 0, err
	}
	wait()
	_, err = s.Ask("QUIT")
	return messages, err
}
