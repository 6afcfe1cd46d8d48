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

// bodySink stores the messages of one run. Bodies go into the store's segment as
// they come; a full batch is made durable by the committer while the next fills.
type bodySink struct {
	*work
	items    []item // by number
	reader   *headerReader
	top      bool // what comes may be the beginning of a message only
	place    placer
	settled  store.Flags // what the mailbox's entry loses once its message is here
	out      *committer
	batch    *bodyBatch
	spare    chan *bodyBatch
	head     headerBlocks  // of the message in hand, when it is an arrival
	scan     *mail.Scanner // looks at what it carries
	current  item
	body     *store.BodyWriter // of the message in hand
	answered int               // messages that came or were refused
	size     bounded
	step     int64 // octets of it that the progress does not show yet
}

// bodyBatch is a batch with the whole messages in it, in the order they came.
type bodyBatch struct {
	*store.Batch
	items   []item
	bodies  []store.Body
	carries []Carries // of the bodies
	octets  int64

	arrivals int           // how many of items have no entry yet
	entries  []store.Entry // of the arrivals in the mailbox, empty for others
	copies   []store.Entry // and in the folder, once they are placed
}

// progressStep is how many octets of a message pass between two looks at its
// progress: a person sees no finer step, and small messages cost nothing.
const progressStep = 64 << 10

func newBodySink(w *work, items []item, lines int, place placer, settled store.Flags) *bodySink {
	s := &bodySink{
		work: w, items: items, reader: newHeaderReader(time.Now, w.settings.Charset), top: lines != wholeMessage,
		place: place, settled: settled, out: newCommitter(), spare: make(chan *bodyBatch, 2),
		scan: mail.NewTraitScanner(),
	}
	s.batch = s.newBatch()
	return s
}

// newBatch takes the room of a batch that is kept, if there is one.
func (s *bodySink) newBatch() *bodyBatch {
	b := new(bodyBatch)
	select {
	case b = <-s.spare:
	default:
	}
	b.Batch = s.Store.NewBatch()
	return b
}

// recycle lets the next batch have the room of one that is kept.
func (s *bodySink) recycle(b *bodyBatch) {
	b.items, b.bodies, b.entries = b.items[:0], b.bodies[:0], b.entries[:0]
	b.carries, b.octets, b.arrivals = b.carries[:0], 0, 0
	select {
	case s.spare <- b:
	default:
	}
}

// Size is what LIST told of a message that comes whole.
func (s *bodySink) Size(n int) int64 {
	if s.top {
		return 0
	}
	return itemOf(s.items, n).size
}

// Message starts a message, perhaps once more.
func (s *bodySink) Message(n int) (io.Writer, error) {
	if err := s.discard(); err != nil {
		return nil, err
	}
	s.current = itemOf(s.items, n)
	s.step = 0
	s.head.reset()
	s.scan.Reset()
	s.meter.Update(func(p *progress.Snapshot) { p.BytesDone, p.TotalBytes = 0, s.current.size })
	s.size = bounded{to: s, most: s.ceiling(s.maxSize)}
	s.body = s.batch.BodyOf(store.BodyWhole, s.origin(s.current.uid))
	return &s.size, nil
}

// Write takes octets of the message in hand.
func (s *bodySink) Write(p []byte) (int, error) {
	n, err := s.body.Write(p)
	if (s.current.id == 0 || s.headOnly()) && err == nil {
		_, err = s.head.Write(p)
	}
	_, _ = s.scan.Write(p) // it never fails
	if s.step += int64(n); s.step >= progressStep {
		s.meter.Update(func(p *progress.Snapshot) { p.BytesDone += s.step })
		s.step = 0
	}
	return n, err
}

// Done ends a message: whole, or refused.
func (s *bodySink) Done(n int, octets int64, refused error) error {
	s.answered++
	s.meter.Update(func(p *progress.Snapshot) {
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
		s.refused(itemOf(s.items, n), refused)
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
	b := s.batch
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
	if len(b.items) < s.BatchMessages && b.octets < s.BatchBytes {
		return nil
	}
	s.batch = s.newBatch()
	return s.out.add(job{func() error { return s.keep(b) }, b.Rollback})
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

// broken returns the error of a run that lost the connection by a message, or behind all of them; nil when it did not.
func (s *bodySink) broken(ctx context.Context, err error, numbers []int) error {
	i := culprit(ctx, err, numbers, s.answered)
	_, endless := errors.AsType[*endlessError](err)
	if nonsense, is := errors.AsType[*pop3.ProtocolError](err); is && nonsense.Option == "MaxBody" && i >= 0 && i < len(numbers) {
		s.takeUp(numbers[i])
		err, endless = &endlessError{s.ceiling(s.maxSize)}, true
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

// itemOf finds the item of a message among items by number.
func itemOf(items []item, number int) item {
	i, _ := slices.BinarySearchFunc(items, number, func(it item, n int) int { return it.number - n })
	return items[i]
}

// nothingOf returns the error of a message that came empty, unless LIST says that it is. QUIRK 87: kept as the message, it
// would be deleted from the server by a move, and be nowhere. unsized: LIST does not tell the size.
func nothingOf(octets, size int64, unsized bool) error {
	if octets > 0 || size <= 0 && !unsized {
		return nil
	}
	if unsized {
		return errors.New("the server sends an empty message and does not tell its size")
	}
	return fmt.Errorf("the server sends nothing of its %d octets", size)
}

// headOnly reports whether nothing but its header can show that the message in hand is that of its entry: the entry has one,
// and no size that LIST told.
func (s *bodySink) headOnly() bool { return s.current.id != 0 && s.current.size <= 0 }

// another returns why what came cannot be the message of the entry, nil when it can: it is empty though TOP showed a header,
// or has the header of another message, as when a server answers with the message beside it.
func (s *bodySink) another(octets int64) (refused, err error) {
	e, err := s.Store.Entry(context.Background(), s.current.id)
	if err != nil || e.Body.Kind == store.BodyNone || e.Body.Length == 0 {
		return nil, err
	}
	if octets == 0 {
		return errors.New("the server sends an empty message, and its header was not empty"), nil
	}
	s.head.end()
	now := s.newEntry(message{number: s.current.number, size: s.current.size, uid: s.current.uid}, s.head.at(0), s.reader)
	if compareFaces(faceOf(&e), faceOf(&now)) == headOther { // without a Message-ID a header proves too little (QUIRK 71)
		return errors.New("the server sends another message than the one whose header it showed"), nil
	}
	return nil, nil
}

// add takes the message in hand, whose octets are in bodies, into the batch; the header of an arrival gets a body of its own,
// and makes an entry.
func (s *bodySink) add() error {
	b, it := s.batch, s.current
	var e store.Entry
	if it.id == 0 {
		s.head.end()
		raw := s.head.at(0)
		header, err := writeBody(b.Batch, s.origin(it.uid), raw)
		if err != nil {
			return err
		}
		e = s.newEntry(message{number: it.number, size: it.size, uid: it.uid}, raw, s.reader)
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
		s.batch.Rollback()
		return first(s.out.finish(), err)
	}
	last := s.batch
	if len(last.items) == 0 {
		last.Rollback()
		return s.out.finish()
	}
	err := s.out.add(job{func() error { return s.keep(last) }, last.Rollback})
	return first(s.out.finish(), err)
}

// keep commits a batch: the messages appear, and the mailbox's entries are no longer
// waited for. It runs in the committer's goroutine.
func (s *bodySink) keep(b *bodyBatch) error {
	holders, err := s.place(b)
	if err != nil {
		b.Rollback()
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
	if err := commit(b.Batch); err != nil {
		return err
	}
	for i, id := range holders {
		if it := &b.items[i]; it.id == 0 {
			it.id = b.entries[i].ID
			s.numbers.set(it.id, it.number)
		}
		if b.bodies[i].Kind == store.BodyWhole {
			s.proven.add(b.items[i].number)
		}
		if id == nil {
			s.outcome.AlreadyThere++
			continue
		}
		s.outcome.Stored = append(s.outcome.Stored, *id)
		if b.bodies[i].Kind == store.BodyWhole && len(s.waits[b.items[i].id]) > 0 { // more may be waiting for it
			s.got[b.items[i].id] = *id
		}
	}
	s.kept = b.items[len(b.items)-1].number
	s.outcome.Octets += b.octets
	s.safe = append(s.safe, b.items...)
	s.recycle(b)
	return nil
}
