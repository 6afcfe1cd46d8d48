package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"pop3mtm/cmd/internal/cli"
	"pop3mtm/fakeserver"
)

const (
	defaultAddress = "127.0.0.1:1110"
	// grace is how long open sessions may go on after the signal to stop.
	grace = time.Second
)

// serveFlags is what the flags of serve say.
type serveFlags struct {
	pop3       string
	mail       mailFlags
	users      logins
	json       bool
	readyFile  string
	quiet      bool
	level      slog.Level
	transcript bool
}

func newServe() *cobra.Command {
	var f serveFlags
	c := &cobra.Command{
		Use:   "serve",
		Short: "Serve a mailbox over POP3",
		Long: `Serve a mailbox over POP3: the demo mailbox, mail from files, or generated mail.

It is a real server: a client that sends DELE and then QUIT deletes the files that hold
the messages. Work on a copy of mail that you want to keep.

Messages of files whose every line ends with a bare LF are served with CRLF; all others,
and the demo mailbox, are served octet for octet. With several users each has the whole
mailbox; a file is deleted when all of them have deleted its message.

The server stops at Ctrl-C (SIGINT) or SIGTERM, with exit status 0. A session that is
cut off by that deletes nothing.`,
		Example: `  pop3sim serve
  pop3sim serve --maildir ~/copy-of-Maildir --user ann:secret --user bob:pass:word
  pop3sim serve --synthetic 10000,size=8KiB,seed=7
  pop3sim serve --pop3 127.0.0.1:0 --json --quiet`,
		RunE: func(cmd *cobra.Command, _ []string) error { return serve(cmd, &f) },
	}
	flags := c.Flags()
	flags.SortFlags = false
	flags.StringVar(&f.pop3, "pop3", defaultAddress, "listen for POP3 on `HOST:PORT`; port 0 picks a free one")
	f.mail.add(flags)
	flags.Var(&f.users, "user", "who may log in; repeat for several (default demo:demo)")
	flags.BoolVar(&f.json, "json", false, `print {"pop3":"HOST:PORT"} as the first line of stdout when ready`)
	flags.StringVar(&f.readyFile, "ready-file", "", "write the same to `FILE` when ready")
	flags.BoolVarP(&f.quiet, "quiet", "q", false, "print only warnings and errors")
	flags.TextVar(&f.level, "log-level", slog.LevelInfo, "log from this `LEVEL` on: debug, info, warn, error")
	flags.BoolVar(&f.transcript, "transcript", false, "print each session's commands and replies when it ends")
	return c
}

// serve runs the server until the context ends.
func serve(cmd *cobra.Command, f *serveFlags) error {
	ctx := cmd.Context()
	if err := f.check(); err != nil {
		return err
	}
	mail, err := f.mail.open()
	if err != nil {
		return err
	}
	drops, err := mail.copies(len(f.users.orDefault()))
	if err != nil {
		return err
	}
	if err = removeStale(f.readyFile); err != nil {
		return err
	}
	listener, err := listen(ctx, f.pop3)
	if err != nil {
		return err
	}
	address := listener.Addr().String()
	server := fakeserver.New(nil, f.options(cmd, drops))
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()

	f.announce(cmd, mail, listener.Addr())
	err = ready(cmd.OutOrStdout(), f, listening{POP3: address})
	if err == nil {
		select {
		case err = <-served: // it stops by itself only when the listener fails
			return errors.Join(err, server.Close())
		case <-ctx.Done():
		}
	}
	return errors.Join(err, shutdown(ctx, server), stopped(<-served))
}

func (f *serveFlags) check() error {
	if f.pop3 == "" {
		return cli.Usage("nothing to listen on: --pop3 takes HOST:PORT such as %s", defaultAddress)
	}
	return checkAddress(f.pop3)
}

// shutdown gives open sessions a moment to finish.
func shutdown(ctx context.Context, server *fakeserver.Server) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	if err := server.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return nil
}

func stopped(err error) error {
	if errors.Is(err, fakeserver.ErrClosed) || errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

func (f *serveFlags) options(cmd *cobra.Command, drops []*fakeserver.Maildrop) *fakeserver.Options {
	stderr := &lockedWriter{w: cmd.ErrOrStderr()}
	level := f.level
	if f.quiet {
		level = max(level, slog.LevelWarn)
	}
	o := &fakeserver.Options{
		Users:            map[string]fakeserver.User{},
		Log:              slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: level})),
		TranscriptOctets: -1,
	}
	if f.transcript {
		o.TranscriptOctets = 0
		o.OnSession = func(t fakeserver.Transcript) { printTranscript(stderr, t) }
	}
	for i, user := range f.users.orDefault() {
		o.Users[user.name] = fakeserver.User{Password: user.password, Maildrop: drops[i]}
	}
	return o
}

// lockedWriter keeps what sessions print at the same time apart.
type lockedWriter struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *lockedWriter) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}
