package pop3

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"sync"

	"pop3mtm/mtm/internal/lineio"
)

// Session is one POP3 connection.
type Session struct {
	opt  Options
	line *line
	in   *lineio.Reader
	out  []byte // the command line, reused

	statusText []byte // of the status line before the current message
	probe      probe
	witness    witness

	greeting string
	count    int         // messages that the last STAT counts
	maxBody  int64       // see LimitBody
	stops    func() bool // see StopWhen; nil never stops
	caps     Capabilities

	mu  sync.Mutex
	err error
}

// NewSession reads the greeting from conn and returns a session, which owns conn. A *tls.Conn makes
// its handshake first (RFC 8314 section 3, usually port 995).
//
// NewSession closes conn when it fails, with a *ReplyError for a greeting of -ERR, or a *LineError,
// *ProtocolError or *TLSError. Here and in every method, cancelling ctx spoils the session.
func NewSession(ctx context.Context, conn net.Conn, o *Options) (*Session, error) {
	s := &Session{opt: o.orDefault()}
	s.LimitBody(0)
	s.line = &line{conn: conn, wire: conn, timeout: s.opt.Timeout, pace: newPace(s.opt.MinRate)}
	s.in = lineio.NewReader(s.line, s.opt.MaxLine)
	c := command{verb: Greeting}
	stop, err := s.begin(ctx, c)
	if err != nil {
		return nil, err
	}
	defer stop()
	if secured, ok := conn.(*tls.Conn); ok {
		if err = s.handshake(ctx, secured); err != nil {
			return nil, err
		}
	}
	text, err := s.status(ctx, c)
	if err != nil {
		_ = s.line.drop()
		return nil, err
	}
	s.greeting = string(text)
	return s, nil
}

// Greeting returns the text of the server's greeting after "+OK ".
func (s *Session) Greeting() string { return s.greeting }

// DoubtSizes makes the session treat LIST's sizes as estimates, for a server that an earlier
// session has found to give wrong ones (QUIRK 42). Then no message is asked for again because of
// its size.
func (s *Session) DoubtSizes() { s.witness.trust = estimates }

// SizesAreEstimates reports whether LIST's sizes are known to be wrong (QUIRK 42).
func (s *Session) SizesAreEstimates() bool { return s.witness.trust == estimates }

// Err returns nil while the session is usable, else the error that spoiled it, or ErrClosed. It
// does not block.
func (s *Session) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// Close closes the connection without QUIT, so that the server deletes nothing (RFC 1939 section
// 6). It does not block, and any goroutine may call it at any time. After Quit or Close it does
// nothing.
func (s *Session) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return nil
	}
	s.err = ErrClosed
	return s.line.drop()
}

// spoil closes the connection and returns the first error that did so.
func (s *Session) spoil(err error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil {
		s.err = err
		_ = s.line.drop() // err says more
	}
	return s.err
}

// command describes the current command, for errors.
type command struct {
	verb   string
	number int      // of the message; 0 without one
	size   int64    // of the message in LIST; 0 when unknown
	secret []string // never shown, even when the server repeats it
}

func (c command) String() string {
	if c.number == 0 {
		return c.verb
	}
	return c.verb + " " + strconv.Itoa(c.number)
}

// begin starts a call: it watches ctx until stop is called. It fails when the session is spoiled or
// ctx is cancelled.
func (s *Session) begin(ctx context.Context, c command) (stop func(), err error) {
	if err := s.Err(); err != nil {
		return nil, err
	}
	if ctx.Err() != nil {
		return nil, s.spoil(lineError(ctx, c, 0, ctx.Err()))
	}
	if err := s.checkQuiet(c); err != nil {
		return nil, err
	}
	s.line.rest = allowance{}
	return s.line.watch(ctx), nil
}

// exchange sends one command line and reads its status line. Then it calls then, unless nil, to
// read the rest of the reply; text is the status text, valid until the next read.
func (s *Session) exchange(ctx context.Context, c command, words string, then func(text []byte) error) error {
	stop, err := s.begin(ctx, c)
	if err != nil {
		return err
	}
	defer stop()
	if err = s.send(ctx, c, words); err != nil {
		return err
	}
	text, err := s.status(ctx, c)
	if err != nil || then == nil {
		return err
	}
	return then(text)
}

// send writes one line, given without its CRLF.
func (s *Session) send(ctx context.Context, c command, words string) error {
	s.out = append(append(s.out[:0], words...), "\r\n"...)
	_, err := s.line.Write(s.out)
	if len(c.secret) > 0 {
		clear(s.out)
	}
	if err != nil {
		return s.spoil(lineError(ctx, c, s.opt.Timeout, err))
	}
	return nil
}

// status reads a status line and returns the text after "+OK ", a *ReplyError, or the error that
// spoiled the session.
func (s *Session) status(ctx context.Context, c command) ([]byte, error) {
	line, err := s.statusLine(ctx, c)
	if err != nil {
		return nil, err
	}
	ok, text, known := parseStatus(line)
	if !known {
		return nil, s.spoil(c.protocolError(`a line that starts with "+OK" or "-ERR"`, line))
	}
	if !ok {
		return nil, c.replyError(text)
	}
	return text, nil
}

// statusLine reads a line where a status line is expected. QUIRK 86: blank lines after a message
// belong to the end of the message.
func (s *Session) statusLine(ctx context.Context, c command) ([]byte, error) {
	line, err := s.readLine(ctx, c, 0)
	for i := 0; s.in.AfterBody() && i < maxBlank && err == nil && len(line) == 0; i++ {
		line, err = s.readLine(ctx, c, 0)
	}
	return line, err
}

func (s *Session) readLine(ctx context.Context, c command, row int) ([]byte, error) {
	if row == 0 {
		s.line.pace.free = true // the wait for the first octet does not count for the rate
	}
	line, err := s.in.ReadLine()
	switch {
	case err == nil:
		return line, nil
	case errors.Is(err, lineio.ErrLineTooLong):
		return nil, s.spoil(c.limitError(row, "MaxLine", fmt.Sprintf("a line of at most %d octets", s.opt.MaxLine)))
	}
	return nil, s.spoil(lineError(ctx, c, s.opt.Timeout, err))
}

// body copies the message after a status line to w, or discards it when w is nil; with repeats set
// it skips the first line.
//
// When w fails, writeErr is its error, and the message is still read to its end. When stop returns
// true for the octets so far, err is lineio.ErrStopped and the session stays usable.
func (s *Session) body(ctx context.Context, c command, repeats bool, stop func(tail []byte) bool, w io.Writer) (n int64, writeErr, err error) {
	if repeats {
		if _, err = s.readLine(ctx, c, 0); err != nil {
			return 0, nil, err
		}
	}
	n, writeErr, err = s.in.CopyBodyUnless(stop, w, s.maxBody)
	switch {
	case err == nil, errors.Is(err, lineio.ErrStopped):
		return n, writeErr, err
	case errors.Is(err, lineio.ErrBodyTooLong):
		return n, writeErr, s.spoil(c.limitError(0, "MaxBody", fmt.Sprintf("a message of at most %d octets", s.maxBody)))
	}
	failed := lineError(ctx, c, s.opt.Timeout, err)
	if failed.Wait > 0 && c.size > 0 && n >= c.size {
		failed.Whole = n
	}
	return n, writeErr, s.spoil(failed)
}

// checkText returns ErrArgument for text that would end or split a command line.
func checkText(what, text string) error {
	for i := range len(text) {
		if text[i] == '\r' || text[i] == '\n' || text[i] == 0 {
			return fmt.Errorf("%w: the %s contains CR, LF or NUL", ErrArgument, what)
		}
	}
	return nil
}

func checkNumber(n int) error {
	if n < 1 {
		return fmt.Errorf("%w: message number %d is below 1", ErrArgument, n)
	}
	return nil
}
