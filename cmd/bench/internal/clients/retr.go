package clients

import (
	"context"
	"io"
	"time"

	"github.com/spf13/cobra"

	"pop3mtm/cmd/bench/internal/child"
	"pop3mtm/cmd/bench/internal/servers"
)

const retrName = "bare-retr"

// UsualWindow is the number of RETR commands that bare clients have in flight.
const UsualWindow = 100

// RetrCommand returns the hidden command that runs the bare POP3 client: USER, PASS, STAT, RETR for
// every message, QUIT.
func RetrCommand() *cobra.Command {
	return child.Command(retrName, "Fetches the mailbox of one trial with bare RETR", func(ctx context.Context, s *bareSpec, _ io.Writer) error {
		session, err := Dial(ctx, s.Login, 1<<20)
		if err != nil {
			return err
		}
		defer session.Close()
		return s.into(func(out bareSink) error { return retrieveBare(session, out, s.Window) })
	})
}

// retrieveBare fetches all messages into out, in order, with at most window commands in flight.
func retrieveBare(s *Session, out bareSink, window int) error {
	messages, err := s.Count()
	if err != nil {
		return err
	}
	out.begin(time.Now())
	err = s.Each("RETR", messages, window, func(n int) error {
		if failed := s.body(out); failed != nil {
			return failed
		}
		if n%servers.SyncEvery == 0 {
			return out.Sync()
		}
		return nil
	})
	if err != nil {
		return err
	}
	out.end(time.Now())
	_, err = s.Ask("QUIT")
	return err
}
