package servermtm

import (
	"io"

	"pop3mtm/mtm/store"
)

// wholeSink takes the headers of a server without TOP from whole messages, and keeps
// these: a later copy then does not ask again. Their entries are not complete all the
// same (behaviour section 4, "TOP unsupported").
type wholeSink struct {
	*headerSink
	body *store.BodyWriter // of the message in hand, nil between messages
}

// Size is what LIST told.
func (s *wholeSink) Size(n int) int64 { return s.of(n).size }

// Message starts a message.
func (s *wholeSink) Message(n int) (io.Writer, error) {
	s.body = s.batch.into.BodyOf(store.BodyWhole, s.origin(s.of(n).uid))
	return io.MultiWriter(s.body, s.batch), nil
}

// Done ends a message.
func (s *wholeSink) Done(n int, octets int64, err error) error {
	s.whole = store.Body{}
	if s.body != nil {
		var closing error
		if err = nothingOf(octets, s.of(n).size); err != nil {
			closing = s.body.Discard()
		} else {
			s.whole, closing = s.body.Close()
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
