package servermtm

import (
	"context"
	"errors"
	"io"
	"time"

	"pop3mtm/mtm/store"
)

// askedAtOnce is how many headers are asked for before the answers are judged.
const askedAtOnce = 1000

// numberSet is a set of message numbers in a bit each.
type numberSet []uint64

func (s numberSet) has(n int) bool { return n/64 < len(s) && s[n/64]&(1<<(n%64)) != 0 }

func (s *numberSet) add(n int) {
	if need := n/64 + 1 - len(*s); need > 0 {
		*s = append(*s, make([]uint64, need)...)
	}
	(*s)[n/64] |= 1 << (n % 64)
}

// faceSink reads the headers that TOP n 0 sends.
type faceSink struct {
	head   headerBlocks
	reader *headerReader
	faces  map[int]face

	answered int
}

// Message gives the writer for one header.
func (s *faceSink) Message(int) (io.Writer, error) { return &s.head, nil }

// Done ends one header; one that the server refuses, or of which it shows nothing, stays unknown.
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

// faces asks for the headers of messages; those that the server refuses are left out. A server that refuses the first one and
// does not list TOP is asked for no other in this session.
func (s *Session) faces(ctx context.Context, numbers []int) (map[int]face, error) {
	sink := &faceSink{
		reader: newHeaderReader(noDate, s.settings.Charset),
		faces:  make(map[int]face, len(numbers)),
	}
	if len(numbers) > 0 && !s.topWorks && !s.topless && !s.wire.Capabilities().Has("TOP") {
		if err := s.topAll(ctx, numbers[:1], sink); err != nil {
			return nil, err
		}
		s.topWorks = len(sink.faces) > 0
		s.topless = !s.topWorks
		numbers = numbers[1:]
	}
	if len(numbers) == 0 || s.topless {
		return sink.faces, nil
	}
	return sink.faces, s.topAll(ctx, numbers, sink)
}

// topAll asks for headers; of an error that loses the connection it says with which message.
func (s *Session) topAll(ctx context.Context, numbers []int, sink *faceSink) error {
	sink.answered = 0
	err := s.wire.TopAll(ctx, numbers, 0, sink)
	switch i := culprit(ctx, err, numbers, sink.answered); {
	case i == len(numbers):
		return &brokenError{err: err}
	case i >= 0:
		return &brokenError{message: message{number: numbers[i]}, id: s.numbers.entry(numbers[i]), header: true, err: err}
	}
	return err
}

// faceOfEntry is what tells an entry's message apart. An entry without a Message-ID may have a date that its header has not, so
// the header is read.
func (m *Mailbox) faceOfEntry(ctx context.Context, e *store.Entry, charset string) (face, error) {
	if e.MessageID != "" || e.Body.Kind == store.BodyNone {
		return faceOf(e), nil
	}
	raw, err := m.headerOf(ctx, e.ID)
	if errors.Is(err, store.ErrCorrupt) { // a damaged body must not keep the others from being judged
		return face{from: e.Details, subject: e.Description}, nil
	}
	if err != nil {
		return face{}, err
	}
	var shown store.Entry
	newHeaderReader(noDate, charset).fill(&shown, cutHeader(raw))
	return faceOf(&shown), nil
}

// headerOf reads the beginning of an entry's body.
func (m *Mailbox) headerOf(ctx context.Context, id store.ID) ([]byte, error) {
	body, err := m.Store.Body(ctx, id)
	if err != nil {
		return nil, err
	}
	raw, err := io.ReadAll(io.LimitReader(body, maxHeader))
	return raw, errors.Join(err, body.Close())
}

// noDate is the clock of a header reader that leaves the date of a header without one unknown.
func noDate() time.Time { return time.Time{} }

// question is whether a listed message is the one that an entry knows.
type question struct {
	id     store.ID // the entry
	number int
	size   sizeMatch
	doubt  doubt
}

// answers asks for the headers of the messages in question, and judges. The numbers of those that are the same are proven for
// this session.
func (s *Session) answers(ctx context.Context, list []question, judged func(q question, v verdict)) error {
	for len(list) > 0 {
		some := list[:min(len(list), askedAtOnce)]
		list = list[len(some):]
		var numbers []int
		ids := make([]store.ID, len(some))
		for i, q := range some {
			if ids[i] = q.id; s.breaks[q.id] == 0 { // others are asked for nothing but last
				numbers = append(numbers, q.number)
			}
		}
		faces, err := s.faces(ctx, numbers)
		if err != nil {
			return err
		}
		entries, err := s.Store.Entries(ctx, ids)
		if err != nil {
			return err
		}
		for i, q := range some {
			head := headRefused
			if now, shown := faces[q.number]; shown {
				then, err := s.faceOfEntry(ctx, &entries[i], s.settings.Charset)
				if err != nil {
					return err
				}
				head = compareFaces(then, now)
			}
			if s.breaks[q.id] > 0 && byHeader(store.Ref{UID: entries[i].UID, Size: entries[i].Size}) {
				judged(q, fetch) // its size alone tells which one it is
				continue
			}
			if judge(idSame, q.size, head, max(q.doubt, doubtSome)) == same {
				s.proven.add(q.number)
			}
			judged(q, judge(idSame, q.size, head, q.doubt))
		}
	}
	return nil
}
