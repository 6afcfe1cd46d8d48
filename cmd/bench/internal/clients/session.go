package clients

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"

	"pop3mtm/cmd/bench/internal/servers"
	"pop3mtm/mtm/account"
)

// Session is a POP3 session that does as little work as a client can. It reads all replies through
// one buffer.
type Session struct {
	conn       net.Conn
	buffer     []byte
	start, end int // the octets in the buffer that were not processed yet
	stop       func() bool
}

// Dial connects, with TLS where the login says so, and logs in with USER and PASS. No line may be
// longer than size. The end of ctx closes the connection.
func Dial(ctx context.Context, l servers.Login, size int) (*Session, error) {
	dialer := net.Dialer{KeepAlive: -1} // saves five system calls
	conn, err := dialer.DialContext(ctx, "tcp", l.Address())
	if err != nil {
		return nil, err
	}
	s := &Session{conn: conn, buffer: make([]byte, size)}
	s.stop = context.AfterFunc(ctx, func() { _ = conn.Close() })
	if err = s.begin(l); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// Close closes the connection without QUIT.
func (s *Session) Close() {
	s.stop()
	_ = s.conn.Close() // after QUIT or a failure, when an error no longer matters
}

// begin reads the greeting, switches to TLS where the login says so, and logs in.
func (s *Session) begin(l servers.Login) error {
	if l.Security.TLS == account.Implicit {
		if err := s.encrypt(l); err != nil {
			return err
		}
	}
	if _, err := s.status(); err != nil {
		return err
	}
	if l.Security.TLS == account.STLS {
		if _, err := s.Ask("STLS"); err != nil {
			return err
		}
		if err := s.encrypt(l); err != nil {
			return err
		}
	}
	if _, err := s.Ask("USER " + l.User); err != nil {
		return err
	}
	_, err := s.Ask("PASS " + l.Password)
	return err
}

// encrypt switches to TLS. The handshake happens with the next read or write.
func (s *Session) encrypt(l servers.Login) error {
	if s.start != s.end {
		return fmt.Errorf("the server sent %q before the TLS handshake", s.buffer[s.start:s.end])
	}
	config, err := l.TLS()
	if err == nil {
		s.conn = tls.Client(s.conn, config)
	}
	return err
}

// Count sends STAT and returns the number of messages.
func (s *Session) Count() (messages int, err error) {
	stat, err := s.Ask("STAT")
	if err == nil {
		if _, wrong := fmt.Sscan(stat, &messages); wrong != nil {
			err = fmt.Errorf("invalid reply to STAT: %q", stat)
		}
	}
	return messages, err
}

// Ask sends a command and returns the text of its status line after +OK.
func (s *Session) Ask(command string) (string, error) {
	if _, err := io.WriteString(s.conn, command+"\r\n"); err != nil {
		return "", err
	}
	return s.status()
}

// fill reads more octets into the buffer.
func (s *Session) fill() error {
	if s.start > 0 {
		s.end = copy(s.buffer, s.buffer[s.start:s.end])
		s.start = 0
	}
	if s.end == len(s.buffer) {
		return fmt.Errorf("a line has more than %d octets", len(s.buffer))
	}
	n, err := s.conn.Read(s.buffer[s.end:])
	s.end += n
	if n > 0 {
		return nil
	}
	return err
}

// status reads a status line and returns what follows +OK.
func (s *Session) status() (string, error) {
	for {
		if i := bytes.IndexByte(s.buffer[s.start:s.end], '\n'); i >= 0 {
			line := string(bytes.TrimSpace(s.buffer[s.start : s.start+i]))
			s.start += i + 1
			text, ok := strings.CutPrefix(line, "+OK")
			if !ok {
				return "", fmt.Errorf("the server replied %q", line)
			}
			return text, nil
		}
		if err := s.fill(); err != nil {
			return "", err
		}
	}
}

// body writes the lines of a multi-line reply to w, without the dots that were added to them
// (RFC 1939 section 3).
func (s *Session) body(w io.Writer) error {
	for first := true; ; {
		b := s.buffer[s.start:s.end]
		switch i := dotAt(b, first); {
		case i >= 0 && len(b) < i+3:
		case i >= 0 && b[i+1] == '\r' && b[i+2] == '\n':
			s.start += i + 3
			_, err := w.Write(b[:i])
			return err
		case i >= 0:
			first = false
			s.start += i + 1
			if _, err := w.Write(b[:i]); err != nil {
				return err
			}
			continue
		default:
			keep := min(len(b), 1) // a dot may follow the last octet if it is LF
			if len(b) > keep {
				first = false
			}
			s.start += len(b) - keep
			if _, err := w.Write(b[:len(b)-keep]); err != nil {
				return err
			}
		}
		if err := s.fill(); err != nil {
			return err
		}
	}
}

// dotAt returns the index of the next dot at the start of a line, or -1. A line may also begin
// after a bare LF, since servers stuff such lines too. first means that b begins at the start of a
// line.
func dotAt(b []byte, first bool) int {
	if first && len(b) > 0 && b[0] == '.' {
		return 0
	}
	i := bytes.Index(b, []byte("\n."))
	if i < 0 {
		return -1
	}
	return i + 1
}

// Each sends a command for each message number from 1 on, with at most window commands in flight.
// It reads each status line and then calls read, which reads the rest of the reply.
func (s *Session) Each(verb string, messages, window int, read func(n int) error) error {
	for sent, n := 0, 1; n <= messages; n++ {
		if sent < messages && sent-n < window/2 {
			until := min(n-1+window, messages)
			if err := s.send(verb, sent+1, until); err != nil {
				return err
			}
			sent = until
		}
		if _, err := s.status(); err != nil {
			return err
		}
		if err := read(n); err != nil {
			return err
		}
	}
	return nil
}

// send sends a command for each message number from first to last.
func (s *Session) send(verb string, first, last int) error {
	var commands []byte
	for n := first; n <= last; n++ {
		commands = append(append(commands, verb...), ' ')
		commands = strconv.AppendInt(commands, int64(n), 10)
		commands = append(commands, "\r\n"...)
	}
	_, err := s.conn.Write(commands)
	return err
}
