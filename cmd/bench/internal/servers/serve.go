package servers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"pop3mtm/cmd/bench/internal/child"
	"pop3mtm/cmd/bench/internal/workload"
	"pop3mtm/fakeserver"
	"pop3mtm/fixtures"
	"pop3mtm/mtm/account"
)

// ReportEvery is the interval at which the server reports its progress.
const ReportEvery = 100 * time.Millisecond

const serveName = "serve"

// serveSpec is the task of ServeCommand.
type serveSpec struct {
	Mailbox  workload.Mailbox `json:"mailbox"`
	Files    workload.Files   `json:"files"`
	Accounts int              `json:"accounts"` // number of users, each with a copy of the mailbox
	Without  []string         `json:"without"`  // capabilities that the server lacks
	TLS      account.TLS      `json:"tls"`
	CA       string           `json:"ca"`      // file for the certificate of its authority
	Profile  string           `json:"profile"` // file for a CPU profile, "" for none
	Verb     string           `json:"verb"`    // replies to this verb are counted, "" for none
}

// ServeCommand returns the hidden command that runs the server of one visit. The first line that it
// writes to stdout is {"pop3":"host:port"}, the others are Counts.
func ServeCommand() *cobra.Command {
	return child.Command(serveName, "Serves the mailbox of one trial", func(ctx context.Context, s *serveSpec, stdout io.Writer) error {
		if err := s.Mailbox.Validate(); err != nil {
			return err
		}
		return child.Profiled(s.Profile, func() error { return s.serve(ctx, stdout) })
	})
}

func (s *serveSpec) serve(ctx context.Context, stdout io.Writer) error {
	var ended atomic.Int64
	o := &fakeserver.Options{
		Without: s.Without, Users: map[string]fakeserver.User{},
		OnSession: func(fakeserver.Transcript) { ended.Add(1) },
	}
	for i := range s.Accounts {
		source, err := s.Files.Source(&s.Mailbox)
		if err != nil {
			return err
		}
		o.Users[userName("demo", i, s.Accounts)] = fakeserver.User{Password: "demo", Maildrop: fakeserver.MaildropOf(source)}
	}
	if err := s.certify(o); err != nil {
		return err
	}
	config := net.ListenConfig{KeepAlive: -1} // as pop3sim
	l, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	counted := &countedListener{Listener: l}
	server := fakeserver.New(nil, o)
	answered := func() int { return 0 }
	if s.Verb != "" {
		answered = server.On(fakeserver.Match{Verb: s.Verb}, fakeserver.Auto).Fired
	}
	served := make(chan error, 1)
	go func() {
		if s.TLS == account.Implicit {
			served <- server.ServeTLS(counted)
		} else {
			served <- server.Serve(counted)
		}
	}()
	_, err = fmt.Fprintf(stdout, "{\"pop3\":%q}\n", l.Addr())
	if err == nil {
		err = report(ctx, stdout, func() Counts {
			n := Counts{Ended: int(ended.Load())} // read first, so that Commands includes all of these sessions
			n.Octets, n.Commands = counted.sent.Load(), answered()
			return n
		})
	}
	closed := server.Close()
	if e := <-served; !errors.Is(e, fakeserver.ErrClosed) {
		closed = errors.Join(closed, e)
	}
	return errors.Join(err, closed)
}

// certify gives the server a certificate when the task has TLS, and writes the certificate of the
// authority to a file for the client.
func (s *serveSpec) certify(o *fakeserver.Options) error {
	if s.TLS == account.NoTLS || s.TLS == "" {
		return nil
	}
	ca := fixtures.NewCA()
	o.TLS, o.PlaintextNeedsTLS = ca.Server(), true // so that a client cannot log in without TLS
	return os.WriteFile(s.CA, ca.PEM(), 0o600)
}

// Counts is the progress that our server writes to stdout.
type Counts struct {
	Octets   int64 `json:"octets"`   // octets sent
	Commands int   `json:"commands"` // replies to the counted verb, of the ended sessions at least
	Ended    int   `json:"ended"`    // sessions that have ended
}

// report writes the counts when they have changed, every ReportEvery until ctx ends.
func report(ctx context.Context, stdout io.Writer, count func() Counts) error {
	tick := time.NewTicker(ReportEvery)
	defer tick.Stop()
	said := json.NewEncoder(stdout)
	var last Counts
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if n := count(); n != last {
			last = n
			if err := said.Encode(n); err != nil {
				return err
			}
		}
	}
}

// countedListener counts the octets that are sent on its connections.
type countedListener struct {
	net.Listener
	sent atomic.Int64
}

func (l *countedListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if tcp, ok := c.(*net.TCPConn); ok {
		return &countedConn{TCPConn: tcp, sent: &l.sent}, nil
	}
	return c, err
}

// countedConn counts the octets that are sent. It embeds a TCP connection, so that the server can
// also close one side and reset.
type countedConn struct {
	*net.TCPConn
	sent *atomic.Int64
}

func (c *countedConn) Write(p []byte) (int, error) {
	n, err := c.TCPConn.Write(p)
	c.sent.Add(int64(n))
	return n, err
}
