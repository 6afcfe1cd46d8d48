package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"pop3mtm/fakeserver"
)

// reportEvery is how often the server says how far it is, so that the bench can show progress whoever the client is.
const reportEvery = 100 * time.Millisecond

// newServe is the server of one trial, a process of its own. Its first line on stdout is {"pop3":"host:port"}, later
// ones are {"octets":N}, what it has sent so far. It ends at a signal, or with its standard input, so that it never
// outlives the bench.
func newServe() *cobra.Command {
	var box mailbox
	var profile string
	c := &cobra.Command{Use: "serve", Hidden: true, Short: "Serves the mailbox of one trial"}
	box.flags(c)
	c.Flags().StringVar(&profile, "profile", "", "file for a CPU profile")
	c.RunE = func(c *cobra.Command, _ []string) error {
		if err := box.validate(); err != nil {
			return err
		}
		return profiled(profile, func() error { return serve(c.Context(), &box, c.InOrStdin(), c.OutOrStdout()) })
	}
	return c
}

func serve(ctx context.Context, box *mailbox, stdin io.Reader, stdout io.Writer) error {
	ctx, cancel := endsWithInput(ctx, stdin)
	defer cancel()
	source, err := box.source()
	if err != nil {
		return err
	}
	var config net.ListenConfig
	l, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	counted := &countedListener{Listener: l}
	server := fakeserver.New(fakeserver.MaildropOf(source), nil)
	served := make(chan error, 1)
	go func() { served <- server.Serve(counted) }()
	_, err = fmt.Fprintf(stdout, "{\"pop3\":%q}\n", l.Addr())
	if err == nil {
		err = report(ctx, &counted.sent, stdout)
	}
	closed := server.Close()
	if e := <-served; !errors.Is(e, fakeserver.ErrClosed) {
		closed = errors.Join(closed, e)
	}
	return errors.Join(err, closed)
}

// report writes what was sent whenever it has changed, until ctx ends.
func report(ctx context.Context, sent *atomic.Int64, stdout io.Writer) error {
	tick := time.NewTicker(reportEvery)
	defer tick.Stop()
	last := int64(0)
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if n := sent.Load(); n != last {
			last = n
			if _, err := fmt.Fprintf(stdout, "{\"octets\":%d}\n", n); err != nil {
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
