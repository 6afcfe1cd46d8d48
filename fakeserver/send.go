package fakeserver

import (
	"errors"
	"io"
	"time"

	"pop3mtm/fakeserver/edit"
)

// lingering is the time that a closed connection is still read. Closing with unread commands
// would reset it and could destroy the last reply.
const lingering = time.Second

// send writes a reply unchanged, with the pauses and the end of connection that its chunks ask
// for. It stops at the first End other than Open.
func (s *Session) send(r edit.Reply) (edit.End, error) {
	if s.lent != nil && s.lent.is(r) && s.record.beginMail(r[0].Bytes, least(&s.lent.body)) {
		return edit.Open, s.sendMail(r)
	}
	for _, c := range r {
		if c.Pause > 0 {
			if err := s.out.Rest(c.Pause); err != nil {
				return edit.Open, err
			}
		}
		end, err := s.sendChunk(c)
		if err != nil {
			return edit.Open, err
		}
		if end != edit.Open {
			return end, s.end(end)
		}
	}
	return edit.Open, nil
}

// sendMail sends a reply with a message from scratch memory, which nobody has edited, and records
// it in one step.
func (s *Session) sendMail(r edit.Reply) error {
	s.record.silence(true)
	defer s.record.silence(false)
	if _, err := s.out.Write(r[0].Bytes); err != nil {
		s.record.endMail(0, false)
		return err
	}
	before := s.out.sent
	_, err := r[1].Body.WriteTo(&s.out)
	s.record.endMail(s.out.sent-before, err == nil)
	if err != nil {
		return s.failed(err)
	}
	_, err = s.out.Write(r[2].Bytes)
	return err
}

func (s *Session) sendChunk(c edit.Chunk) (edit.End, error) {
	if _, err := s.out.Write(c.Bytes); err != nil {
		return edit.Open, err
	}
	if c.Body == nil {
		return c.End, nil
	}
	s.record.beginBody(least(c.Body))
	_, err := c.Body.WriteTo(&s.out)
	s.record.endBody()
	if cut, ok := errors.AsType[*edit.CutError](err); ok {
		if cut.How == edit.Open {
			return edit.Open, nil
		}
		return cut.How, nil
	}
	if err != nil {
		return edit.Open, s.failed(err)
	}
	return c.End, nil
}

// failed returns the error of a session whose reply could not be read to its end.
func (s *Session) failed(err error) error {
	if s.out.err != nil { // the connection is lost: report that error
		return s.out.err
	}
	return errors.Join(err, s.out.flush())
}

// end flushes the buffer and ends the connection. The talk releases its resources before the
// client can see the end.
func (s *Session) end(how edit.End) error {
	if how == edit.Stall {
		return s.stall()
	}
	s.talk.End()
	if err := s.out.rest(); err != nil {
		return err
	}
	if tcp, ok := s.conn.(interface{ SetLinger(int) error }); ok && how == edit.Reset {
		return tcp.SetLinger(0)
	}
	if s.tls != nil && how != edit.Drop {
		// RFC 8446 section 6.1: close_notify. Ignore an error: a client that has
		// already gone has its replies.
		_ = s.tls.CloseWrite()
	}
	half, ok := s.conn.(interface{ CloseWrite() error })
	if !ok {
		return nil
	}
	patience := s.server.o.IdleTimeout
	if how != edit.HalfClose {
		patience = min(patience, lingering)
	}
	if err := half.CloseWrite(); err != nil {
		return err
	}
	if err := s.conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	_, _ = io.Copy(io.Discard, &s.in) // until the client closes or the deadline
	return nil
}

// stall flushes the buffer and reads until the client closes.
func (s *Session) stall() error {
	if err := s.out.rest(); err != nil {
		return err
	}
	if err := s.conn.SetReadDeadline(time.Time{}); err != nil {
		return err
	}
	_, _ = io.Copy(io.Discard, &s.in) // until the client or the server closes
	return nil
}
