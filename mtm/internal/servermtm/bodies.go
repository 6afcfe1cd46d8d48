package servermtm

import (
	"context"
	"io"

	"pop3mtm/mtm/progress"
	"pop3mtm/mtm/store"
)

// bodySink stores the messages of one RETR run. Bodies go into the store's segment
// as they come; a full batch is made durable by the committer while the next fills.
type bodySink struct {
	*transfer
	out     *committer
	batch   *bodyBatch
	current item
	body    *store.BodyWriter // of the message in hand
	step    int64             // octets of it that the progress does not show yet
}

// bodyBatch is a batch with the whole messages in it, in the order they came.
type bodyBatch struct {
	*store.Batch
	items  []item
	bodies []store.Body
	octets int64
}

// progressStep is how many octets of a message pass between two looks at its
// progress: a person sees no finer step, and small messages cost nothing.
const progressStep = 64 << 10

func newBodySink(r *transfer) *bodySink {
	s := &bodySink{transfer: r, out: newCommitter()}
	s.batch = s.newBatch()
	return s
}

func (s *bodySink) newBatch() *bodyBatch { return &bodyBatch{Batch: s.Store.NewBatch()} }

// Message starts a message.
func (s *bodySink) Message(n int) (io.Writer, error) {
	s.current = s.items[n]
	s.step = 0
	s.meter.Update(func(p *progress.Snapshot) { p.BytesDone, p.TotalBytes = 0, s.current.size })
	s.body = s.batch.Body(store.BodyWhole)
	return s, nil
}

// Write takes octets of the message in hand.
func (s *bodySink) Write(p []byte) (int, error) {
	n, err := s.body.Write(p)
	if s.step += int64(n); s.step >= progressStep {
		s.meter.Update(func(p *progress.Snapshot) { p.BytesDone += s.step })
		s.step = 0
	}
	return n, err
}

// Done ends a message: whole, or refused.
func (s *bodySink) Done(n int, octets int64, refused error) error {
	s.meter.Update(func(p *progress.Snapshot) {
		p.MessagesToProcess--
		p.BytesDone = octets
	})
	if refused != nil {
		s.failed = append(s.failed, failure(s.items[n], refused))
		return nil
	}
	body, err := s.body.Close()
	s.body = nil
	if err != nil {
		return err
	}
	b := s.batch
	b.items = append(b.items, s.current)
	b.bodies = append(b.bodies, body)
	b.octets += body.Length
	if len(b.items) < s.BatchMessages && b.octets < s.BatchBytes {
		return nil
	}
	s.batch = s.newBatch()
	return s.out.add(func() error { return s.keep(b) })
}

// finish makes what is whole durable, also after a failure, and waits for it.
func (s *bodySink) finish() error {
	if s.body != nil { // the line broke inside a message: half of it is nothing
		if err := s.body.Discard(); err != nil {
			s.batch.Rollback()
			return first(s.out.finish(), err)
		}
	}
	last := s.batch
	if len(last.items) == 0 {
		last.Rollback()
		return s.out.finish()
	}
	err := s.out.add(func() error { return s.keep(last) })
	return first(s.out.finish(), err)
}

func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// keep commits a batch: the copies appear, and the mailbox's entries are no longer
// waited for. It runs in the committer's goroutine.
func (s *bodySink) keep(b *bodyBatch) error {
	ids := make([]store.ID, len(b.items))
	for i, it := range b.items {
		ids[i] = it.id
	}
	sources, err := s.Store.Entries(context.Background(), ids)
	if err != nil {
		b.Rollback()
		return err
	}
	copies := make([]store.Entry, len(sources))
	for i, source := range sources {
		copies[i] = s.copyOf(source, b.bodies[i])
		b.Add(&copies[i])
	}
	b.SetPending(ids, false)
	b.SetFlags(ids, 0, store.New) // behaviour section 5: a copy clears New on the header
	if err := commit(b.Batch); err != nil {
		return err
	}
	for i := range copies {
		s.outcome.Stored = append(s.outcome.Stored, copies[i].ID)
	}
	s.outcome.Octets += b.octets
	s.safe = append(s.safe, b.items...)
	return nil
}

// copyOf is the folder's entry for a message of the mailbox.
func (s *bodySink) copyOf(source store.Entry, body store.Body) store.Entry {
	e := source
	e.ID, e.Parent, e.Body = 0, s.Into, body
	e.Pending = false
	e.Flags = e.Flags.Without(store.Invisible | store.InPreparation | store.Operation).
		With(store.Complete | store.Unread)
	e.Email = e.Email.WithOperation(store.OpNone).With(store.BodyTextComplete)
	e.Related = source.ID
	if s.Move {
		e.Related = 0 // the mailbox's entry goes when the server has deleted the message
	}
	return e
}
