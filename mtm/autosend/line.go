package autosend

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"sync/atomic"
	"time"

	"github.com/emersion/go-smtp"

	"pop3mtm/mtm/account"
	"pop3mtm/mtm/symbian"
)

// line is a session with the server.
type line struct {
	conn    *boundedConn
	client  *smtp.Client
	release func() bool // lets go of the context
	reading []*replies  // the outermost last
	private bool        // nobody can listen: TLS, or a server on this machine
}

// open reads the greeting and says hello, inside TLS when the account wants that.
func (l *line) open(ctx context.Context, s *settings, config *tls.Config, timeout time.Duration) error {
	conn, err := l.secure(ctx, s, config)
	if err != nil {
		return err
	}
	client := smtp.NewClient(conn)
	client.CommandTimeout, client.SubmissionTimeout = timeout, 10*timeout
	l.client = client
	if err := client.Hello(helloName(l.conn)); err != nil {
		if isTLS(err) {
			return tlsError(err)
		}
		return answerError("saying hello", symbian.ErrCannotConnect, err)
	}
	l.private = l.private || s.Security.TLS != account.NoTLS
	return nil
}

// secure returns the connection for the session, with TLS when the account wants that.
func (l *line) secure(ctx context.Context, s *settings, config *tls.Config) (net.Conn, error) {
	var conn net.Conn = l.conn
	greeting := ""
	switch s.Security.TLS {
	case account.NoTLS:
		return l.replies(conn, ""), nil
	case account.StartTLS:
		inClear := l.replies(conn, "")
		if err := startTLS(inClear, helloName(l.conn)); err != nil {
			return nil, err
		}
		// The session starts again, without a greeting, but go-smtp expects one.
		conn, greeting = inClear, "220 secured\r\n"
	}
	secured := tls.Client(conn, config)
	if err := secured.HandshakeContext(ctx); err != nil {
		return nil, tlsError(err)
	}
	return l.replies(secured, greeting), nil
}

// replies returns conn as a reader that accepts only replies that are due, until close.
func (l *line) replies(conn net.Conn, greeting string) *replies {
	r := newReplies(conn, greeting)
	l.reading = append(l.reading, r)
	return r
}

// close closes the connection without QUIT.
func (l *line) close() {
	l.release()
	_ = l.conn.Close()
	for _, r := range l.reading {
		r.stop()
	}
}

// helloName returns this machine's address in the form of RFC 5321 section 4.1.4, since it may have
// no name that others know.
func helloName(c net.Conn) string {
	a, ok := c.LocalAddr().(*net.TCPAddr)
	switch {
	case !ok:
		return "localhost"
	case a.IP.To4() != nil:
		return "[" + a.IP.String() + "]"
	}
	return "[IPv6:" + a.IP.String() + "]"
}

// boundedConn limits what a server may send between two commands, and how long it may accept
// nothing.
type boundedConn struct {
	net.Conn
	timeout time.Duration
	since   atomic.Int64 // octets read since the last write
}

// maxReply is far beyond any reply: RFC 5321 section 4.5.3.1.5 has 512 octets a line. TLS
// handshakes need more.
const maxReply = 256 << 10

func (c *boundedConn) Read(p []byte) (int, error) {
	if c.since.Load() > maxReply {
		return 0, fmt.Errorf("%w: more than %d octets for one command", errNonsense, maxReply)
	}
	n, err := c.Conn.Read(p)
	c.since.Add(int64(n))
	return n, err
}

func (c *boundedConn) Write(p []byte) (int, error) {
	c.since.Store(0)
	if err := c.Conn.SetWriteDeadline(time.Now().Add(c.timeout)); err != nil {
		return 0, err
	}
	return c.Conn.Write(p)
}
