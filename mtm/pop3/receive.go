package pop3

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"strings"

	"pop3mtm/mtm/internal/lineio"
)

// answer is the reply to one command.
type answer struct {
	flight
	length   int64 // octets of the message
	octets   int64 // written to the sink's writer
	refused  *ReplyError
	streamed bool    // the octets went to the sink
	raw      []byte  // the octets, when they did not
	print    *uint64 // hash of the octets, nil when they were not to be compared
	odd      bool    // only a probe proves it; the end of the connection does not
}

func (r *run) command(one flight) command {
	if one.number == 0 {
		return command{verb: r.s.probe.verb()}
	}
	return command{verb: r.verb, number: one.number, size: one.size}
}

// receive reads the reply to the oldest command. err says what is wrong with it, or what spoiled
// the session.
func (r *run) receive(ctx context.Context, one flight) (event, answer, error) {
	got := answer{flight: one}
	if one.number == 0 {
		receive := r.receiveProbe
		if r.s.probe.odd {
			receive = r.receivePair
		}
		e, err := receive(ctx)
		return e, got, err
	}
	c := r.command(one)
	line, err := r.s.statusLine(ctx, c)
	if err != nil {
		return lineEvent(err), got, err
	}
	ok, text, known := parseStatus(line)
	switch {
	case !known:
		err = c.protocolError(`a line that starts with "+OK" or "-ERR"`, line)
		if !r.body {
			return nonsense, got, r.s.spoil(err)
		}
		return garbage, got, err
	case !ok:
		got.refused = c.replyError(text)
		if !r.body {
			return certain, got, nil
		}
		return refused, got, nil
	case !r.body:
		return certain, got, nil
	case r.flights.probes > 0 && r.s.probe.is(text):
		return early, got, c.protocolError("a message", line)
	}
	return r.message(ctx, c, got, text)
}

// lineEvent returns nonsense for a status line that is too long, and broken for a failed
// connection.
func lineEvent(err error) event {
	if _, ok := errors.AsType[*ProtocolError](err); ok {
		return nonsense
	}
	return broken
}

// receiveProbe reads the reply to a probe. When the reply is new and nothing else is in flight, it
// asks once more.
func (r *run) receiveProbe(ctx context.Context) (event, error) {
	first := unheard
	for {
		line, err := r.s.statusLine(ctx, command{verb: "STAT"})
		if err != nil {
			return lineEvent(err), err
		}
		same, _ := r.s.probe.hear(line)
		if same && first != saysERR {
			return proof, nil
		}
		k := kindOf(line)
		last := r.flights.probes == 1 && r.flights.messages == 0 && len(r.s.in.Unread()) == 0 && len(r.batches) == 0
		if first == unheard && last && (k == saysNumbers || k == saysERR) {
			first = k
			r.send("STAT")
			continue
		}
		if k == first && last {
			r.turned = true
			r.s.probe.turn(k)
		}
		return wrong, r.culprit().protocolError("the answer to STAT after it, as before or twice ("+outOfStep+")", line)
	}
}

// receivePair does the same where STAT is odd: NOOP was sent, and STAT is sent after its reply.
func (r *run) receivePair(ctx context.Context) (event, error) {
	for _, verb := range pair {
		if verb != r.s.probe.verb() {
			r.send(verb)
		}
		line, err := r.s.statusLine(ctx, command{verb: verb})
		if err != nil {
			return lineEvent(err), err
		}
		if !r.s.probe.fits(verb, line) || len(r.s.in.Unread()) > 0 {
			return wrong, r.culprit().protocolError("the answer to "+verb+" after it ("+outOfStep+")", line)
		}
	}
	return proof, nil
}

// send gives the writer one command that is not counted as in flight. All replies to earlier
// commands must have been read.
func (r *run) send(verb string) { r.batches <- append(append(r.batch(), verb...), "\r\n"...) }

// culprit returns the command of the first message that is not proven.
func (r *run) culprit() command {
	if len(r.kept) > 0 {
		return r.command(r.kept[0].flight)
	}
	i := min(r.flights.front().index, r.count) - 1
	return command{verb: r.verb, number: r.numbers.At(max(0, i))}
}

// message reads the message that follows a status line with this text, and judges it.
func (r *run) message(ctx context.Context, c command, got answer, text []byte) (event, answer, error) {
	first, firstOctets := r.s.lookAhead(text)
	drop := first == repeatedLine && r.whole != got.index+1
	w, err := r.writer(&got, first)
	if err != nil {
		r.failed = err
		*w = watcher{}
	}
	var stop func([]byte) bool
	if r.flights.probes > 0 {
		stop = r.s.probe.endsWith
	}
	_, writeErr, err := r.s.body(ctx, c, drop, stop, w)
	got.length, got.octets = w.length, w.octets
	if held, ok := w.w.(*holder); ok {
		got.raw = held.raw
	}
	if r.failed == nil {
		r.failed = writeErr
	}
	if errors.Is(err, lineio.ErrStopped) {
		return unended, got, c.protocolError("the end of the message before the answer to "+r.s.probe.verb(), []byte(r.s.probe.said))
	}
	if err != nil {
		return lineEvent(err), got, err
	}
	if drop && got.size > 0 && got.length+firstOctets == got.size {
		r.whole = got.index + 1
	}
	e, evidence := r.judge(c, &got, first, firstOctets, w)
	return e, got, evidence
}

// writer returns the writer for a message: the sink's, or memory while replies are held back. It is
// valid until the next message.
func (r *run) writer(got *answer, first firstLine) (*watcher, error) {
	w := &r.watch
	*w = watcher{tail: w.tail[:0]}
	if !got.alone && (got.probed || !got.telling) {
		w.look, w.said, w.tail = true, r.s.probe.said, append(w.tail, '\n')
		w.likely = first == statusLike
	}
	if got.compare || got.alone || got.telling && r.s.witness.trust == untested {
		w.print = new(maphash.Hash)
		w.print.SetSeed(r.seed)
	}
	if r.state == suspect {
		w.w = &holder{room: &r.room}
		return w, nil
	}
	dst, err := r.sink.Message(got.number)
	got.streamed = true
	if w.follower, w.number = r.follows, got.number; dst != nil {
		r.limit = r.s.limited(dst)
		w.w = &r.limit
	}
	return w, err
}

// errNoRoom reports that a message is too large to be held back.
var errNoRoom = errors.New("message too large to be held back")

// holder keeps a message in memory, as far as there is room.
type holder struct {
	room *int
	raw  []byte
}

func (h *holder) Write(p []byte) (int, error) {
	if len(p) > *h.room {
		return 0, errNoRoom
	}
	*h.room -= len(p)
	h.raw = append(h.raw, p...)
	return len(p), nil
}

const noStatusLine = "a message without a line that looks like a reply"

// judge returns the event that a complete message stands for, and what is wrong with it.
func (r *run) judge(c command, got *answer, first firstLine, firstOctets int64, w *watcher) (event, error) {
	if errors.Is(r.failed, errNoRoom) {
		r.failed = nil
		return tooLarge, c.protocolError("a smaller message while earlier ones are not proven", fmt.Appendf(nil, "%d octets", got.length))
	}
	got.print = w.sum()
	same := got.compare && r.print != nil && *r.print == *got.print
	r.print = nil
	if got.compare {
		r.print = got.print
	}
	// A lost LF before a stuffed dot does not change the size: such a message is asked for once
	// more.
	alike := got.telling && got.length == got.size && !r.s.in.CRDots()
	switch {
	case alike && !same:
		return certain, nil
	case got.alone && r.s.probe.odd && first == statusLike: // earlier extra lines may have answered the pair
		return replyLike, c.protocolError(noStatusLine, []byte("one that does"))
	case got.alone && got.telling && (!r.second.is(got) || first == statusLike && got.length-firstOctets == got.size):
		return r.disagree(c, got)
	case got.alone:
		got.odd = true
		return uncertain, nil
	case first == statusLike && !alike, w.likely:
		return replyLike, c.protocolError(noStatusLine, []byte("one that does"))
	case same:
		return twin, c.protocolError("another message than the previous one", []byte("the same octets"))
	case got.telling:
		return r.disagree(c, got)
	case r.pipelined():
		return uncertain, nil
	case !r.s.witness.fits(got.length, got.size), got.size == 0 && r.sizes != nil:
		got.odd = true
		return uncertain, nil
	}
	if rest := r.s.unasked(); len(rest) > 0 {
		return extra, c.protocolError("nothing after the message", rest)
	}
	return certain, nil
}

// second tracks a message that is asked for again because its length differs from LIST's size. When
// it comes with the same octets again, it is accepted.
type second struct {
	index  int // of the message
	tries  int
	length int64
	print  *uint64 // hash of the octets, nil when it was not computed
}

// is reports whether a message has the same octets as before. Its length alone proves nothing: a
// line of garbage in another place makes it as long.
func (s *second) is(got *answer) bool {
	return got.length == s.length && s.print != nil && got.print != nil && *got.print == *s.print
}

// mostTries limits how often a message may come with different octets each time before it is
// reported as failed.
const mostTries = 4

func (r *run) disagree(c command, got *answer) (event, error) {
	if r.second.tries == 0 || r.second.index != got.index {
		r.second = second{index: got.index}
	}
	r.second.tries++
	r.second.length, r.second.print = got.length, got.print
	return disagrees, c.protocolError(fmt.Sprintf("a message of %d octets, the size in LIST", got.size), fmt.Appendf(nil, "%d octets", got.length))
}

// apply carries out the action that the table of next has for an event. Its error ends the session.
func (r *run) apply(e event, got answer, err error) error {
	from := r.state
	a, to := next(from, e)
	r.state = to
	if r.seen != nil {
		r.seen(from, e, a, to)
	}
	switch a {
	case give:
		r.deliver(got)
	case keep:
		r.kept = append(r.kept, got)
	case release:
		r.release()
		if e == certain {
			r.deliver(got)
		}
	case discard:
		return r.discard(e, got, err)
	case salvage:
		r.salvage()
		return r.s.spoil(err)
	case end:
		return r.s.spoil(err)
	case resume:
		return r.resume()
	case nothing:
	}
	return nil
}

// release gives the sink the replies that were held back.
func (r *run) release() {
	for _, a := range r.kept {
		r.deliver(a)
	}
	r.drop()
}

// salvage gives the sink a message that came complete before the connection ended and lacks only
// the probe's reply. Unread octets that cannot begin that reply mean that replies are out of step,
// and then the message is not given.
func (r *run) salvage() {
	for _, a := range r.kept {
		if a.odd || a.refused != nil || !a.streamed {
			return
		}
	}
	if !strings.HasPrefix(statusWord+" "+r.s.probe.said, string(r.s.in.Unread())) {
		return
	}
	r.release()
}

// drop discards what was held back.
func (r *run) drop() {
	clear(r.kept)
	r.kept, r.room = r.kept[:0], holdOctets
}

// deliver gives the sink one proven reply.
func (r *run) deliver(a answer) {
	if r.failed != nil {
		return
	}
	if a.refused != nil {
		r.failed = r.sink.Done(a.number, 0, a.refused)
		return
	}
	if r.body && !a.streamed {
		var w io.Writer
		if w, r.failed = r.sink.Message(a.number); r.failed == nil && w != nil && len(a.raw) > 0 {
			var n int
			n, r.failed = r.s.watchWriter(w).Write(a.raw)
			a.octets = int64(n)
		}
	}
	if r.failed == nil {
		r.failed = r.sink.Done(a.number, a.octets, nil)
	}
	r.vain = 0
	r.s.witness.saw(a.length, a.size)
	r.window = min(r.window+1, r.widest)
}

// discard records what to ask for again; got is the reply that was read last. resume then asks.
func (r *run) discard(e event, got answer, evidence error) error {
	if r.owed = r.flights.probes; e == wrong { // the probe's own reply is still to come
		r.owed++
	}
	r.blamed = got
	if len(r.kept) > 0 {
		r.blamed = r.kept[0]
	}
	r.final = r.blamed.alone && !r.turned && (e != disagrees || r.second.tries >= mostTries)
	r.turned = false
	r.cause, _ = errors.AsType[*ProtocolError](evidence)
	return nil
}

// mostVain limits how often a server may get out of step without a message delivered in between.
const mostVain = mostTries + 1

// resume continues after the last proven message. It asks for the blamed message alone; when it was
// asked for alone already, it reports it as failed and continues after it.
func (r *run) resume() error {
	r.flights.clear()
	r.drop()
	clear(r.told)
	r.print = nil
	if r.failed != nil {
		return nil
	}
	if r.vain++; r.vain > mostVain {
		return r.apply(nonsense, answer{}, r.cause)
	}
	r.sent, r.window, r.fresh = r.blamed.index, 1, true
	if r.final {
		r.sent++
		r.vain = 0
		var octets int64 // what was written is the beginning of this message
		if r.blamed.streamed {
			octets = r.blamed.octets
		}
		r.failed = r.sink.Done(r.blamed.number, octets, r.cause)
	}
	r.cause = nil
	return nil
}
