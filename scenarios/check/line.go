package check

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"time"

	"pop3mtm/scenarios/check/process"
)

// How says what happens to a connection.
type How string

// The values of How.
const (
	CutClose   How = "close"
	CutReset   How = "reset"
	CutGarbage How = "garbage"
	CutStall   How = "stall"
)

// Cut is a fault of the connection after the server has sent a number of octets. They are counted
// below TLS, over all connections of a case.
type Cut struct {
	How How
	At  int64
}

// garbage is inserted between two octets of the server: octets that are not text, a line end, and a
// line that is not a reply.
const garbage = "\xff\x00\xfe\x80\r\n\x81 garbage\r\n"

// maxWrites limits the offsets that are kept for the sweep.
const maxWrites = 1000

// maxTape limits the octets of one connection that are kept for the judge.
const maxTape = 8 << 20

// line is the network between client and server of one case. It sees every octet, and cuts a
// connection where the case says.
type line struct {
	cut *Cut

	mu      sync.Mutex
	open    int
	count   int
	fired   bool
	firedIn int   // the connection that was cut
	total   int64 // octets to the client, on all connections
	last    time.Time
	sent    map[int][]byte // by connection, the octets to the client
	over    map[int]bool   // more was sent than is kept
	written []int64        // the offset at which each write began
	several bool           // a read brought more than one line of a client
}

func newLine(cut *Cut) *line {
	return &line{cut: cut, last: time.Now(), sent: map[int][]byte{}, over: map[int]bool{}}
}

// state returns the state of the connections, for the watch on the process.
func (l *line) state() process.Line {
	l.mu.Lock()
	defer l.mu.Unlock()
	return process.Line{Last: l.last, Open: l.open > 0, Count: l.count}
}

func (l *line) hasCut() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.fired
}

// wrap counts a connection, and returns it with the fault of the case.
func (l *line) wrap(c net.Conn) net.Conn {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.count++
	l.open++
	l.last = time.Now()
	t := &tapped{line: l, number: l.count, Conn: c}
	if tcp, ok := c.(*net.TCPConn); ok {
		return &tappedTCP{tapped: t, TCPConn: tcp}
	}
	return t
}

// record keeps the octets that were sent.
func (l *line) record(number int, p []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last = time.Now()
	if len(l.written) < maxWrites {
		l.written = append(l.written, l.total)
	}
	l.total += int64(len(p))
	if room := maxTape - len(l.sent[number]); len(p) > room {
		l.over[number] = true
		p = p[:room]
	}
	l.sent[number] = append(l.sent[number], p...)
}

// heard takes down that the client sent octets. Lines that come together were sent without a wait
// for the reply between them.
func (l *line) heard(p []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last = time.Now()
	l.several = l.several || bytes.Count(p, []byte("\n")) > 1
}

// sawSeveral reports whether the client sent a command before it had the reply to the one before.
func (l *line) sawSeveral() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.several
}

// reached returns after how many of the next n octets the cut comes, and how; how is "" when it
// does not.
func (l *line) reached(number, n int) (after int, how How) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.cut == nil || l.fired {
		return 0, ""
	}
	left := l.cut.At - l.total
	if left >= int64(n) {
		return 0, ""
	}
	l.fired, l.firedIn = true, number
	return int(left), l.cut.How
}

// listener returns connections that go through the line.
type listener struct {
	net.Listener
	line *line
}

func (l listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return l.line.wrap(c), nil
}

// tapped is one connection through the line.
type tapped struct {
	net.Conn
	line   *line
	number int
	once   sync.Once
}

// tappedTCP is a tapped TCP connection, which the server can also half-close and reset.
type tappedTCP struct {
	*tapped
	*net.TCPConn
}

func (c *tappedTCP) Read(p []byte) (int, error)          { return c.tapped.Read(p) }
func (c *tappedTCP) Write(p []byte) (int, error)         { return c.tapped.Write(p) }
func (c *tappedTCP) Close() error                        { return c.tapped.Close() }
func (c *tappedTCP) LocalAddr() net.Addr                 { return c.TCPConn.LocalAddr() }
func (c *tappedTCP) RemoteAddr() net.Addr                { return c.TCPConn.RemoteAddr() }
func (c *tappedTCP) SetDeadline(t time.Time) error       { return c.TCPConn.SetDeadline(t) }
func (c *tappedTCP) SetReadDeadline(t time.Time) error   { return c.TCPConn.SetReadDeadline(t) }
func (c *tappedTCP) SetWriteDeadline(t time.Time) error  { return c.TCPConn.SetWriteDeadline(t) }
func (c *tappedTCP) ReadFrom(r io.Reader) (int64, error) { return io.Copy(struct{ io.Writer }{c}, r) }
func (c *tappedTCP) WriteTo(w io.Writer) (int64, error)  { return io.Copy(w, struct{ io.Reader }{c}) }

func (c *tapped) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if n > 0 {
		c.line.heard(p[:n])
	}
	return n, err
}

func (c *tapped) Write(p []byte) (int, error) {
	after, how := c.line.reached(c.number, len(p))
	if how == "" {
		n, err := c.Conn.Write(p)
		c.line.record(c.number, p[:n])
		return n, err
	}
	n, err := c.Conn.Write(p[:after])
	c.line.record(c.number, p[:n])
	if err != nil {
		return n, err
	}
	if how == CutGarbage {
		g, err := io.WriteString(c.Conn, garbage)
		c.line.record(c.number, []byte(garbage)[:g])
		if err != nil {
			return n, err
		}
		rest, err := c.Conn.Write(p[after:])
		c.line.record(c.number, p[after:after+rest])
		return n + rest, err
	}
	c.end(how)
	return n, fmt.Errorf("the line was cut: %w", os.ErrClosed)
}

// lingering limits the wait for the client to close its side. Without the wait, octets that the
// client has just sent would turn the end into a reset.
const lingering = 500 * time.Millisecond

// end ends the connection as the fault says.
func (c *tapped) end(how How) {
	tcp, isTCP := c.Conn.(*net.TCPConn)
	switch {
	case how == CutStall:
		_ = c.Conn.SetReadDeadline(time.Time{})
		_, _ = io.Copy(io.Discard, c.Conn) // until the client closes
	case how == CutReset && isTCP:
		_ = tcp.SetLinger(0)
	case isTCP:
		_ = tcp.CloseWrite()
		c.over()
		_ = tcp.SetReadDeadline(time.Now().Add(lingering))
		_, _ = io.Copy(io.Discard, tcp)
	}
	_ = c.Close()
}

func (c *tapped) Close() error {
	err := c.Conn.Close()
	c.over()
	return err
}

// CloseWrite closes the sending side: the client gets no further octet.
func (c *tappedTCP) CloseWrite() error {
	err := c.TCPConn.CloseWrite()
	c.over()
	return err
}

// over records that the connection has ended.
func (c *tapped) over() {
	c.once.Do(func() {
		c.line.mu.Lock()
		defer c.line.mu.Unlock()
		c.line.open--
		c.line.last = time.Now()
	})
}

// Listeners returns listeners whose connections have the fault, once in all, for a client that is
// tried by hand. A nil listener stays nil.
func (c *Cut) Listeners(plain, secure net.Listener) (net.Listener, net.Listener) {
	l := newLine(c)
	if plain != nil {
		plain = listener{plain, l}
	}
	if secure != nil {
		secure = listener{secure, l}
	}
	return plain, secure
}
