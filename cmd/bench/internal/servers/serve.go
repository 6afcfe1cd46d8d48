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

// serveSpec is the task of the process that is the server of one visit.
type serveSpec struct {
	Mailbox  workload.Mailbox `json:"mailbox"`
	Files    workload.Files   `json:"files"`
	Accounts int              `json:"accounts"` // users, each with the mailbox of its own
	Without  []string         `json:"without"`  // capabilities that it lacks
	TLS      account.TLS      `json:"tls"`
	CA       string           `json:"ca"` // file for the authority of its certificate
	Profile  string           `json:"profile"`
	Verb     string           `json:"verb"` // whose replies are counted, "" for none
}

// ServeCommand returns the hidden command that is the server of one visit. Its first line on stdout
// is {"pop3":"host:port"}, the others are Counts.
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
			n := Counts{Ended: int(ended.Load())} // first, so that Commands holds all of these sessions
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

// certify returns the server a certificate when TLS is wanted, and writes its
// authority for the client.
func (s *serveSpec) certify(o *fakeserver.Options) error {
	if s.TLS == account.NoTLS || s.TLS == "" {
		return nil
	}
	ca := fixtures.NewCA()
	o.TLS, o.PlaintextNeedsTLS = ca.Server(), true // a client that forgets about TLS shall not pass
	return os.WriteFile(s.CA, ca.PEM(), 0o600)
}

// Counts holds what our server has done so far, as it writes it to stdout.
type Counts struct {
	Octets   int64 `json:"octets"`   // sent
	Commands int   `json:"commands"` // of the verb that is counted, answered; those of ended sessions at least
	Ended    int   `json:"ended"`    // sessions
}

// report writes the counts whenever they have changed, until ctx ends.
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

// countedListener counts what its connections send.
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

// countedConn keeps all that a TCP connection can do besides reading and writing.
type countedConn struct {
	*net.TCPConn
	sent *atomic.Int64
}

func (c *countedConn) Write(p []byte) (int, error) {
	n, err := c.TCPConn.Write(p)
	c.sent.Add(int64(n))
	return n, err
}
