package servermtm

import (
	"context"
	"errors"
	"io"
	"time"

	"pop3mtm/mtm/mail"
	"pop3mtm/mtm/pop3"
	"pop3mtm/mtm/progress"
	"pop3mtm/mtm/store"
)

// headerBatch holds headers of new messages.
type headerBatch struct {
	into *store.Batch
	headerBlocks
	rows []headerRow
	made []*store.Entry // the new entry of each row, nil when there was one already
}

func (b *headerBatch) begin(into *store.Batch) {
	b.into = into
	b.reset()
	b.rows, b.made = b.rows[:0], b.made[:0]
}

func (b *headerBatch) target() *store.Batch { return b.into }
func (b *headerBatch) empty() bool          { return len(b.rows) == 0 }

// headerSink reads headers from the connection and makes entries of them.
type headerSink struct {
	session  *Session
	meter    *progress.Meter
	claims   *claims
	wanted   *picks
	batches  *batcher[*headerBatch]
	reader   *headerReader // only used by the committer's goroutine
	whole    store.Body    // body of the current message, if it was fetched whole
	carries  Carries       // flags for its contents
	refused  *picks
	answered int // messages of the current run that were answered
}

// fetchHeaders makes an entry for each missing message. From a server without TOP it fetches whole
// messages (behaviour section 4). It returns the messages that the server refuses.
func (s *Session) fetchHeaders(ctx context.Context, meter *progress.Meter, c *claims, missing *picks) ([]failedMessage, error) {
	if missing.Len() == 0 {
		return nil, nil
	}
	h := &headerSink{session: s, meter: meter, claims: c, wanted: missing, refused: &picks{of: missing.of},
		reader: newHeaderReader(time.Now, s.line.settings.Charset)}
	h.batches = newBatcher(s.box.Store, func() *headerBatch { return new(headerBatch) }, h.fill, h.kept)
	err := h.fetch(ctx)
	err = first(err, h.batches.finish())
	return h.failures(), err
}

// fetch sends the first TOP alone, since its refusal means that the server has no TOP.
func (s *headerSink) fetch(ctx context.Context) error {
	again := s.wanted
	if !s.session.server.topless {
		if err := s.run(ctx, span{s.wanted, 0, 1}, s.top); err != nil {
			return err
		}
		if s.refused.Len() == 0 {
			s.session.server.topWorks = true
			if err := s.run(ctx, span{s.wanted, 1, s.wanted.Len()}, s.top); err != nil {
				return err
			}
			again = s.refused
		}
	}
	s.session.server.topless = !s.session.server.topWorks && !s.session.line.wire.Capabilities().Has("TOP")
	s.refused = &picks{of: s.wanted.of}
	whole := &wholeSink{headers: s, scan: mail.NewTraitScanner()}
	err := s.run(ctx, again, func(ctx context.Context, numbers pop3.Numbers) error {
		return s.session.line.wire.RetrEach(ctx, numbers, whole)
	})
	return first(err, whole.discard())
}

func (s *headerSink) top(ctx context.Context, numbers pop3.Numbers) error {
	return s.session.line.wire.TopEach(ctx, numbers, 1, s)
}

// run requests headers. An error that ends the connection names the message at which it ended.
func (s *headerSink) run(ctx context.Context, numbers pop3.Numbers, ask func(context.Context, pop3.Numbers) error) error {
	s.answered = 0
	err := ask(ctx, numbers)
	i := culprit(ctx, err, numbers, s.answered)
	if err == nil && s.answered < numbers.Len() {
		return errPaused
	}
	if i < 0 {
		return err
	}
	if i == numbers.Len() {
		return &brokenError{err: err}
	}
	m := s.of(numbers.At(i))
	id := s.session.headless[m.number]
	if id == 0 && m.uid == "" {
		id = s.claims.sameSize(m.size)
	}
	return &brokenError{message: m, id: id, header: true, err: err}
}

// Message returns the writer for one header. It may be called again for the same message.
func (s *headerSink) Message(int) (io.Writer, error) {
	s.batches.now.restart()
	return s.batches.now, nil
}

// of returns the wanted message with a number.
func (s *headerSink) of(number int) message { return s.wanted.of.find(number) }

// Done ends one header.
func (s *headerSink) Done(n int, octets int64, err error) error {
	s.answered++
	// QUIRK 74: the header can be used when only the end of the message is missing.
	if _, endless := errors.AsType[*pop3.ProtocolError](err); err != nil && (!endless || octets == 0 || !s.batches.now.complete()) {
		s.refused.add(s.refused.of.index(n))
		return nil
	}
	b := s.batches.now
	b.end()
	b.rows = append(b.rows, headerRow{message: s.of(n), body: s.whole, carries: s.carries})
	s.meter.Update(func(p *progress.Snapshot) { p.MessagesToProcess-- })
	if len(b.rows) >= headerRows || len(b.raw) >= headerOctets {
		return s.batches.flush()
	}
	return nil
}

// fill adds the entries of a batch, which stay invisible until Show.
func (s *headerSink) fill(b *headerBatch) error {
	if err := s.session.box.room(reserve); err != nil {
		return err
	}
	b.into.Prepare(s.session.box.Service)
	for i, row := range b.rows {
		e, err := s.add(b.into, row, b.at(i))
		if err != nil {
			return err
		}
		b.made = append(b.made, e)
	}
	return nil
}

// kept assigns their message numbers to the entries of a batch.
func (s *headerSink) kept(b *headerBatch) {
	for i, e := range b.made {
		if e != nil {
			s.session.view.numbers.set(e.ID, b.rows[i].number)
		}
		s.session.view.proven.add(b.rows[i].number)
	}
	s.session.stored += len(b.rows)
}

// add adds an entry for a header to the batch. It returns nil when the header shows that the
// message has an entry already.
func (s *headerSink) add(b *store.Batch, row headerRow, raw []byte) (*store.Entry, error) {
	if id := s.session.headless[row.number]; id != 0 {
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
		if e.Body, err = writeBody(b, s.session.origin(e.UID), raw); err != nil {
			return nil, err
		}
	}
	b.Add(&e)
	return &e, nil
}

// known reports whether the message of a header has an entry already.
func (s *headerSink) known(b *store.Batch, e *store.Entry, row headerRow) (bool, error) {
	if known, err := s.claims.equalsRival(b, row); known || err != nil {
		return known, err
	}
	if row.uid != "" {
		return s.claims.adopt(b, e, row)
	}
	i, err := s.claims.claimByHeader(e, row)
	return i >= 0, err
}

// entry returns a new, invisible entry for a header.
func (s *headerSink) entry(m message, raw []byte) store.Entry {
	e := s.session.box.newEntry(m, raw, s.reader)
	e.Flags = e.Flags.With(s.session.owed.flags(e.Size)) // marks it as asked for, so that a failure does not lose the request
	if i, has := s.claims.rivals[m.number]; has {        // it may be the message that was requested under this unique-id
		e.Flags |= s.claims.local.flags(i) & (store.Pending | store.PendingPopulate)
	}
	if e.UID == "" {
		e.UID = headerUID(e.MessageID, e.Size)
	}
	return e
}

func (s *headerSink) failures() []failedMessage {
	var failed []failedMessage
	s.refused.indexes(func(i int) {
		failed = append(failed, failedMessage{UID: string(s.refused.of.uid(i)), Err: errors.New("the server refused its header")})
	})
	return failed
}

// addHeader adds the header to an entry without one.
func (s *headerSink) addHeader(b *store.Batch, id store.ID, row headerRow, raw []byte) (*store.Entry, error) {
	e, err := s.session.box.Store.Entry(context.Background(), id)
	if err != nil {
		return nil, err
	}
	s.session.complete(&e, raw)
	e.Body = row.body
	row.carries.Mark(&e)
	if e.Body.Kind == store.BodyNone {
		if e.Body, err = writeBody(b, s.session.origin(e.UID), raw); err != nil {
			return nil, err
		}
	}
	b.Update(&e)
	return &e, nil
}
