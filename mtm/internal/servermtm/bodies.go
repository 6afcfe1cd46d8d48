package servermtm

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"pop3mtm/mtm/mail"
	"pop3mtm/mtm/pop3"
	"pop3mtm/mtm/progress"
	"pop3mtm/mtm/store"
)

// wholeMessage makes fetch use RETR instead of TOP.
const wholeMessage = -1

// placer adds entries for the messages of a batch to it. For each message it returns the entry that
// will hold it after the commit.
type placer func(b *bodyBatch) ([]placed, error)

// fetch requests messages in their order, whole or up to a number of lines of the body, and stores
// them in synced batches. The commit that stores a message clears the settled flags of its mailbox
// entry. Reading and storing overlap.
func (w *work) fetch(ctx context.Context, list errands, lines int, place placer, settled store.Flags) error {
	total, count := list.octets(), list.all.Len()
	w.meter.Update(func(p *progress.Snapshot) {
		switch {
		case w.counted:
			p.TotalSize = total
		case w.seen != nil && w.session.ways != nil: // the counts continue over another connection
			p.MessagesToProcess = count
		default:
			p.TotalSize, p.TotalMessages, p.MessagesToProcess = total, count, count
		}
	})
	if count == 0 {
		return nil
	}
	if lines == wholeMessage {
		if err := w.session.box.room(total + reserve); err != nil {
			return err
		}
	}
	w.result.Stored = slices.Grow(w.result.Stored, count)
	s := newBodySink(w, list, lines, place, settled)
	w.session.line.wire.LimitBody(discarded(w.session.ceiling(w.maxSize)))
	defer w.session.limitHeaders()
	var err error
	if lines == wholeMessage {
		err = w.session.line.wire.RetrEach(ctx, list.all, s)
	} else {
		err = w.session.line.wire.TopEach(ctx, list.all, lines, s)
	}
	if broken := s.broken(ctx, err); broken != nil {
		return first(s.finish(), broken)
	}
	err = first(err, s.finish())
	if err == nil && s.answered < count {
		return errPaused
	}
	return err
}

// bodySink stores the messages of one run. It writes bodies to the store's segment as they arrive.
// The committer makes a full batch durable while the next one is being filled.
type bodySink struct {
	work     *work
	list     errands
	reader   *headerReader
	top      bool // the server may send only the beginning of a message
	place    placer
	settled  store.Flags // flags that the mailbox's entry loses when its message is stored
	batches  *batcher[*bodyBatch]
	head     headerBlocks  // header of the current message, when it is an arrival
	scan     *mail.Scanner // finds the traits of the current message
	current  item
	body     *store.BodyWriter // of the current message
	answered int               // messages that were fetched or refused
	size     bounded
	shown    int64 // octets of the current message that the progress shows
	every    int64 // octets of a step
}

// The progress of a message of more than smallMessage octets is updated in at least
// stepsOfMessage steps, and at least after this many octets. People see no smaller steps, and
// small messages cost nothing.
const (
	smallMessage   = 16 << 10
	stepsOfMessage = 16
	longestStep    = 64 << 10
)

// stepOf returns how many octets of a message of this size are read between two
// updates of the progress.
func stepOf(size int64) int64 {
	if size <= smallMessage {
		return longestStep
	}
	return min(longestStep, size/stepsOfMessage)
}

func newBodySink(w *work, list errands, lines int, place placer, settled store.Flags) *bodySink {
	s := &bodySink{
		work: w, list: list, reader: newHeaderReader(time.Now, w.session.line.settings.Charset), top: lines != wholeMessage,
		place: place, settled: settled, scan: mail.NewTraitScanner(),
	}
	s.batches = newBatcher(w.session.box.Store, func() *bodyBatch { return new(bodyBatch) }, s.fill, s.kept)
	return s
}

// Size returns LIST's size of a message that is fetched whole.
func (s *bodySink) Size(n int) int64 {
	if s.top {
		return 0
	}
	return s.list.size(s.answered, n)
}

// Message begins a message. It may be called again for the same message.
func (s *bodySink) Message(n int) (io.Writer, error) {
	if err := s.discard(); err != nil {
		return nil, err
	}
	s.current = s.list.item(s.answered, n)
	s.shown, s.every = 0, stepOf(s.current.size)
	s.head.reset()
	s.scan.Reset()
	s.work.meter.Update(func(p *progress.Snapshot) { p.BytesDone, p.TotalBytes = 0, s.current.size })
	s.size = bounded{to: s, most: s.work.session.ceiling(s.work.maxSize)}
	s.body = s.batches.now.BodyOf(store.BodyWhole, s.work.session.origin(s.current.uid))
	return &s.size, nil
}

// Write stores octets of the current message.
func (s *bodySink) Write(p []byte) (int, error) {
	n, err := s.body.Write(p)
	if (s.current.id == 0 || s.headOnly()) && err == nil {
		_, err = s.head.Write(p)
	}
	_, _ = s.scan.Write(p) // it never fails
	s.show(s.size.got)
	return n, err
}

// Came implements pop3.Follower: a message is written when all of it is there, unless it is large.
func (s *bodySink) Came(_ int, octets int64) { s.show(octets) }

// show updates the progress with the octets of the current message. A step may be smaller than one
// write.
func (s *bodySink) show(came int64) {
	for s.shown+s.every <= came {
		s.shown += s.every
		shown := s.shown
		s.work.meter.Update(func(p *progress.Snapshot) { p.BytesDone = shown })
	}
}

// Done ends a message, which is whole or was refused.
func (s *bodySink) Done(n int, octets int64, refused error) error {
	s.answered++
	s.work.meter.Update(func(p *progress.Snapshot) {
		p.MessagesToProcess--
		p.BytesDone = octets
	})
	if refused == nil && s.size.over() {
		return s.leaveOut()
	}
	if refused == nil {
		refused = nothingOf(octets, s.current.size, s.current.unsized)
	}
	if refused == nil && s.headOnly() {
		var err error
		if refused, err = s.another(octets); err != nil {
			return err
		}
	}
	if refused != nil {
		if err := s.discard(); err != nil {
			return err
		}
		s.work.refused(s.list.item(s.answered, n), refused)
		return nil
	}
	kind := store.BodyWhole
	if s.top && octets < s.current.size {
		kind = store.BodyPartial
	}
	body, err := s.body.CloseAs(kind)
	s.body = nil
	if err != nil {
		return err
	}
	b := s.batches.now
	b.bodies = append(b.bodies, body)
	s.scan.End()
	carries := Carries{} // the parts of an incomplete message are not certain
	if kind == store.BodyWhole {
		carries = CarriesOf(s.scan.Traits())
	}
	b.carries = append(b.carries, carries)
	b.octets += body.Length
	if err := s.add(); err != nil {
		return err
	}
	if len(b.items) < s.work.session.box.BatchMessages && b.octets < s.work.session.box.BatchBytes {
		return nil
	}
	return s.batches.flush()
}

// discard drops the octets of the current message.
func (s *bodySink) discard() error {
	if s.body == nil {
		return nil
	}
	body := s.body
	s.body = nil
	return body.Discard()
}

// broken returns the error of a run that lost the connection at a message, or after the last
// one; nil for other runs.
func (s *bodySink) broken(ctx context.Context, err error) error {
	numbers := s.list.all
	i := culprit(ctx, err, numbers, s.answered)
	_, endless := errors.AsType[*endlessError](err)
	if nonsense, is := errors.AsType[*pop3.ProtocolError](err); is && nonsense.Option == "MaxBody" && i >= 0 && i < numbers.Len() {
		s.takeUp(numbers.At(i))
		err, endless = &endlessError{s.work.session.ceiling(s.work.maxSize)}, true
	}
	if endless && ctx.Err() == nil {
		i = indexOf(numbers, 0, s.current.number)
		s.work.leaveOut(max(s.current.size, s.size.got))
	}
	switch {
	case i < 0:
		return nil
	case i == numbers.Len():
		return &brokenError{err: err}
	}
	it := s.list.item(i, numbers.At(i))
	return &brokenError{message: message{number: it.number, size: it.size, uid: it.uid}, id: it.id, err: err}
}

// nothingOf returns an error for a message that the server sent empty, unless LIST says that it is
// empty. QUIRK 87: if it were stored, a move would delete the message on the server, and it would
// be lost. unsized means that LIST gives no size.
func nothingOf(octets, size int64, unsized bool) error {
	if octets > 0 || size <= 0 && !unsized {
		return nil
	}
	if unsized {
		return errors.New("the server sent an empty message, and LIST gives no size for it")
	}
	return fmt.Errorf("the server sent none of its %d octets", size)
}

// headOnly reports whether only its header can prove that the current message is that of its entry,
// because LIST gives no size.
func (s *bodySink) headOnly() bool { return s.current.id != 0 && s.current.size <= 0 }

// another returns why the fetched message cannot be that of the entry, or nil: it is empty
// although TOP sent a header, or it has the header of another message, as from a server that sends
// the neighbouring message.
func (s *bodySink) another(octets int64) (refused, err error) {
	e, err := s.work.session.box.Store.Entry(context.Background(), s.current.id)
	if err != nil || e.Body.Kind == store.BodyNone || e.Body.Length == 0 {
		return nil, err
	}
	if octets == 0 {
		return errors.New("the server sent an empty message, but its header was not empty"), nil
	}
	s.head.end()
	now := s.work.session.box.newEntry(message{number: s.current.number, size: s.current.size, uid: s.current.uid}, s.head.at(0), s.reader)
	if compareFaces(faceOf(&e), faceOf(&now)) == headOther { // without a Message-ID a header is not proof enough (QUIRK 71)
		return errors.New("the server sent another message than the one whose header it sent before"), nil
	}
	return nil, nil
}

// add adds the current message, whose octets are in the segment, to the batch. For an arrival it
// also writes the header as a body, and makes an entry.
func (s *bodySink) add() error {
	b, it := s.batches.now, s.current
	var e store.Entry
	if it.id == 0 {
		s.head.end()
		raw := s.head.at(0)
		header, err := writeBody(b.Batch, s.work.session.origin(it.uid), raw)
		if err != nil {
			return err
		}
		e = s.work.session.box.newEntry(message{number: it.number, size: it.size, uid: it.uid}, raw, s.reader)
		e.Body = header
		b.arrivals++
	}
	b.entries = append(b.entries, e)
	b.items = append(b.items, it)
	return nil
}

// finish makes all whole messages durable, also after a failure, and waits until they are.
func (s *bodySink) finish() error {
	if err := s.discard(); err != nil { // the connection broke inside a message, and an incomplete message is dropped
		return first(s.batches.abandon(), err)
	}
	return s.batches.finish()
}

// fill makes the messages of a batch visible, and clears the settled flags of
// their mailbox entries.
func (s *bodySink) fill(b *bodyBatch) (err error) {
	if b.placed, err = s.place(b); err != nil {
		return err
	}
	if s.settled != 0 && b.arrivals < len(b.items) {
		b.SetFlags(idsOf(b.items), 0, s.settled)
	}
	for _, it := range b.items {
		if it.visits > 0 {
			b.SetBreaks(it.id, 0)
			b.SetFlags([]store.ID{it.id}, 0, store.Failed)
		}
	}
	return nil
}

// kept counts the messages of a batch.
func (s *bodySink) kept(b *bodyBatch) {
	w := s.work
	for i, at := range b.placed {
		it := &b.items[i]
		if it.id == 0 {
			it.id = b.entries[i].ID
			w.session.view.numbers.set(it.id, it.number)
			w.arrived.add(it.number)
		}
		whole := b.bodies[i].Kind == store.BodyWhole
		if whole {
			w.session.view.proven.add(it.number)
		}
		id := b.entryAt(i, at)
		if id == 0 {
			w.result.AlreadyThere++
			continue
		}
		w.result.Stored = append(w.result.Stored, id)
		if whole && len(w.waits[it.id]) > 0 { // other operations may wait for it
			w.got[it.id] = id
		}
	}
	w.result.Octets += b.octets
	w.keep(b.items)
}

// leaveOut drops the current message, which exceeds a limit.
func (s *bodySink) leaveOut() error {
	body := s.body
	s.body = nil
	if err := body.Discard(); err != nil {
		return err
	}
	if s.current.id == 0 {
		s.work.turnedDown = append(s.work.turnedDown, turnedDown{failure: noFailure, number: s.current.number})
	}
	s.work.leaveOut(max(s.current.size, s.size.got))
	return nil
}

// takeUp makes a message the current one.
func (s *bodySink) takeUp(number int) {
	if s.current.number != number {
		s.current = s.list.item(s.answered, number)
		s.head.reset()
		s.size = bounded{}
	}
}
