package servermtm

import (
	"io"

	"pop3mtm/mtm/mail"
	"pop3mtm/mtm/store"
)

// wholeSink takes the headers of a server without TOP from whole messages, and keeps
// these: a later copy then does not ask again. Their entries are not complete all the
// same (behaviour section 4, "TOP unsupported").
type wholeSink struct {
	*headerSink
	body *store.BodyWriter // of the message in hand, nil between messages
	scan *mail.Scanner     // looks at what it carries
}

// Size is what LIST told.
func (s *wholeSink) Size(n int) int64 { return s.of(n).size }

// Message starts a message.
func (s *wholeSink) Message(n int) (io.Writer, error) {
	s.body = s.batch.into.BodyOf(store.BodyWhole, s.origin(s.of(n).uid))
	s.scan.Reset()
	return io.MultiWriter(s.body, s.batch, s.scan), nil
}

// Done ends a message.
func (s *wholeSink) Done(n int, octets int64, err error) error {
	s.whole, s.carries = store.Body{}, Carries{}
	if s.body != nil {
		var closing error
		if err = nothingOf(octets, s.of(n).size); err != nil {
			closing = s.body.Discard()
		} else {
			s.whole, closing = s.body.Close()
			s.scan.End()
			s.carries = CarriesOf(s.scan.Traits())
		}
		s.body = nil
		if closing != nil {
			return closing
		}
	}
	return s.headerSink.Done(n, octets, err)
}

// discard forgets the message that the line broke in.
func (s *wholeSink) discard() error {
	if s.body == nil {
		return nil
	}
	return s.body.Discard()
}
