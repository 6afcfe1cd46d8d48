package main

import (
	"context"
	"io"
	"strconv"
	"time"

	"github.com/spf13/cobra"
)

const retrName = "bare-retr"

// bareWindow is how many RETR are in flight.
const bareWindow = 100

// newRetr is the bare POP3 client: USER, PASS, STAT, RETR for every message, so many in flight, QUIT.
func newRetr() *cobra.Command {
	return specCommand(retrName, "Fetches the mailbox of one trial with bare RETR", func(ctx context.Context, s *bareSpec, _ io.Writer) error {
		session, err := dialBare(ctx, s.Login, 1<<20)
		if err != nil {
			return err
		}
		defer session.close()
		return s.into(func(out bareSink) error { return retrieveBare(session, out, s.Window) })
	})
}

// retrieveBare fetches all messages one after another into out, with at most window commands in flight.
func retrieveBare(s *bareSession, out bareSink, window int) error {
	messages, err := s.count()
	if err != nil {
		return err
	}
	out.begin(time.Now())
	for sent, n := 0, 1; n <= messages; n++ {
		if sent < messages && sent-n < window/2 {
			if sent, err = s.sendRetr(sent, min(n-1+window, messages)); err != nil {
				return err
			}
		}
		if _, err = s.status(); err != nil {
			return err
		}
		if err = s.body(out); err != nil {
			return err
		}
		if n%syncEvery == 0 {
			if err = out.Sync(); err != nil {
				return err
			}
		}
	}
	out.end(time.Now())
	_, err = s.ask("QUIT")
	return err
}

// sendRetr asks for the messages after last up to until, and returns until.
func (s *bareSession) sendRetr(last, until int) (int, error) {
	var commands []byte
	for n := last + 1; n <= until; n++ {
		commands = append(commands, "RETR "...)
		commands = strconv.AppendInt(commands, int64(n), 10)
		commands = append(commands, "\r\n"...)
	}
	_, err := s.conn.Write(commands)
	return until, err
}
