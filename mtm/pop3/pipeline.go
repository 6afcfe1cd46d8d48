package pop3

import (
	"context"
	"errors"
	"hash/maphash"
	"net"
	"strconv"
	"time"
)

// run is one pipelined run. It has a window of commands in flight; one goroutine writes them, and
// the caller's goroutine reads one reply after the other (receive.go) and acts on it as the table
// of next says.
type run struct {
	s       *Session
	verb    string
	tail    string // of the command, after the number
	numbers Numbers
	count   int // how many of numbers to ask for
	body    bool
	sink    Sink
	sizes   Sizer    // nil when the sink is not a Sizer
	follows Follower // nil when the sink is not a Follower

	state   state
	sent    int // index of the next message to ask for
	flights flights
	window  int            // how many messages may be in flight now
	widest  int            // the upper limit of window
	told    map[int64]bool // sizes of the messages asked for since the last probe
	fresh   bool           // all earlier replies are proven, and the next message is asked for alone
	whole   int            // 1 + the index of a message that really begins with a line like a repeated status line

	kept   []answer // replies held back until they are proven
	room   int      // octets that may still be held back
	print  *uint64  // hash of the previous message, nil when it was not computed
	seed   maphash.Seed
	cause  *ProtocolError // why the run began probing
	blamed answer         // the message that is asked for again because of cause
	final  bool           // asking for blamed again did not help
	second second
	owed   int   // probe replies that may still come while probing
	turned bool  // the last probe reply showed that STAT is odd
	vain   int   // resyncs since the last message was delivered
	failed error // the sink's error

	seen func(from state, e event, a action, to state) // called for each step in tests; otherwise nil

	watch watcher  // of the message that is being received
	limit fallible // under watch

	batches chan []byte
	spare   chan []byte
}

// batchSlots limits the batches that wait for the writer. When all slots are taken, the next batch
// waits for a reply.
const batchSlots = 4

// holdOctets limits the octets held back until they are proven.
const holdOctets = 8 << 20

// untestedOctets limits what is discarded when the first messages show that LIST's sizes are
// estimates.
const untestedOctets = 1 << 20

func (s *Session) runAll(ctx context.Context, r *run) error {
	r.count = r.numbers.Len()
	for i := range r.count {
		if err := checkNumber(r.numbers.At(i)); err != nil {
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
	// The reader always waits too, and its deadline is enough: a server that sends one long reply
	// need not read commands meanwhile.
	if err = s.line.unbindWrites(); err != nil {
		return s.spoil(lineError(ctx, command{verb: r.verb}, s.opt.Timeout, err))
	}
	r.batches = make(chan []byte, batchSlots)
	r.spare = make(chan []byte, batchSlots)
	written := make(chan error, 1)
	go func() { written <- r.write(s.line.conn) }()
	clean := false
	defer func() {
		if !clean { // the session is spoiled, or the sink panicked: the writer must not wait for the server
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
	// A correct server has read every command that it has answered. The deadline is for all others.
	err = s.line.wait(writing, time.Now().Add(s.opt.Timeout))
	if writeErr := <-written; err == nil {
		err = writeErr
	}
	if err != nil {
		return s.spoil(lineError(ctx, command{verb: r.verb}, s.opt.Timeout, err))
	}
	return r.failed
}

// start sets the width of the window. Several messages in flight need a probe with a known reply,
// so it asks for that first; where STAT is odd, the window stays 1.
func (r *run) start(ctx context.Context) error {
	r.widest = r.s.window()
	if r.body {
		r.sizes, _ = r.sink.(Sizer)
		r.follows, _ = r.sink.(Follower)
		r.told = make(map[int64]bool)
		if (r.widest > 1 || r.s.probe.odd) && r.count > 0 && !r.s.probe.asked {
			if err := r.s.learnProbe(ctx, command{verb: r.verb, number: r.numbers.At(0)}); err != nil {
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

// write sends batches until the channel is closed. While replies are expected its error is not
// needed: the reader then fails too.
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

// read sends commands and reads replies until all are answered. Its error ends the session; the
// sink's error is kept in failed.
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
		case r.failed != nil: // replies to DELE are read to the end, since the messages are deleted
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
		if err := ctx.Err(); err != nil { // replies that are already buffered do not block, so the deadline would not stop the run
			return r.apply(broken, answer{}, lineError(ctx, r.command(one), 0, err))
		}
		e, got, err := r.receive(ctx, one)
		r.flights.pop()
		if err = r.apply(e, got, err); err != nil {
			return err
		}
	}
}

// both joins the sink's error to err, which ends the session.
func (r *run) both(err error) error {
	if r.failed != nil && !errors.Is(err, r.failed) {
		return errors.Join(r.failed, err)
	}
	return err
}

// refill gives the writer a batch of commands once half of the window is free.
func (r *run) refill() error {
	f := &r.flights
	if r.sent == r.count || f.messages*2 > r.window || f.octets*2 > r.s.opt.WindowBytes || !f.empty() && len(r.batches) == batchSlots {
		return nil
	}
	if f.empty() {
		c := command{verb: r.verb, number: r.numbers.At(r.sent)}
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
	for r.sent < r.count && f.messages < r.window {
		one := r.plan()
		if !f.empty() && (f.octets+one.length > r.s.opt.WindowBytes || r.s.witness.trust == untested && f.expected+one.size > untestedOctets) {
			break
		}
		if one.telling && r.told[one.size] { // two messages of one size need a probe between them
			batch = r.addProbe(batch)
		}
		batch = r.add(batch, one)
		r.sent++
		if one.probed || r.sent == r.count && r.pipelined() {
			batch = r.addProbe(batch)
		}
	}
	if len(batch) > 0 {
		r.batches <- batch
	}
	return nil
}

// stopped reports whether the caller wants no more messages; then those in flight are the last.
func (r *run) stopped() bool {
	if !r.body || r.sent == r.count || r.s.stops == nil || !r.s.stops() {
		return false
	}
	r.count = r.sent
	return true
}

// batch returns an empty batch, in reused memory if possible.
func (r *run) batch() []byte {
	select {
	case batch := <-r.spare:
		return batch[:0]
	default:
		return nil
	}
}

// pipelined reports whether a probe behind a message costs no round trip.
func (r *run) pipelined() bool { return r.body && r.widest > 1 }

// plan returns the next command to send.
func (r *run) plan() flight {
	n := r.numbers.At(r.sent)
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
		one.compare = !one.telling || r.told[one.size] || r.sent+1 < r.count && r.sizes.Size(r.numbers.At(r.sent+1)) == one.size
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

// ask sends a probe unless one is in flight, or all slots of the writer are taken.
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

// checkWritten returns an error when no reply is expected and the server has still not read the
// commands.
func (r *run) checkWritten(c command) error {
	if len(r.batches) > 0 { // the server has not read them
		return r.apply(nonsense, answer{}, c.protocolError("no replies to commands that were not yet sent", nil))
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
