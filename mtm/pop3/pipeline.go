package pop3

import (
	"context"
	"errors"
	"hash/maphash"
	"net"
	"strconv"
	"time"
)

// run is one pipelined run: a window of commands, a goroutine that writes them, and the
// caller's goroutine, which reads one reply after the other (receive.go) and does about it what
// the table of next says.
type run struct {
	s       *Session
	verb    string
	tail    string // after the number
	numbers []int
	body    bool
	sink    Sink
	sizes   Sizer    // nil when the sink knows none
	follows Follower // nil when the sink does not follow

	state   state
	sent    int // index of the next message to ask for
	flights flights
	window  int            // how many messages may be in flight now
	widest  int            // and at most
	told    map[int64]bool // sizes of the messages since the last probe
	fresh   bool           // all before is proven, and what is asked for next is asked for alone
	whole   int            // 1 + the index of a message whose first line is its own though it looks like a second status line

	kept   []answer // held back: not yet proven
	room   int      // octets that may still be held back
	print  *uint64  // of the octets of the message before, nil when nobody counted them
	seed   maphash.Seed
	cause  *ProtocolError // the evidence that made the run probing
	blamed answer         // what is asked for again because of it
	final  bool           // it was asked for again in vain
	second second
	owed   int   // answers to probes that may still come then
	turned bool  // the answer to the probe that was read last shows that STAT is odd
	vain   int   // how often that was, one after the other, with no message in between
	failed error // of the sink

	seen func(from state, e event, a action, to state) // hears of each step, for tests; nil is the rule

	batches chan []byte
	spare   chan []byte
}

// batchSlots bounds the batches that wait for the writer. With all slots taken the next
// batch waits for a reply.
const batchSlots = 4

// holdOctets bounds what is held back.
const holdOctets = 8 << 20

// untestedOctets bounds what is thrown away when the first messages show that sizes are estimates.
const untestedOctets = 1 << 20

func (s *Session) runAll(ctx context.Context, r *run) error {
	for _, n := range r.numbers {
		if err := checkNumber(n); err != nil {
			return err
		}
	}
	stop, err := s.begin(ctx, command{verb: r.verb})
	if err != nil {
		return err
	}
	defer stop()
	r.s = s
	if err = r.start(ctx); err != nil {
		return err
	}
	// The reader waits whenever the writer does, and its deadline is enough: a server busy with one
	// long reply need not read commands.
	if err = s.line.unbindWrites(); err != nil {
		return s.spoil(lineError(ctx, command{verb: r.verb}, s.opt.Timeout, err))
	}
	r.batches = make(chan []byte, batchSlots)
	r.spare = make(chan []byte, batchSlots)
	written := make(chan error, 1)
	go func() { written <- r.write(s.line.conn) }()
	clean := false
	defer func() {
		if !clean { // spoiled already, or the sink panicked: the writer must not wait for the server
			_ = s.Close()
			close(r.batches)
			<-written //nolint:errcheck // the session has its error
		}
	}()
	if err = r.read(ctx); err != nil {
		return err
	}
	clean = true
	close(r.batches)
	// A right server has read what it has answered, but nobody else may keep the writer waiting.
	err = s.line.wait(writing, time.Now().Add(s.opt.Timeout))
	if writeErr := <-written; err == nil {
		err = writeErr
	}
	if err != nil {
		return s.spoil(lineError(ctx, command{verb: r.verb}, s.opt.Timeout, err))
	}
	return r.failed
}

// start finds out how wide the window may be. Messages in flight need STAT for a probe, whose
// answer is known; where it is odd, that of NOOP is, before anything is in flight.
func (r *run) start(ctx context.Context) error {
	r.widest = r.s.window()
	if r.body {
		r.sizes, _ = r.sink.(Sizer)
		r.follows, _ = r.sink.(Follower)
		r.told = make(map[int64]bool)
		if (r.widest > 1 || r.s.probe.odd) && len(r.numbers) > 0 && !r.s.probe.asked {
			if err := r.s.learnProbe(ctx, command{verb: r.verb, number: r.numbers[0]}); err != nil {
				return err
			}
		}
		if r.s.probe.odd {
			r.widest = 1
		}
	}
	r.seed = maphash.MakeSeed()
	r.window = r.widest
	r.room = holdOctets
	return nil
}

// write sends batches until there are no more. Until the last reply has come its error needs no
// report: the reader sees the line end.
func (r *run) write(conn net.Conn) error {
	for batch := range r.batches {
		if _, err := conn.Write(batch); err != nil {
			return err
		}
		select {
		case r.spare <- batch:
		default:
		}
	}
	return nil
}

// read sends commands and reads their replies until all are answered. Its error ends the session;
// that of the sink is kept in failed.
func (r *run) read(ctx context.Context) error {
	for {
		switch {
		case r.state == probing:
			if err := r.resync(ctx); err != nil {
				return r.both(err)
			}
		case r.failed != nil && r.flights.empty():
			return nil
		case r.failed != nil && r.body:
			if err := r.apply(givenUp, answer{}, nil); err != nil {
				return err
			}
			continue
		case r.failed != nil: // what was deleted is deleted
		case r.state == suspect:
			if err := r.ask(); err != nil {
				return err
			}
		default:
			if err := r.refill(); err != nil {
				return err
			}
			if r.state == inSync && r.flights.empty() {
				return nil
			}
		}
		if r.flights.empty() {
			continue
		}
		one := *r.flights.front()
		if err := ctx.Err(); err != nil { // replies that have come already wait for nothing, and would go on
			return r.apply(broken, answer{}, lineError(ctx, r.command(one), 0, err))
		}
		e, got, err := r.receive(ctx, one)
		r.flights.pop()
		if err = r.apply(e, got, err); err != nil {
			return err
		}
	}
}

// both adds the sink's error to one that ends the session.
func (r *run) both(err error) error {
	if r.failed != nil && !errors.Is(err, r.failed) {
		return errors.Join(r.failed, err)
	}
	return err
}

// refill hands the writer a batch of commands once half of the window is free.
func (r *run) refill() error {
	f := &r.flights
	if r.sent == len(r.numbers) || f.messages*2 > r.window || f.octets*2 > r.s.opt.WindowBytes || !f.empty() && len(r.batches) == batchSlots {
		return nil
	}
	if f.empty() {
		c := command{verb: r.verb, number: r.numbers[r.sent]}
		if err := r.checkWritten(c); err != nil {
			return err
		}
		if rest := r.s.unasked(); len(rest) > 0 {
			e := extra
			if !r.body {
				e = nonsense
			}
			return r.apply(e, answer{flight: flight{index: r.sent}}, c.protocolError(nothingBefore, rest))
		}
	}
	batch := r.batch()
	if r.stopped() && r.pipelined() && !f.empty() {
		batch = r.addProbe(batch)
	}
	for r.sent < len(r.numbers) && f.messages < r.window {
		one := r.plan()
		if !f.empty() && (f.octets+one.length > r.s.opt.WindowBytes || r.s.witness.trust == untested && f.expected+one.size > untestedOctets) {
			break
		}
		if one.telling && r.told[one.size] { // the two would look alike
			batch = r.addProbe(batch)
		}
		batch = r.add(batch, one)
		r.sent++
		if one.probed || r.sent == len(r.numbers) && r.pipelined() {
			batch = r.addProbe(batch)
		}
	}
	if len(batch) > 0 {
		r.batches <- batch
	}
	return nil
}

// stopped reports whether no more messages are to be asked for; those in flight are the last.
func (r *run) stopped() bool {
	if !r.body || r.sent == len(r.numbers) || r.s.stops == nil || !r.s.stops() {
		return false
	}
	r.numbers = r.numbers[:r.sent]
	return true
}

// batch returns an empty batch, in memory that was used before if there is some.
func (r *run) batch() []byte {
	select {
	case batch := <-r.spare:
		return batch[:0]
	default:
		return nil
	}
}

// pipelined reports whether probes go out behind messages at no cost of a round trip.
func (r *run) pipelined() bool { return r.body && r.widest > 1 }

// plan returns the next message's command.
func (r *run) plan() flight {
	n := r.numbers[r.sent]
	one := flight{index: r.sent, number: n, length: r.commandLen(n), alone: r.fresh}
	if !r.body {
		return one
	}
	if r.sizes != nil {
		one.size = max(0, r.sizes.Size(n))
		one.telling = one.size > 0 && r.s.witness.trust != estimates
	}
	if r.pipelined() {
		one.probed = one.alone || !one.telling || r.s.witness.trust == untested
	} else {
		one.compare = !one.telling || r.told[one.size] || r.sent+1 < len(r.numbers) && r.sizes.Size(r.numbers[r.sent+1]) == one.size
		clear(r.told)
	}
	return one
}

// add appends a message's command to a batch.
func (r *run) add(batch []byte, one flight) []byte {
	batch = append(batch, r.verb...)
	batch = append(batch, ' ')
	batch = strconv.AppendInt(batch, int64(one.number), 10)
	batch = append(batch, r.tail...)
	batch = append(batch, "\r\n"...)
	r.flights.push(one)
	r.fresh = false
	if one.telling {
		r.told[one.size] = true
	}
	return batch
}

// addProbe appends a probe to a batch.
func (r *run) addProbe(batch []byte) []byte {
	verb := r.s.probe.verb()
	r.flights.push(flight{index: r.sent, length: len(verb) + 2})
	clear(r.told)
	return append(append(batch, verb...), "\r\n"...)
}

// ask sends a probe unless one is in flight. With all slots taken the next reply comes first.
func (r *run) ask() error {
	if !r.s.probe.tells() {
		return r.apply(nonsense, answer{}, r.s.probe.untold(r.culprit()))
	}
	if r.flights.empty() {
		if err := r.checkWritten(r.command(r.kept[0].flight)); err != nil {
			return err
		}
	}
	if r.flights.probes == 0 && len(r.batches) < batchSlots {
		r.batches <- r.addProbe(r.batch())
	}
	return nil
}

// checkWritten is called when no reply is due.
func (r *run) checkWritten(c command) error {
	if len(r.batches) > 0 { // then there is room again only when the server has read
		return r.apply(nonsense, answer{}, c.protocolError("no answers to commands that are not yet sent", nil))
	}
	return nil
}

func (r *run) commandLen(n int) int {
	digits := 1
	for ; n > 9; n /= 10 {
		digits++
	}
	return len(r.verb) + 1 + digits + len(r.tail) + 2
}
