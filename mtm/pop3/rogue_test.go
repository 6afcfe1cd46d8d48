package pop3

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

var (
	rogueDepth = flag.Int("rogue-depth", 0, "enumerate all mixes of this number of faults in the replies of a server, instead of a sample")
	rogueFor   = flag.Duration("rogue-for", 0, "try random mixes of faults for so long")
	rogueSeed  = flag.Uint64("rogue-seed", 0, "where the random mixes begin, 0 = by the time")
)

// rogueSink keeps the messages of a run, and records calls that must not occur.
type rogueSink struct {
	set    *rogueSetting
	hand   bytes.Buffer
	number int // the current message
	stored map[int]string
	failed map[int]bool
	wrong  string
}

func (s *rogueSink) Message(n int) (io.Writer, error) {
	s.hand.Reset()
	s.number = n
	return &s.hand, nil
}

func (s *rogueSink) Done(n int, octets int64, err error) error {
	if _, twice := s.stored[n]; twice || s.failed[n] {
		s.wrong = fmt.Sprintf("message %d is done twice", n)
	}
	if err != nil {
		s.failed[n] = true
		return nil
	}
	if s.number != n || octets != int64(s.hand.Len()) {
		s.wrong = fmt.Sprintf("message %d of %d octets is done, and %d of %d octets is in hand", n, octets, s.number, s.hand.Len())
	}
	s.stored[n] = s.hand.String()
	return nil
}

// rogueSizer is a rogueSink that knows the sizes in LIST.
type rogueSizer struct{ *rogueSink }

func (s rogueSizer) Size(n int) int64 { return s.set.size(n) }

// play runs one mix of faults, and returns what went wrong, or "". It must be called in a synctest
// bubble.
func (set *rogueSetting) play(spots []rogueSpot) string {
	client, there := net.Pipe()
	server := &rogueServer{set: set, spots: spots, asked: map[int]int{}}
	ended := make(chan struct{})
	go func() {
		server.serve(there)
		close(ended)
	}()
	sink := &rogueSink{set: set, stored: map[int]string{}, failed: map[int]bool{}}
	ctx := context.Background()
	s, err := NewSession(ctx, client, nil)
	if err == nil {
		s.witness.trust = set.trust
		s.probe.learn(fmt.Appendf(nil, "%d 4711", set.messages))
		if set.stat == saysERR {
			s.probe.turn(saysERR)
		}
		if set.pipelined {
			s.caps = Capabilities{"PIPELINING": nil}
		}
		numbers := make([]int, set.messages)
		for i := range numbers {
			numbers[i] = i + 1
		}
		switch {
		case set.verb == "TOP":
			err = s.TopAll(ctx, numbers, 0, sink)
		case set.known:
			err = s.RetrAll(ctx, numbers, rogueSizer{sink})
		default:
			err = s.RetrAll(ctx, numbers, sink)
		}
		_ = s.Close()
	}
	<-ended
	<-time.After(time.Hour) // of the bubble: the timers of deadlines hold no memory after that
	return set.judge(sink, server, err)
}

// judge returns what went wrong, or "". A stored message must have exactly its own octets, each
// message one Done, and a run without an error a Done for every message.
func (set *rogueSetting) judge(sink *rogueSink, server *rogueServer, err error) string {
	if sink.wrong != "" {
		return sink.wrong
	}
	for n, got := range sink.stored {
		// Without PIPELINING and a known size, a message that ends at an unstuffed dot looks
		// complete.
		if set.blind() && strings.HasPrefix(set.rogueBody(n), got) && slices.Contains(server.spots, rogueSpot{n, loneDot}) {
			continue
		}
		if want := set.rogueBody(n); got != want {
			return fmt.Sprintf("message %d is kept as %q", n, strings.NewReplacer("xxxxxxxxxx", "*", "yyyyyyyyyy", "").Replace(got))
		}
	}
	if told := len(sink.stored) + len(sink.failed); err == nil && told != set.messages {
		return fmt.Sprintf("%d of %d messages are reported", told, set.messages)
	}
	if len(server.heard) > 100*set.messages {
		return fmt.Sprintf("%d commands were sent", len(server.heard))
	}
	if len(server.spots) == 0 && (err != nil || len(sink.failed) > 0) {
		return fmt.Sprintf("without a fault: %v, %d failed", err, len(sink.failed))
	}
	return ""
}

// unheard reports whether extra octets may come after the client has looked for them, and nothing
// else distinguishes them from the next reply. Without PIPELINING three faults can then look like
// none.
func (set *rogueSetting) unheard() bool {
	return set.single() && (set.late || set.chunk > 0) && (!set.known || set.trust == estimates)
}

// blind reports whether neither a size nor a probe shows where a message ends.
func (set *rogueSetting) blind() bool { return set.single() && !set.known }

// single reports whether the session sends one command at a time, now or later.
func (set *rogueSetting) single() bool { return !set.pipelined || set.stat == saysERR || set.changes }

// shrink removes faults as long as the mix still fails.
func (set *rogueSetting) shrink(spots []rogueSpot) []rogueSpot {
	for i := 0; i < len(spots); {
		if less := slices.Delete(slices.Clone(spots), i, i+1); set.play(less) != "" {
			spots, i = less, 0
			continue
		}
		i++
	}
	return spots
}

// rogueSettings returns the sessions in which mixes of faults are tried.
func rogueSettings(messages int) (all []*rogueSetting) {
	base := []rogueSetting{
		{verb: "RETR", trust: exact, known: true}, {verb: "RETR", trust: exact, known: true, alike: true},
		{verb: "RETR", trust: untested, known: true}, {verb: "RETR", trust: untested, known: true, alike: true},
		{verb: "RETR", trust: estimates, known: true}, {verb: "RETR", trust: untested}, {verb: "TOP", trust: exact, alike: true},
		{verb: "RETR", trust: untested, known: true, stat: saysERR}, {verb: "TOP", stat: saysERR},
		{verb: "RETR", trust: estimates, known: true, changes: true}, {verb: "TOP", changes: true},
	}
	for _, one := range base {
		for bits := range 8 {
			set := one
			set.messages, set.pipelined, set.counted, set.always = messages, bits&1 > 0, bits&2 > 0, bits&4 > 0
			all = append(all, &set)
			if !set.pipelined {
				late := set
				late.late = true
				all = append(all, &late)
			}
		}
	}
	return all
}

// mixes calls f with all mixes of up to a number of faults, the small ones first, until it returns
// false.
func mixes(spots []rogueSpot, depth int, f func([]rogueSpot) bool) {
	var some []rogueSpot
	var add func(from, left int) bool
	add = func(from, left int) bool {
		if left == 0 {
			return f(some)
		}
		for i := from; i+left <= len(spots); i++ {
			some = append(some, spots[i])
			more := add(i+1, left-1)
			some = some[:len(some)-1]
			if !more {
				return false
			}
		}
		return true
	}
	for n := range depth + 1 {
		if !add(0, n) {
			return
		}
	}
}

func allSpots(messages int) (all []rogueSpot) {
	for n := range messages {
		for f := range rogueFaults {
			all = append(all, rogueSpot{n + 1, f})
		}
	}
	return all
}

// report shrinks a mix that failed, and reports it.
func (set *rogueSetting) report(t *testing.T, spots []rogueSpot, why string) {
	t.Helper()
	small := set.shrink(slices.Clone(spots))
	if again := set.play(small); again != "" {
		spots, why = small, again
	}
	t.Errorf("%+v\n%v\n%s", *set, spots, why)
}

// Whatever a server sends, no stored message may contain an octet of something else.
func TestNoMixOfFaultsMakesOneMessageOfTwo(t *testing.T) {
	t.Parallel()
	const messages = 3
	depth, step := 2, 23 // a sample
	if *rogueDepth > 0 {
		depth, step = *rogueDepth, 1
	}
	tried, found := 0, 0
	for i, set := range rogueSettings(messages) {
		synctest.Test(t, func(t *testing.T) {
			at := i
			mixes(allSpots(messages), depth, func(spots []rogueSpot) bool {
				if at++; len(spots) > 1 && at%step > 0 {
					return true
				}
				if set.unheard() && len(spots) > 2 {
					return true
				}
				tried++
				if why := set.play(spots); why != "" {
					set.report(t, spots, why)
					found++
				}
				return found < 4
			})
		})
		if *rogueDepth > 0 {
			t.Logf("%d of %d settings, %d tried so far", i+1, len(rogueSettings(messages)), tried)
		}
	}
	t.Logf("%d settings, mixes of up to %d faults, %d tried, %d wrong", len(rogueSettings(messages)), depth, tried, found)
}

// TestRandomMixesOfFaults runs for the time of -rogue-for, with more messages, more faults, and
// octets in pieces.
func TestRandomMixesOfFaults(t *testing.T) {
	if *rogueFor == 0 {
		t.Skip("-rogue-for says for how long")
	}
	t.Parallel()
	seed := *rogueSeed
	if seed == 0 {
		seed = uint64(time.Now().UnixNano())
	}
	random := rand.New(rand.NewPCG(seed, 12))
	until := time.Now().Add(*rogueFor)
	tried := 0
	defer func() { t.Logf("seed %d: %d mixes tried", seed, tried) }()
	for time.Now().Before(until) && !t.Failed() {
		messages := 2 + random.IntN(7)
		all, settings := allSpots(messages), rogueSettings(messages)
		synctest.Test(t, func(t *testing.T) {
			for range 500 {
				set := settings[random.IntN(len(settings))]
				set.chunk = []int{0, 0, 1, 3, 17, 100}[random.IntN(6)]
				var spots []rogueSpot
				for range 1 + random.IntN(8) {
					spots = append(spots, all[random.IntN(len(all))])
				}
				if set.unheard() {
					spots = spots[:min(2, len(spots))]
				}
				tried++
				if why := set.play(spots); why != "" {
					set.report(t, spots, why)
					return
				}
			}
		})
	}
}
