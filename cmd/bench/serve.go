package main

import (
	"context"
	"encoding/json"
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
// ones are serverCounts. It ends at a signal, or with its standard input, so that it never outlives the bench.
func newServe() *cobra.Command {
	var box mailbox
	var profile string
	var without []string
	c := &cobra.Command{Use: "serve", Hidden: true, Short: "Serves the mailbox of one trial"}
	box.flags(c, 10_000, 8<<10)
	c.Flags().StringVar(&profile, "profile", "", "file for a CPU profile")
	c.Flags().StringSliceVar(&without, "without", nil, "capabilities that the server lacks")
	c.RunE = func(c *cobra.Command, _ []string) error {
		if err := box.validate(); err != nil {
			return err
		}
		return profiled(profile, func() error { return serve(c.Context(), &box, without, c.InOrStdin(), c.OutOrStdout()) })
	}
	return c
}

func serve(ctx context.Context, box *mailbox, without []string, stdin io.Reader, stdout io.Writer) error {
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
	var ended atomic.Int64
	server := fakeserver.New(fakeserver.MaildropOf(source), &fakeserver.Options{
		Without: without, OnSession: func(fakeserver.Transcript) { ended.Add(1) },
	})
	tops := server.On(fakeserver.Match{Verb: "TOP"}, fakeserver.Auto)
	served := make(chan error, 1)
	go func() { served <- server.Serve(counted) }()
	_, err = fmt.Fprintf(stdout, "{\"pop3\":%q}\n", l.Addr())
	if err == nil {
		err = report(ctx, stdout, func() serverCounts {
			n := serverCounts{Ended: int(ended.Load())} // first, so that Tops holds all of these sessions
			n.Octets, n.Tops = counted.sent.Load(), tops.Fired()
			return n
		})
	}
	closed := server.Close()
	if e := <-served; !errors.Is(e, fakeserver.ErrClosed) {
		closed = errors.Join(closed, e)
	}
	return errors.Join(err, closed)
}

// serverCounts is what a server of ours has done so far, in a line that it writes to stdout.
type serverCounts struct {
	Octets int64 `json:"octets"` // sent
	Tops   int   `json:"tops"`   // TOP commands answered, those of ended sessions at least
	Ended  int   `json:"ended"`  // sessions
}

// report writes the counts whenever they have changed, until ctx ends.
func report(ctx context.Context, stdout io.Writer, count func() serverCounts) error {
	tick := time.NewTicker(reportEvery)
	defer tick.Stop()
	said := json.NewEncoder(stdout)
	var last serverCounts
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
