package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"pop3mtm/cmd/internal/cli"
)

// sessionsBench is the command.
type sessionsBench struct {
	setup
	at      []int // sessions at once
	idle    int
	time    time.Duration
	servers []string
}

const (
	mostSessions   = 10_000
	longestSession = time.Hour
)

func newSessions() *cobra.Command {
	var s sessionsBench
	c := &cobra.Command{
		Use:   "sessions",
		Short: "Opens sessions as fast as a server takes them, and holds many",
		Long: `Sessions measures a server, not mail: how many times a second it takes login, STAT and QUIT on a connection of its own,
one session at a time and several at once; and what a session costs it in memory that is logged in and waits. Each worker
has a user of its own, since a mailbox is for one session at a time. The memory of idle sessions is the server's largest
resident set with them, less that with a single one, by their number; of a server of others the sum over its processes.

The client is a process of its own. Dovecot has to be installed (in Debian dovecot-pop3d), and so has Mailpit
(go install github.com/axllent/mailpit@v1.33.1), whose users share one mailbox of at most 100 messages.`,
		Example: `  bench sessions
  bench sessions --at-once 1,8,32 --time 5s
  bench sessions --server pop3sim,dovecot,mailpit --idle 500
  bench sessions --target 127.0.0.1:1110 --user 'user{n}' --password secret`,
	}
	s.addFlags(c, 10, 2<<10, 3, 0)
	f := c.Flags()
	f.IntSliceVar(&s.at, "at-once", []int{1, 8}, "sessions at once")
	f.DurationVar(&s.time, "time", 2*time.Second, "how long sessions are opened in each run")
	f.IntVar(&s.idle, "idle", 1000, "idle sessions to hold; 0 leaves that out")
	f.StringSliceVar(&s.servers, "server", []string{simulatorName}, "servers: "+strings.Join(sessionServers(), ", "))
	f.StringVar(&s.mailpit, "mailpit", "", "path of the program mailpit, when it is not on the PATH")
	s.addServerFlags(f)
	c.RunE = func(c *cobra.Command, _ []string) error {
		if err := s.setup.validate(f); err != nil {
			return err
		}
		if err := s.validate(); err != nil {
			return err
		}
		return s.withServers(c.Context(), s.servers, s.most(), func(servers []serverSpec, versions []participant) error {
			return s.withSpool(c.Context(), c.ErrOrStderr(), s.most(), func(spool string) error {
				return s.plan(servers, versions, spool).run(c)
			})
		})
	}
	return c
}

// most is the largest number of sessions at once, and so of users.
func (s *sessionsBench) most() int {
	most := s.idle
	for _, n := range s.at {
		most = max(most, n)
	}
	return most
}

// sessionServers are all that there are.
func sessionServers() []string { return []string{simulatorName, dovecotName, mailpitName} }

func (s *sessionsBench) validate() error {
	for _, n := range s.at {
		if n < 1 || n > mostSessions {
			return cli.Usage("--at-once takes 1 to %d, not %d", mostSessions, n)
		}
	}
	switch {
	case len(s.at) == 0:
		return cli.Usage("--at-once is empty")
	case s.idle < 0 || s.idle > mostSessions:
		return cli.Usage("--idle takes 0 to %d, not %d", mostSessions, s.idle)
	case s.time < 10*time.Millisecond || s.time > longestSession:
		return cli.Usage("--time takes 10ms to %v, not %v", longestSession, s.time)
	case s.target != "" && s.most() > 1 && !strings.Contains(s.user, "{n}"):
		return cli.Usage("--at-once above 1 and --idle need a user for each session: write --user 'user{n}', or --at-once 1 --idle 0")
	}
	if s.mailpit != "" && !slices.Contains(s.servers, mailpitName) {
		return cli.Usage("--mailpit goes with --server %s", mailpitName)
	}
	return checkServers(s.servers, sessionServers(), s.target)
}

func (s *sessionsBench) plan(servers []serverSpec, versions []participant, spool string) *plan {
	p := s.begin("sessions")
	p.found.Unit = "sessions"
	p.found.What = fmt.Sprintf("login, STAT and QUIT, %v each", s.time)
	p.found.Servers = versions
	for _, server := range servers {
		add := func(name, visit string, j job) {
			p.trials = append(p.trials, trial{
				Label: visit + ", " + server.Name, Server: server, Client: clientSpec{Name: name}, Line: s.line(), Accounts: 1,
				Spool: spool, Visits: []visitSpec{{visit, s.box, j}},
			})
		}
		for _, n := range s.at {
			add(sessionsName, fmt.Sprintf("%d at once", n), job{Users: s.most(), Workers: n, Time: s.time})
		}
		if s.idle > 0 {
			hold := func(n int) job {
				j := job{Users: s.most(), Workers: n}
				if server.Process != 0 { // its memory has to be looked at meanwhile, which takes the longer the more processes it has
					j.Hold = 5*lookEvery + time.Duration(n)*5*time.Millisecond
				}
				return j
			}
			add(holdName, heldVisit(1), hold(1))
			add(holdName, heldVisit(s.idle), hold(s.idle))
		}
	}
	p.conclude = func() { p.found.weigh(s.idle) }
	return p
}

func heldVisit(n int) string { return fmt.Sprintf("%d held", n) }

// weigh finds what an idle session costs each server: the memory with many less that with one.
func (r *results) weigh(sessions int) {
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
		h := held{Server: p.Name, Sessions: sessions, Each: max(0, many-one) / float64(sessions-1)}
		r.Held = append(r.Held, h)
		r.Notes = append(r.Notes, fmt.Sprintf("An idle session costs %s %s of memory, of %d held.", h.Server, octets(int64(h.Each)), h.Sessions))
	}
}
