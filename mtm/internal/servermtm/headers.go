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

// What one commit of new headers holds at most.
const (
	headerRows   = 1000
	headerOctets = 4 << 20
)

// headerBatch is what the line gave and the store has not taken yet.
type headerBatch struct {
	into *store.Batch
	headerBlocks
	rows []headerRow
}

type headerRow struct {
	message
	body    store.Body // of a message that came whole, in the batch's into
	carries Carries
}

// headerSink gathers headers from the line and hands them over in batches.
type headerSink struct {
	*refresh
	wanted   []*message // by number, the highest first
	batch    *headerBatch
	spare    chan *headerBatch
	out      *committer
	reader   *headerReader // used by the committer's goroutine alone
	whole    store.Body    // of the message in hand when it came whole
	carries  Carries       // and what it carries
	refused  []*message
	answered int // messages of the run in hand
}

// fetchHeaders makes an entry for each missing message. A server without TOP is
// asked for whole messages (behaviour section 4); those that it refuses as well are
// returned as failures.
func (r *refresh) fetchHeaders(ctx context.Context, missing []*message) ([]Failure, error) {
	if len(missing) == 0 {
		return nil, nil
	}
	s := &headerSink{
		refresh: r, wanted: missing,
		batch: &headerBatch{into: r.Store.NewBatch()}, spare: make(chan *headerBatch, 2),
		out: newCommitter(), reader: newHeaderReader(time.Now, r.settings.Charset),
	}
	s.spare <- new(headerBatch)
	numbers := make([]int, len(missing))
	for i, m := range missing {
		numbers[i] = m.number
	}
	err := s.fetch(ctx, numbers)
	err = first(err, s.flush(), s.out.finish())
	s.batch.into.Rollback()
	return s.failures(), err
}

// fetch tries the first TOP alone: its refusal says that the server has none.
func (s *headerSink) fetch(ctx context.Context, numbers []int) error {
	if s.topless {
		for _, n := range numbers {
			s.refused = append(s.refused, s.of(n))
		}
	} else if err := s.run(ctx, numbers[:1], s.top); err != nil {
		return err
	}
	if len(s.refused) == 0 {
		s.topWorks = true
		if err := s.run(ctx, numbers[1:], s.top); err != nil {
			return err
		}
		numbers = numbers[:0]
		for _, m := range s.refused {
			numbers = append(numbers, m.number)
		}
	}
	s.topless = !s.topWorks && !s.wire.Capabilities().Has("TOP")
	s.refused = nil
	whole := &wholeSink{headerSink: s, scan: mail.NewTraitScanner()}
	err := s.run(ctx, numbers, func(ctx context.Context, numbers []int) error { return s.wire.RetrAll(ctx, numbers, whole) })
	return first(err, whole.discard())
}

func (s *headerSink) top(ctx context.Context, numbers []int) error {
	return s.wire.TopAll(ctx, numbers, 1, s)
}

// run asks for headers; of an error that loses the connection it says with which message.
func (s *headerSink) run(ctx context.Context, numbers []int, ask func(context.Context, []int) error) error {
	s.answered = 0
	err := ask(ctx, numbers)
	i := culprit(ctx, err, numbers, s.answered)
	if i < 0 {
		return err
	}
	if i == len(numbers) {
		return &brokenError{err: err}
	}
	m := s.of(numbers[i])
	id := s.headless[m.number]
	if id == 0 && m.uid == "" {
		id = s.sameSize(m.size)
	}
	return &brokenError{message: *m, id: id, header: true, err: err}
}

// Message gives the writer for one header, perhaps once more.
func (s *headerSink) Message(int) (io.Writer, error) {
	s.batch.restart()
	return s.batch, nil
}

// of finds a message that is wanted.
func (s *headerSink) of(number int) *message {
	i, _ := slices.BinarySearchFunc(s.wanted, number, func(m *message, n int) int { return n - m.number })
	return s.wanted[i]
}

// Done ends one header.
func (s *headerSink) Done(n int, octets int64, err error) error {
	s.answered++
	m := s.of(n)
	// QUIRK 74: the header is whole where only the end of the message is not.
	if _, endless := errors.AsType[*pop3.ProtocolError](err); err != nil && (!endless || octets == 0 || !s.batch.complete()) {
		s.refused = append(s.refused, m)
		return nil
	}
	b := s.batch
	b.end()
	b.rows = append(b.rows, headerRow{message: *m, body: s.whole, carries: s.carries})
	s.meter.Update(func(p *progress.Snapshot) { p.MessagesToProcess-- })
	if len(b.rows) >= headerRows || len(b.raw) >= headerOctets {
		return s.flush()
	}
	return nil
}

// flush hands the batch to the committer and takes an empty one.
func (s *headerSink) flush() error {
	full := s.batch
	if len(full.rows) == 0 {
		return nil
	}
	if err := s.out.add(job{func() error { return s.keep(full) }, full.into.Rollback}); err != nil {
		return err
	}
	select {
	case s.batch = <-s.spare:
	default:
		s.batch = new(headerBatch)
	}
	s.batch.into = s.Store.NewBatch()
	return nil
}

// keep makes entries of a batch and commits them, still invisible. It runs in the
// committer's goroutine.
func (s *headerSink) keep(full *headerBatch) error {
	b := full.into
	if err := s.room(reserve); err != nil {
		b.Rollback()
		return err
	}
	entries := make([]*store.Entry, len(full.rows))
	for i, row := range full.rows {
		var err error
		if entries[i], err = s.add(b, row, full.at(i)); err != nil {
			b.Rollback()
			return err
		}
	}
	if err := commit(b); err != nil {
		return err
	}
	for i, e := range entries {
		if e != nil {
			s.numbers.set(e.ID, full.rows[i].number)
		}
		s.proven.add(full.rows[i].number)
	}
	s.stored += len(entries)
	full.reset()
	full.rows = full.rows[:0]
	select {
	case s.spare <- full:
	default:
	}
	return nil
}

// add puts a header's entry into the batch; nil when there is one after all, as
// the header of a message without UID can tell.
func (s *headerSink) add(b *store.Batch, row headerRow, raw []byte) (*store.Entry, error) {
	if id := s.headless[row.number]; id != 0 {
		return s.addHeader(b, id, row, raw)
	}
	e := s.entry(row.message, raw)
	if known, err := s.known(b, &e, row); known || err != nil {
		return nil, err
	}
	e.Body = row.body
	row.carries.Mark(&e)
	if e.Body.Kind == store.BodyNone {
		var err error
		if e.Body, err = writeBody(b, s.origin(e.UID), raw); err != nil {
			return nil, err
		}
	}
	b.Add(&e)
	return &e, nil
}

// known reports whether there is an entry for the message of that header.
func (s *headerSink) known(b *store.Batch, e *store.Entry, row headerRow) (bool, error) {
	if known, err := s.equalsRival(b, row); known || err != nil {
		return known, err
	}
	if row.uid != "" {
		return s.adopt(b, e, row)
	}
	i, err := s.claimByHeader(e, row)
	return i >= 0, err
}

// entry is a new header's entry, still invisible.
func (s *headerSink) entry(m message, raw []byte) store.Entry {
	e := s.newEntry(m, raw, s.reader)
	e.Flags = e.Flags.With(store.Invisible | store.InPreparation)
	e.Flags = e.Flags.With(s.owed.flags(e.Size)) // asked for already, whatever happens next
	if i, has := s.rivals[m.number]; has {       // it may be the message that was asked for under this name
		e.Flags |= s.local[i].Flags & (store.Pending | store.PendingPopulate)
	}
	if e.UID == "" {
		e.UID = headerUID(e.MessageID, e.Size)
	}
	return e
}

// newEntry is the mailbox's entry of a message that has none (behaviour section 4, "New header entry").
func (m *Mailbox) newEntry(of message, raw []byte, reader *headerReader) store.Entry {
	e := store.Entry{
		Parent: m.Service, Service: m.Service, Type: store.TypeMessage,
		Size: of.size, UID: of.uid, Sending: store.SendNotApplicable,
		Flags: store.New | store.Unread,
	}
	reader.fill(&e, raw)
	return e
}

func (s *headerSink) failures() []Failure {
	var failed []Failure
	for _, m := range s.refused {
		failed = append(failed, Failure{UID: m.uid, Err: errors.New("the server refuses its header")})
	}
	return failed
}

// writeBody writes the header of a message.
func writeBody(b *store.Batch, from store.Origin, raw []byte) (store.Body, error) {
	w := b.BodyOf(store.BodyHeader, from)
	if _, err := w.Write(raw); err != nil {
		return store.Body{}, err
	}
	return w.Close()
}

// origin says in the store's segments where a message comes from.
func (s *Session) origin(uid string) store.Origin { return store.Origin{Mailbox: s.from, UID: uid} }

// room makes sure that a number of octets is free on the store's volume.
func (m *Mailbox) room(octets int64) error {
	free, err := m.Store.Free()
	if err != nil {
		return fmt.Errorf("asking for free space: %w", err)
	}
	if free < octets {
		return &coded{progress.DiskFull, fmt.Sprintf("%d octets are free, %d are needed", free, octets)}
	}
	return nil
}
