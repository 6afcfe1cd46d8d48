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

// rogueSink keeps what a run gives, and complains of what it must not do.
type rogueSink struct {
	set    *rogueSetting
	hand   bytes.Buffer
	number int // in hand
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

// rogueSizer knows what LIST says.
type rogueSizer struct{ *rogueSink }

func (s rogueSizer) Size(n int) int64 { return s.set.size(n) }

// play runs one mix of faults, and returns what is wrong, "" for nothing. It must
// be called in a bubble.
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

// judge says what is wrong: a message that is kept holds its own octets and all of them, each has
// one end, a run without an error has told of all, and one that cannot end does end.
func (set *rogueSetting) judge(sink *rogueSink, server *rogueServer, err error) string {
	if sink.wrong != "" {
		return sink.wrong
	}
	for n, got := range sink.stored {
		// What ends at a dot that is not stuffed looks whole, one at a time, where
		// nothing tells its size.
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

// unheard reports whether what is too much may come when the client has looked for it
// already, and nothing else tells it from the next reply. One command at a time three faults
// can then look like none.
func (set *rogueSetting) unheard() bool {
	return set.single() && (set.late || set.chunk > 0) && (!set.known || set.trust == estimates)
}

// blind reports whether neither a size nor a probe tells where a message ends.
func (set *rogueSetting) blind() bool { return set.single() && !set.known }

// single reports whether one command at a time is asked, or will be.
func (set *rogueSetting) single() bool { return !set.pipelined || set.stat == saysERR || set.changes }

// shrink leaves out faults as long as something stays wrong.
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

// rogueSettings are the sessions that mixes of faults are tried in.
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

// mixes calls f with all mixes of a number of faults, the small ones first, until it says no.
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

// report shrinks a mix that went wrong, and shows it.
func (set *rogueSetting) report(t *testing.T, spots []rogueSpot, why string) {
	t.Helper()
	small := set.shrink(slices.Clone(spots))
	if again := set.play(small); again != "" {
		spots, why = small, again
	}
	t.Errorf("%+v\n%v\n%s", *set, spots, why)
}

// A server sends whatever it likes: no message that is kept holds an octet that is not its own.
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

// TestRandomMixesOfFaults goes on for as long as -rogue-for says: more messages, more
// faults, octets in pieces.
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
