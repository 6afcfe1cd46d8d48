package servermtm

import (
	"context"
	"io"

	"pop3mtm/mtm/pop3"
	"pop3mtm/mtm/store"
)

// askedAtOnce is the number of headers that are requested before the answers are judged.
const askedAtOnce = 1000

// faceSink reads the headers from the replies to TOP n 0.
type faceSink struct {
	head   headerBlocks
	reader *headerReader
	faces  map[int]face

	answered int
}

// Message returns the writer for one header.
func (s *faceSink) Message(int) (io.Writer, error) { return &s.head, nil }

// Done ends one header. A header that the server refuses, or sends empty, stays unknown.
func (s *faceSink) Done(n int, octets int64, err error) error {
	s.answered++
	if err == nil && octets > 0 {
		s.head.end()
		var e store.Entry
		s.reader.fill(&e, s.head.at(0))
		s.faces[n] = faceOf(&e)
	}
	s.head.reset()
	return nil
}

// faces requests the headers of messages and returns those that the server does not refuse.
// After a refusal of the first one by a server that does not list TOP, no other is
// requested in this session.
func (s *Session) faces(ctx context.Context, numbers []int) (map[int]face, error) {
	sink := &faceSink{
		reader: newHeaderReader(noDate, s.line.settings.Charset),
		faces:  make(map[int]face, len(numbers)),
	}
	if len(numbers) > 0 && !s.server.topWorks && !s.server.topless && !s.line.wire.Capabilities().Has("TOP") {
		if err := s.topAll(ctx, numbers[:1], sink); err != nil {
			return nil, err
		}
		s.server.topWorks = len(sink.faces) > 0
		s.server.topless = !s.server.topWorks
		numbers = numbers[1:]
	}
	if len(numbers) == 0 || s.server.topless {
		return sink.faces, nil
	}
	return sink.faces, s.topAll(ctx, numbers, sink)
}

// topAll requests headers. An error that ends the connection names the message at which it ended.
func (s *Session) topAll(ctx context.Context, numbers []int, sink *faceSink) error {
	sink.answered = 0
	err := s.line.wire.TopAll(ctx, numbers, 0, sink)
	switch i := culprit(ctx, err, pop3.Ints(numbers), sink.answered); {
	case err == nil && sink.answered < len(numbers):
		return errPaused
	case i == len(numbers):
		return &brokenError{err: err}
	case i >= 0:
		return &brokenError{message: message{number: numbers[i]}, id: s.view.numbers.entry(numbers[i]), header: true, err: err}
	}
	return err
}

// question asks whether a listed message is the one that an entry knows.
type question struct {
	id     store.ID // the entry
	number int
	size   sizeMatch
	doubt  doubt
}

// answers requests the headers of the messages in question and judges them. Messages that turn out
// to be the same are proven for this session.
func (s *Session) answers(ctx context.Context, list []question, judged func(q question, v verdict)) error {
	for len(list) > 0 {
		some := list[:min(len(list), askedAtOnce)]
		list = list[len(some):]
		var numbers []int
		ids := make([]store.ID, len(some))
		for i, q := range some {
			if ids[i] = q.id; s.breaks[q.id] == 0 { // messages that broke a visit are requested last
				numbers = append(numbers, q.number)
			}
		}
		faces, err := s.faces(ctx, numbers)
		if err != nil {
			return err
		}
		entries, err := s.box.Store.Entries(ctx, ids)
		if err != nil {
			return err
		}
		for i, q := range some {
			head := headRefused
			if now, shown := faces[q.number]; shown {
				then, err := s.box.faceOfEntry(ctx, &entries[i], s.line.settings.Charset)
				if err != nil {
					return err
				}
				head = compareFaces(then, now)
			}
			if s.breaks[q.id] > 0 && byHeader(store.Ref{UID: entries[i].UID, Size: entries[i].Size}) {
				judged(q, fetch) // only its size identifies it
				continue
			}
			if judge(idSame, q.size, head, max(q.doubt, doubtSome)) == same {
				s.view.proven.add(q.number)
			}
			judged(q, judge(idSame, q.size, head, q.doubt))
		}
	}
	return nil
}
