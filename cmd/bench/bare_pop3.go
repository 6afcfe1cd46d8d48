package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
)

const retrName = "bare-retr"

// bareWindow is how many RETR are in flight.
const bareWindow = 100

// newRetr is the bare POP3 client: USER, PASS, STAT, RETR for every message, 100 in flight, QUIT.
func newRetr() *cobra.Command {
	return specCommand(retrName, "Fetches the mailbox of one trial with bare RETR", func(ctx context.Context, s *bareSpec, _ io.Writer) error {
		var dialer net.Dialer
		conn, err := dialer.DialContext(ctx, "tcp", s.Login.address())
		if err != nil {
			return err
		}
		defer func() { _ = conn.Close() }() // after QUIT, or it is given up
		stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
		defer stop()
		r := &bareRetr{conn: conn, buffer: make([]byte, 1<<20)}
		return appending(s.File, func(f *os.File) error {
			r.file = f
			return r.run(s.Login)
		})
	})
}

// bareRetr reads replies through one large buffer, and appends bodies from there to the file.
type bareRetr struct {
	conn       net.Conn
	file       *os.File
	buffer     []byte
	start, end int // what is in the buffer and has not been looked at
}

func (r *bareRetr) run(l login) error {
	if _, err := r.status(); err != nil { // the greeting
		return err
	}
	for _, command := range []string{"USER " + l.User, "PASS " + l.Password} {
		if _, err := r.ask(command); err != nil {
			return err
		}
	}
	stat, err := r.ask("STAT")
	if err != nil {
		return err
	}
	var messages int
	if _, err = fmt.Sscan(stat, &messages); err != nil {
		return fmt.Errorf("STAT says %q", stat)
	}
	for sent, n := 0, 1; n <= messages; n++ {
		if sent < messages && sent-n < bareWindow/2 {
			if sent, err = r.sendRetr(sent, min(n+bareWindow, messages)); err != nil {
				return err
			}
		}
		if _, err = r.status(); err != nil {
			return err
		}
		if err = r.body(); err != nil {
			return err
		}
		if n%syncEvery == 0 {
			if err = r.file.Sync(); err != nil {
				return err
			}
		}
	}
	_, err = r.ask("QUIT")
	return err
}

func (r *bareRetr) ask(command string) (string, error) {
	if _, err := io.WriteString(r.conn, command+"\r\n"); err != nil {
		return "", err
	}
	return r.status()
}

// sendRetr asks for the messages after last up to until, and returns until.
func (r *bareRetr) sendRetr(last, until int) (int, error) {
	var commands []byte
	for n := last + 1; n <= until; n++ {
		commands = append(commands, "RETR "...)
		commands = strconv.AppendInt(commands, int64(n), 10)
		commands = append(commands, "\r\n"...)
	}
	_, err := r.conn.Write(commands)
	return until, err
}

// fill reads more behind what is in the buffer.
func (r *bareRetr) fill() error {
	if r.start > 0 {
		r.end = copy(r.buffer, r.buffer[r.start:r.end])
		r.start = 0
	}
	if r.end == len(r.buffer) {
		return fmt.Errorf("a line of more than %d octets", len(r.buffer))
	}
	n, err := r.conn.Read(r.buffer[r.end:])
	r.end += n
	if n > 0 {
		return nil
	}
	return err
}

// status reads a status line and returns what follows +OK.
func (r *bareRetr) status() (string, error) {
	for {
		if i := bytes.IndexByte(r.buffer[r.start:r.end], '\n'); i >= 0 {
			line := string(bytes.TrimSpace(r.buffer[r.start : r.start+i]))
			r.start += i + 1
			text, ok := strings.CutPrefix(line, "+OK")
			if !ok {
				return "", fmt.Errorf("the server says %q", line)
			}
			return text, nil
		}
		if err := r.fill(); err != nil {
			return "", err
		}
	}
}

// body appends a message to the file, without the dots that were added to its lines (RFC 1939 section 3).
func (r *bareRetr) body() error {
	for first := true; ; {
		b := r.buffer[r.start:r.end]
		switch i := r.dot(b, first); {
		case i >= 0 && len(b) < i+3:
		case i >= 0 && b[i+1] == '\r' && b[i+2] == '\n':
			r.start += i + 3
			_, err := r.file.Write(b[:i])
			return err
		case i >= 0:
			first = false
			r.start += i + 1
			if _, err := r.file.Write(b[:i]); err != nil {
				return err
			}
			continue
		default:
			keep := min(len(b), 2) // the line end that a dot may follow
			if len(b) > keep {
				first = false
			}
			r.start += len(b) - keep
			if _, err := r.file.Write(b[:len(b)-keep]); err != nil {
				return err
			}
		}
		if err := r.fill(); err != nil {
			return err
		}
	}
}

// dot is where the next dot at the start of a line is, -1 for none.
func (r *bareRetr) dot(b []byte, first bool) int {
	if first && len(b) > 0 && b[0] == '.' {
		return 0
	}
	i := bytes.Index(b, []byte("\r\n."))
	if i < 0 {
		return -1
	}
	return i + 2
}
