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
	out  []byte // the command being sent

	statusText []byte // of the message being read
	probe      probe
	witness    witness

	greeting string
	maxBody  int64       // see LimitBody
	stops    func() bool // see StopWhen; nil = never
	caps     Capabilities

	mu  sync.Mutex
	err error
}

// NewSession reads the greeting from conn. The session owns conn from here on, and closes it
// when NewSession fails: with a *ReplyError when the greeting is -ERR, else with a
// *LineError or *ProtocolError. A cancelled ctx spoils the session, here and in every
// method. When conn is a *tls.Conn (RFC 8314 section 3, usually port 995) the handshake
// comes first; it fails with a *TLSError.
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

// Greeting is the text of the server's greeting after "+OK ".
func (s *Session) Greeting() string { return s.greeting }

// DoubtSizes says that LIST's sizes are not those of the messages, as an earlier session found out
// (QUIRK 42): then no message is asked for twice because of its size.
func (s *Session) DoubtSizes() { s.witness.trust = estimates }

// SizesAreEstimates reports whether LIST's sizes are known not to be those of
// the messages (QUIRK 42).
func (s *Session) SizesAreEstimates() bool { return s.witness.trust == estimates }

// Err is nil while the session is usable, else the first error that spoiled it, or
// ErrClosed. It never waits.
func (s *Session) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// Close drops the line without QUIT, so that the server forgets the deletions (RFC 1939 section 6).
// It never waits for the server, and any goroutine may call it at any time. It does nothing after
// Quit or an earlier Close.
func (s *Session) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return nil
	}
	s.err = ErrClosed
	return s.line.drop()
}

// spoil closes the line and returns the first error that did so.
func (s *Session) spoil(err error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil {
		s.err = err
		_ = s.line.drop() // the first error says why
	}
	return s.err
}

// command names what is under way, for errors.
type command struct {
	verb   string
	number int      // 0 = none
	size   int64    // of the message, as LIST says; 0 = unknown
	secret []string // never shown, even when the server repeats it
}

func (c command) String() string {
	if c.number == 0 {
		return c.verb
	}
	return c.verb + " " + strconv.Itoa(c.number)
}

// begin watches ctx until stop is called. A spoiled session or a cancelled ctx ends the call here.
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

// exchange sends one command line (without CRLF) and reads its status line; then, unless nil, reads
// the rest of the reply, and gets the status text, which is valid until the next read.
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

// send writes one line.
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

// status reads a status line. It returns the text after "+OK ", a *ReplyError, or
// what spoiled the session.
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

// statusLine reads the line that is due. QUIRK 86: blank ones after a message are more of its end.
func (s *Session) statusLine(ctx context.Context, c command) ([]byte, error) {
	line, err := s.readLine(ctx, c, 0)
	for i := 0; s.in.AfterBody() && i < maxBlank && err == nil && len(line) == 0; i++ {
		line, err = s.readLine(ctx, c, 0)
	}
	return line, err
}

func (s *Session) readLine(ctx context.Context, c command, row int) ([]byte, error) {
	if row == 0 {
		s.line.pace.free = true // how long the server takes to begin is not its rate
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

// body copies the message that follows a status line to w (nil = throw away), without its first
// line when that repeats the status line. writeErr is an error of w; the message is then read to
// its end all the same. When stop, unless it is nil, says true of what has come, err is
// lineio.ErrStopped and the session lives on.
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

// checkText refuses what would end or split a command line.
func checkText(what, text string) error {
	for i := range len(text) {
		if text[i] == '\r' || text[i] == '\n' || text[i] == 0 {
			return fmt.Errorf("%w: the %s holds CR, LF or NUL", ErrArgument, what)
		}
	}
	return nil
}

func checkNumber(n int) error {
	if n < 1 {
		return fmt.Errorf("%w: message number %d, the first is 1", ErrArgument, n)
	}
	return nil
}
