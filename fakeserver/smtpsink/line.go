package smtpsink

import (
	"bufio"
	"strings"
)

// gone is the reply when go-smtp has closed the connection: after too many bad commands, or when
// the sink is closed.
const gone = "421 4.7.0 Too many errors, or the server is closing\r\n"

// begin opens a pipe to go-smtp and returns its greeting.
func (t *talk) begin() string {
	t.hangUp()
	var replies *inbox
	if t.line, replies = t.sink.pipe.dial(t); t.line == nil {
		return gone
	}
	t.in = bufio.NewReader(replies)
	return t.read()
}

// restart starts a new go-smtp session and repeats the EHLO.
func (t *talk) restart() {
	t.transaction.Reset()
	t.transaction.forget()
	t.begin()
	if t.hello != nil {
		t.ask(t.hello)
	}
}

func (t *talk) hangUp() {
	if t.line != nil {
		_ = t.line.Close()
		t.line = nil
	}
}

// ask sends a line to go-smtp and returns its reply.
func (t *talk) ask(line []byte) string {
	if t.line == nil {
		return gone
	}
	if _, err := t.line.Write(append(line, "\r\n"...)); err != nil {
		t.hangUp()
		return gone
	}
	return t.read()
}

// read reads a complete reply of go-smtp: all lines but the last have a hyphen after the code.
func (t *talk) read() string {
	if t.line == nil {
		return gone
	}
	var reply strings.Builder
	for {
		l, err := t.in.ReadString('\n')
		if err != nil {
			t.hangUp()
			return gone
		}
		reply.WriteString(l)
		if len(l) < 4 || l[3] != '-' {
			return reply.String()
		}
	}
}
