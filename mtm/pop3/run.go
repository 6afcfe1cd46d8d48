package pop3

import (
	"context"
	"net"
	"strconv"
	"time"
)

// run is one pipelined run. Everything but the writing itself happens on the caller's goroutine.
type run struct {
	verb    string
	tail    string // after the number
	numbers []int
	body    bool
	sink    Sink

	sent, answered int // indexes into numbers
	octets         int // of the commands in flight
	first          int // index of the first command that went out when no answer was due
	window, widest int // how many commands may be in flight now, and at most
	again          int // 1 + the index of a message that was asked for again: how it begins is its own
	doubt          *doubt
	failed         error
	batches        chan []byte
	spare          chan []byte
}

// batchSlots bounds the batches that wait for the writer. With all slots taken the next batch waits for a reply.
const batchSlots = 4

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
	// The reader waits whenever the writer does, and its deadline is enough: a server busy with one long reply
	// need not read commands.
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
	if err = r.read(ctx, s); err != nil {
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

// write sends batches until there are no more. Until the last reply has come its error needs no report: the reader
// sees the line end.
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

// read sends commands and reads their replies until all are answered. Its error ends the session; that of the sink is
// kept in failed.
func (r *run) read(ctx context.Context, s *Session) error {
	r.widest = s.window()
	r.window = r.widest
	for {
		if r.failed == nil && r.doubt == nil && r.sent < len(r.numbers) {
			if err := r.refill(s); err != nil {
				return err
			}
		}
		if r.answered == r.sent {
			if r.doubt == nil {
				return nil
			}
			if err := r.resolve(ctx, s); err != nil {
				return err
			}
			continue
		}
		n := r.numbers[r.answered]
		if err := ctx.Err(); err != nil { // replies that have come already wait for nothing, and would go on
			return s.spoil(lineError(ctx, command{verb: r.verb, number: n}, 0, err))
		}
		if err := r.reply(ctx, s, n); err != nil {
			return err
		}
		r.octets -= r.commandLen(n)
		r.answered++
	}
}

// refill hands the writer a batch of commands once half of the window is free.
func (r *run) refill(s *Session) error {
	flying := r.sent - r.answered
	if flying*2 > r.window || r.octets*2 > s.opt.WindowBytes || flying > 0 && len(r.batches) == batchSlots {
		return nil
	}
	if flying == 0 {
		c := command{verb: r.verb, number: r.numbers[r.sent]}
		if err := r.checkWritten(s, c); err != nil {
			return err
		}
		if err := s.checkQuiet(c); err != nil {
			return err
		}
		r.first = r.sent
	}
	var batch []byte
	select {
	case batch = <-r.spare:
	default:
	}
	batch = batch[:0]
	for r.sent < len(r.numbers) && flying < r.window {
		n := r.numbers[r.sent]
		size := r.commandLen(n)
		if flying > 0 && r.octets+size > s.opt.WindowBytes {
			break
		}
		batch = append(batch, r.verb...)
		batch = append(batch, ' ')
		batch = strconv.AppendInt(batch, int64(n), 10)
		batch = append(batch, r.tail...)
		batch = append(batch, "\r\n"...)
		r.octets += size
		r.sent++
		flying++
	}
	if len(batch) > 0 {
		r.batches <- batch
	}
	return nil
}

// checkWritten is called when no reply is due.
func (r *run) checkWritten(s *Session, c command) error {
	if len(r.batches) > 0 { // then there is room again only when the server has read
		return s.spoil(c.protocolError("no answers to commands that are not yet sent", nil))
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
