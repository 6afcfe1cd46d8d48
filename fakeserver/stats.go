package fakeserver

import (
	"slices"
	"sync/atomic"
	"time"

	"pop3mtm/fakeserver/edit"
)

// Stats counts what a server has done since it was created.
type Stats struct {
	// Sessions is the number of sessions so far, Open that of open ones, and Refused that of
	// clients beyond Options.MaxSessions.
	Sessions, Open, Refused int64
	// Sent counts the octets of replies.
	Sent int64

	// The rest is counted with Options.Timed only.

	// Received are octets of whole lines and bodies of clients.
	Received int64
	// Faults counts the answers of rules.
	Faults int64
	// Commands are by verb, sorted. Verbs that the protocol does not have are together, under
	// "other".
	Commands []CommandStats
	// Durations of commands, from the command to the last octet of the reply, and of ended
	// sessions.
	CommandTimes, SessionTimes Times
}

// CommandStats counts the commands with one verb, by the answer: +OK, -ERR (in SMTP 4xx or 5xx), or
// anything else that a rule has sent.
type CommandStats struct {
	Verb                string
	OK, Refused, Broken int64
}

// Times is a histogram of durations.
type Times struct {
	Count int64
	Sum   time.Duration
	// Within has, for each of TimeBounds, the number of durations up to that bound.
	Within []int64
}

// TimeBounds returns the bounds of Times.
func TimeBounds() []time.Duration {
	return []time.Duration{100 * time.Microsecond, time.Millisecond, 5 * time.Millisecond, 25 * time.Millisecond, 100 * time.Millisecond,
		500 * time.Millisecond, time.Second, 5 * time.Second, 30 * time.Second, time.Minute, 10 * time.Minute}
}

// Plus returns the sum of what two servers have counted.
func (s Stats) Plus(other Stats) Stats {
	s.Sessions += other.Sessions
	s.Open += other.Open
	s.Refused += other.Refused
	s.Sent += other.Sent
	s.Received += other.Received
	s.Faults += other.Faults
	s.CommandTimes = s.CommandTimes.plus(other.CommandTimes)
	s.SessionTimes = s.SessionTimes.plus(other.SessionTimes)
	s.Commands = slices.Clone(s.Commands)
	for _, c := range other.Commands {
		i := slices.IndexFunc(s.Commands, func(have CommandStats) bool { return have.Verb == c.Verb })
		if i < 0 {
			s.Commands = append(s.Commands, c)
			continue
		}
		s.Commands[i].OK += c.OK
		s.Commands[i].Refused += c.Refused
		s.Commands[i].Broken += c.Broken
	}
	return s
}

func (t Times) plus(other Times) Times {
	sum := Times{Count: t.Count + other.Count, Sum: t.Sum + other.Sum, Within: make([]int64, len(TimeBounds()))}
	for _, within := range [][]int64{t.Within, other.Within} {
		for i, n := range within {
			sum.Within[i] += n
		}
	}
	return sum
}

// stats holds the counters behind Stats. They need no lock.
type stats struct {
	refused, received, sent, faults atomic.Int64
	other                           verbStats
	bounds                          []time.Duration
	commands, sessions              times
}

// knownVerb is a verb of a server.
type knownVerb struct {
	Verb
	open  bool // no command that begins like this is secret
	tally verbStats
}

type verbStats struct{ ok, refused, broken atomic.Int64 }

type times struct {
	count, sum atomic.Int64
	buckets    []atomic.Int64
}

func (s *stats) prepare() {
	s.bounds = TimeBounds()
	s.commands.buckets = make([]atomic.Int64, len(s.bounds))
	s.sessions.buckets = make([]atomic.Int64, len(s.bounds))
}

// counts are those of one session that are not in its server's stats yet: pipelined commands are
// counted together.
type counts struct {
	stats             *stats
	received, instant int64      // instant: commands that took no measurable time
	verb              *verbStats // of the successes
	ok                int64
}

// settle adds the counts to the stats.
func (c *counts) settle() {
	if c.received > 0 {
		c.stats.received.Add(c.received)
	}
	if c.ok > 0 {
		c.verb.ok.Add(c.ok)
	}
	if c.instant > 0 {
		c.stats.commands.count.Add(c.instant)
		c.stats.commands.buckets[0].Add(c.instant)
	}
	c.received, c.ok, c.instant = 0, 0, 0
}

// took counts the time of a command.
func (c *counts) took(d time.Duration) {
	if d == 0 {
		c.instant++
		return
	}
	c.stats.commands.add(d, c.stats.bounds)
}

// answered counts a command of a verb, or an event, with its reply. ruled reports whether a rule
// has answered.
func (c *counts) answered(v *verbStats, event, ruled bool, reply edit.Reply) {
	if ruled {
		c.stats.faults.Add(1)
	}
	if event {
		return
	}
	if v == nil {
		v = &c.stats.other
	}
	switch {
	case reply.StartsWith("+OK"):
		if v != c.verb {
			c.settle()
			c.verb = v
		}
		c.ok++
	case reply.StartsWith("-ERR"), reply.StartsWith("4"), reply.StartsWith("5"):
		v.refused.Add(1)
	case reply.Bearing() >= edit.Challenge:
		v.ok.Add(1)
	default:
		v.broken.Add(1)
	}
}

func (t *times) add(d time.Duration, bounds []time.Duration) {
	t.count.Add(1)
	t.sum.Add(int64(d))
	if i, _ := slices.BinarySearch(bounds, d); i < len(bounds) {
		t.buckets[i].Add(1)
	}
}

func (t *times) snapshot() Times {
	all := Times{Count: t.count.Load(), Sum: time.Duration(t.sum.Load()), Within: make([]int64, len(t.buckets))}
	below := int64(0)
	for i := range t.buckets {
		below += t.buckets[i].Load()
		all.Within[i] = below
	}
	return all
}

// snapshot returns the counts so far; those of sessions and verbs are for the server.
func (s *stats) snapshot() Stats {
	return Stats{Refused: s.refused.Load(), Received: s.received.Load(), Sent: s.sent.Load(), Faults: s.faults.Load(),
		CommandTimes: s.commands.snapshot(), SessionTimes: s.sessions.snapshot()}
}

func (v *verbStats) snapshot(verb string) CommandStats {
	return CommandStats{verb, v.ok.Load(), v.refused.Load(), v.broken.Load()}
}
