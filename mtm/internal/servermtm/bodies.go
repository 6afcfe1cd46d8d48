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

// wholeMessage asks fetch for RETR instead of TOP.
const wholeMessage = -1

// placer puts the messages of a batch into it, and returns for each where it is from the commit on.
type placer func(b *bodyBatch) ([]placed, error)

// fetch gets messages from the server, in their order, whole or up to a number of lines of the
// body, and stores them in synced batches; the mailbox's entries lose the settled flags with it.
// Reading and storing overlap.
func (w *work) fetch(ctx context.Context, items []item, lines int, place placer, settled store.Flags) error {
	var total int64
	numbers := make([]int, len(items))
	for i, it := range items {
		numbers[i] = it.number
		total += it.size
	}
	w.meter.Update(func(p *progress.Snapshot) {
		switch {
		case w.counted:
			p.TotalSize = total
		case w.seen != nil && w.session.ways != nil: // counts go on over a gap
			p.MessagesToProcess = len(items)
		default:
			p.TotalSize, p.TotalMessages, p.MessagesToProcess = total, len(items), len(items)
		}
	})
	if len(items) == 0 {
		return nil
	}
	if lines == wholeMessage {
		if err := w.session.box.room(total + reserve); err != nil {
			return err
		}
	}
	s := newBodySink(w, items, lines, place, settled)
	w.session.line.wire.LimitBody(discarded(w.session.ceiling(w.maxSize)))
	defer w.session.limitHeaders()
	var err error
	if lines == wholeMessage {
		err = w.session.line.wire.RetrAll(ctx, numbers, s)
	} else {
		err = w.session.line.wire.TopAll(ctx, numbers, lines, s)
	}
	if broken := s.broken(ctx, err, numbers); broken != nil {
		return first(s.finish(), broken)
	}
	err = first(err, s.finish())
	if err == nil && s.answered < len(items) {
		return errPaused
	}
	return err
}

// bodySink stores the messages of one run. Bodies go into the store's segment as
// they come; a full batch is made durable by the committer while the next fills.
type bodySink struct {
	work     *work
	items    []item // in the order in which they are asked for
	reader   *headerReader
	top      bool // what comes may be the beginning of a message only
	place    placer
	settled  store.Flags // what the mailbox's entry loses once its message is here
	batches  *batcher[*bodyBatch]
	head     headerBlocks  // of the message in hand, when it is an arrival
	scan     *mail.Scanner // looks at what it carries
	current  item
	body     *store.BodyWriter // of the message in hand
	answered int               // messages that came or were refused
	size     bounded
	shown    int64 // octets of it that the progress shows
	every    int64 // octets of a step
}

// A message of more than smallMessage octets shows its progress in stepsOfMessage steps at least,
// and after so many octets at most: a person sees no finer step, and small messages cost nothing.
const (
	smallMessage   = 16 << 10
	stepsOfMessage = 16
	longestStep    = 64 << 10
)

// stepOf returns how many octets of a message of that size pass between two looks at its progress.
func stepOf(size int64) int64 {
	if size <= smallMessage {
		return longestStep
	}
	return min(longestStep, size/stepsOfMessage)
}

func newBodySink(w *work, items []item, lines int, place placer, settled store.Flags) *bodySink {
	s := &bodySink{
		work: w, items: items, reader: newHeaderReader(time.Now, w.session.line.settings.Charset), top: lines != wholeMessage,
		place: place, settled: settled, scan: mail.NewTraitScanner(),
	}
	s.batches = newBatcher(w.session.box.Store, func() *bodyBatch { return new(bodyBatch) }, s.fill, s.kept)
	return s
}

// Size is what LIST told of a message that comes whole.
func (s *bodySink) Size(n int) int64 {
	if s.top {
		return 0
	}
	return itemOf(s.items, s.answered, n).size
}

// Message starts a message, perhaps once more.
func (s *bodySink) Message(n int) (io.Writer, error) {
	if err := s.discard(); err != nil {
		return nil, err
	}
	s.current = itemOf(s.items, s.answered, n)
	s.shown, s.every = 0, stepOf(s.current.size)
	s.head.reset()
	s.scan.Reset()
	s.work.meter.Update(func(p *progress.Snapshot) { p.BytesDone, p.TotalBytes = 0, s.current.size })
	s.size = bounded{to: s, most: s.work.session.ceiling(s.work.maxSize)}
	s.body = s.batches.now.BodyOf(store.BodyWhole, s.work.session.origin(s.current.uid))
	return &s.size, nil
}

// Write takes octets of the message in hand.
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

// show shows how much of the message in hand has come. A step may be less than what comes at once.
func (s *bodySink) show(came int64) {
	for s.shown+s.every <= came {
		s.shown += s.every
		shown := s.shown
		s.work.meter.Update(func(p *progress.Snapshot) { p.BytesDone = shown })
	}
}

// Done ends a message: whole, or refused.
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
		s.work.refused(itemOf(s.items, s.answered, n), refused)
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
	carries := Carries{} // of a part of a message the parts tell nothing certain
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

// discard forgets what has come of the message in hand.
func (s *bodySink) discard() error {
	if s.body == nil {
		return nil
	}
	body := s.body
	s.body = nil
	return body.Discard()
}

// broken returns the error of a run that lost the connection by a message, or behind all of
// them; nil when it did not.
func (s *bodySink) broken(ctx context.Context, err error, numbers []int) error {
	i := culprit(ctx, err, numbers, s.answered)
	_, endless := errors.AsType[*endlessError](err)
	if nonsense, is := errors.AsType[*pop3.ProtocolError](err); is && nonsense.Option == "MaxBody" && i >= 0 && i < len(numbers) {
		s.takeUp(numbers[i])
		err, endless = &endlessError{s.work.session.ceiling(s.work.maxSize)}, true
	}
	if endless && ctx.Err() == nil {
		i = slices.Index(numbers, s.current.number)
		s.work.leaveOut(max(s.current.size, s.size.got))
	}
	switch {
	case i < 0:
		return nil
	case i == len(numbers):
		return &brokenError{err: err}
	}
	it := s.items[i]
	return &brokenError{message: message{number: it.number, size: it.size, uid: it.uid}, id: it.id, err: err}
}

// nothingOf returns the error of a message that came empty, unless LIST says that it is. QUIRK 87:
// kept as the message, it would be deleted from the server by a move, and be nowhere. unsized: LIST
// does not tell the size.
func nothingOf(octets, size int64, unsized bool) error {
	if octets > 0 || size <= 0 && !unsized {
		return nil
	}
	if unsized {
		return errors.New("the server sends an empty message and does not tell its size")
	}
	return fmt.Errorf("the server sends nothing of its %d octets", size)
}

// headOnly reports whether nothing but its header can show that the message in hand is that of its
// entry: the entry has one, and no size that LIST told.
func (s *bodySink) headOnly() bool { return s.current.id != 0 && s.current.size <= 0 }

// another returns why what came cannot be the message of the entry, nil when it can: it is empty
// though TOP showed a header, or has the header of another message, as when a server answers with
// the message beside it.
func (s *bodySink) another(octets int64) (refused, err error) {
	e, err := s.work.session.box.Store.Entry(context.Background(), s.current.id)
	if err != nil || e.Body.Kind == store.BodyNone || e.Body.Length == 0 {
		return nil, err
	}
	if octets == 0 {
		return errors.New("the server sends an empty message, and its header was not empty"), nil
	}
	s.head.end()
	now := s.work.session.box.newEntry(message{number: s.current.number, size: s.current.size, uid: s.current.uid}, s.head.at(0), s.reader)
	if compareFaces(faceOf(&e), faceOf(&now)) == headOther { // without a Message-ID a header proves too little (QUIRK 71)
		return errors.New("the server sends another message than the one whose header it showed"), nil
	}
	return nil, nil
}

// add takes the message in hand, whose octets are in bodies, into the batch; the header of an
// arrival gets a body of its own, and makes an entry.
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

// finish makes what is whole durable, also after a failure, and waits for it.
func (s *bodySink) finish() error {
	if err := s.discard(); err != nil { // the line broke inside a message: half of it is nothing
		return first(s.batches.abandon(), err)
	}
	return s.batches.finish()
}

// fill lets the messages of a batch appear; the mailbox's entries are no longer waited for.
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
		if whole && len(w.waits[it.id]) > 0 { // more may be waiting for it
			w.got[it.id] = id
		}
	}
	w.result.Octets += b.octets
	w.safe = append(w.safe, b.items...)
}

// leaveOut forgets the message in hand, which is longer than it may be.
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

// takeUp makes a message the one in hand, of which nothing has come.
func (s *bodySink) takeUp(number int) {
	if s.current.number != number {
		s.current = itemOf(s.items, s.answered, number)
		s.head.reset()
		s.size = bounded{}
	}
}
