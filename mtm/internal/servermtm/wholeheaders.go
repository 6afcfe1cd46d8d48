package servermtm

import (
	"io"

	"pop3mtm/mtm/mail"
	"pop3mtm/mtm/store"
)

// wholeSink takes headers from whole messages, for a server without TOP. It stores the messages, so
// that a later copy does not fetch them again, but their entries are not complete (behaviour
// section 4, "TOP unsupported").
type wholeSink struct {
	headers *headerSink
	body    *store.BodyWriter // of the current message, nil between messages
	scan    *mail.Scanner     // finds its traits
	size    bounded
}

// Size returns LIST's size of a message.
func (s *wholeSink) Size(n int) int64 { return s.headers.of(n).size }

// Message begins a message. It may be called again for the same message.
func (s *wholeSink) Message(n int) (io.Writer, error) {
	if err := s.discard(); err != nil {
		return nil, err
	}
	s.headers.batches.now.restart()
	s.body = s.headers.batches.now.into.BodyOf(store.BodyWhole, s.headers.session.origin(s.headers.of(n).uid))
	s.scan.Reset()
	s.size = bounded{to: io.MultiWriter(s.body, s.headers.batches.now, s.scan), most: s.headers.session.ceiling(0)}
	return &s.size, nil
}

// Done ends a message.
func (s *wholeSink) Done(n int, octets int64, err error) error {
	s.headers.whole, s.headers.carries = store.Body{}, Carries{}
	if err == nil {
		m := s.headers.of(n)
		err = first(nothingOf(octets, m.size, m.unsized), s.size.tooLong())
	}
	if err != nil {
		if failed := s.discard(); failed != nil {
			return failed
		}
	}
	if s.body != nil {
		var failed error
		if s.headers.whole, failed = s.body.Close(); failed != nil {
			return failed
		}
		s.scan.End()
		s.headers.carries = CarriesOf(s.scan.Traits())
		s.body = nil
	}
	return s.headers.Done(n, octets, err)
}

// discard drops the octets of the current message.
func (s *wholeSink) discard() error {
	if s.body == nil {
		return nil
	}
	body := s.body
	s.body = nil
	return body.Discard()
}
