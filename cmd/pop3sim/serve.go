package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"pop3mtm/cmd/internal/cli"
	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/record"
)

const (
	defaultAddress = "127.0.0.1:1110"
	// grace is the time that open sessions may continue after the signal to stop.
	grace = time.Second
)

// serveFlags holds the flags of serve.
type serveFlags struct {
	pop3       string
	pop3s      string
	smtp       string
	tls        tlsFlags
	mail       mailFlags
	played     playedFlags
	users      logins
	tokens     logins
	mechanisms mechanisms
	json       bool
	readyFile  cli.Path
	quiet      bool
	level      level
	transcript bool
	limits     limits
}

const serveHelp = `Serve a mailbox over POP3: the demo mailbox, mail from files, or generated mail.

A client that sends DELE and then QUIT deletes the files of the messages. Use a copy of mail
that you want to keep.

Messages in files whose lines all end with a bare LF are served with CRLF; all others, and the
demo mailbox, are served octet for octet. Each of several users has the whole mailbox; a file
is deleted when all of them have deleted its message.

TLS starts with STLS on the POP3 port, or at once on the port of --pop3s. Without --tls-cert
each start generates a certificate for localhost and the names of the listeners; clients can
verify it with the certificate authority that --tls-ca-out writes.

A user logs in by USER and PASS, by APOP, or by AUTH with one of the --mechanisms. The OAuth
mechanisms (XOAUTH2, OAUTHBEARER) need a --token.

With --smtp the server also receives mail, for NAME and NAME@ANYTHING of each user, and delivers
it to that user's mailbox, in memory and in temporary files. SMTP login is optional, STARTTLS is
supported. Mail beyond --smtp-max-messages or --smtp-max-octets is refused with 452 until
messages are deleted.

By default sessions and wrong passwords are not limited; see --max-sessions, --max-bad-logins
and --delay-bad-login.

With --scenario it misbehaves as the scenario says, and serves the mail of the scenario unless
--eml, --mbox, --maildir, --synthetic or --empty is given. When it stops it prints a verdict on the
clients; with --judge the exit status has it too. --profile imitates a known server.

The server stops at Ctrl-C (SIGINT) or SIGTERM, with exit status 0 (see --judge). Sessions ended by
this do not delete messages.

`

func newServe() *cobra.Command {
	var f serveFlags
	c := &cobra.Command{
		Use:   "serve",
		Short: "Serve a mailbox over POP3, and receive mail for it over SMTP",
		Long:  serveHelp + syntheticHelp(),
		Example: `  pop3sim serve
  pop3sim serve --maildir ~/copy-of-Maildir --user ann:secret --user bob:pass:word
  pop3sim serve --synthetic 10000,size=8KiB,seed=7
  pop3sim serve --synthetic 10000000,size=lognormal:8KiB:1.5,mix=mail,arrive=100,expire=1%
  pop3sim serve --pop3 127.0.0.1:0 --json --quiet
  pop3sim serve --pop3s 127.0.0.1:1995 --tls-ca-out ca.pem --require-tls
  pop3sim serve --smtp 127.0.0.1:1025 --user ann:secret --user bob:secret
  pop3sim serve --token ann:0123abcd --mechanisms XOAUTH2
  pop3sim serve --scenario retr-drop
  pop3sim serve --profile gmail --user ann:secret`,
		RunE: func(cmd *cobra.Command, _ []string) error { return serve(cmd, &f) },
	}
	flags := c.Flags()
	flags.SortFlags = false
	flags.StringVar(&f.pop3, "pop3", defaultAddress, "listen for POP3 on `HOST:PORT`; port 0 picks a free one, and \"\" turns it off")
	flags.StringVar(&f.pop3s, "pop3s", "", "listen for POP3 over TLS on `HOST:PORT`")
	flags.StringVar(&f.smtp, "smtp", "", "listen for SMTP on `HOST:PORT`, and deliver to the users' mailboxes")
	f.mail.add(flags)
	f.played.add(c, flags)
	flags.Var(&f.users, "user", "name and password of a user; repeat for several (default demo:demo)")
	flags.Var(tokens{&f.tokens}, "token", "name and OAuth token of a user, who may have no password; repeat for several")
	flags.Var(&f.mechanisms, "mechanisms", "mechanisms that AUTH offers, or none (default "+strings.Join(fakeserver.Mechanisms(), ",")+")")
	f.tls.add(flags)
	f.limits.add(flags)
	flags.BoolVar(&f.json, "json", false, `print {"pop3":"HOST:PORT","pop3s":...,"smtp":...} as the first line of stdout when ready`)
	flags.Var(&f.readyFile, "ready-file", "write the same to `FILE` when ready")
	flags.BoolVarP(&f.quiet, "quiet", "q", false, "print only warnings and errors")
	flags.Var(&f.level, "log-level", "log from this `LEVEL` on: debug, info, warn, error")
	flags.BoolVar(&f.transcript, "transcript", false, "print each session's commands and replies when it ends")
	return c
}

// level is a flag's value; the zero value is info.
type level slog.Level

func (l *level) String() string { return strings.ToLower(slog.Level(*l).String()) }
func (l *level) Type() string   { return "level" }

func (l *level) Set(text string) error {
	if (*slog.Level)(l).UnmarshalText([]byte(text)) != nil {
		return errors.New("choose one of debug, info, warn, error")
	}
	return nil
}

// serve runs the server until the context ends.
func serve(cmd *cobra.Command, f *serveFlags) error {
	ctx := cmd.Context()
	if err := f.check(); err != nil {
		return err
	}
	played, err := f.played.load(cmd.ErrOrStderr())
	if err != nil {
		return err
	}
	if err = f.adapt(played); err != nil {
		return err
	}
	mail, drops, err := f.mailFor(played)
	if err != nil {
		return err
	}
	if err = removeStale(f.readyFile.String()); err != nil {
		return err
	}
	o := f.options(cmd, drops)
	if o.TLS, err = f.tls.open(f.pop3, f.pop3s, f.smtp); err != nil {
		return err
	}
	server, play, err := f.server(played, o)
	if err != nil {
		return err
	}
	sink := newSink(o, f.limits.room())
	if err = f.playSMTP(play, sink); err != nil {
		return err
	}
	ports, err := open(ctx, f.pop3, f.pop3s, f.smtp)
	if err != nil {
		return err
	}
	served, running := ports.serve(server, sink)
	f.announce(cmd, mail, ports, server.Mechanisms())
	err = ready(cmd.OutOrStdout(), f.json, f.readyFile.String(), ports.addresses())
	if err == nil {
		select {
		case err = <-served: // a server stops by itself only when its listener fails
			running--
		case <-ctx.Done():
		}
	}
	err = errors.Join(err, shutdown(ctx, server), shutdown(ctx, sink))
	var judged error
	if play != nil {
		judged = f.verdict(ctx, cmd.ErrOrStderr(), play, sink)
	}
	for range running {
		err = errors.Join(err, stopped(<-served))
	}
	if err == nil {
		err = judged
	}
	return err
}

func (f *serveFlags) check() error {
	if err := checkAddresses(f.pop3, f.pop3s, f.smtp); err != nil {
		return err
	}
	if err := f.limits.check(); err != nil {
		return err
	}
	return f.tls.check()
}

// shutdown stops the server after giving open sessions a moment to finish.
func shutdown(ctx context.Context, server interface{ Shutdown(context.Context) error }) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	err := server.Shutdown(ctx)
	// Rules of a scenario that have not fired are reported by verdict, not here.
	_, unmet := errors.AsType[*fakeserver.UnmetError](err)
	if unmet || errors.Is(err, context.DeadlineExceeded) {
		return nil
	}
	return err
}

func stopped(err error) error {
	if errors.Is(err, fakeserver.ErrClosed) || errors.Is(err, record.ErrClosed) || errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

func (f *serveFlags) options(cmd *cobra.Command, drops []*fakeserver.Maildrop) *fakeserver.Options {
	stderr := &lockedWriter{w: cmd.ErrOrStderr()}
	lowest := slog.Level(f.level)
	if f.quiet {
		lowest = max(lowest, slog.LevelWarn)
	}
	o := &fakeserver.Options{
		Users:             map[string]fakeserver.User{},
		Mechanisms:        f.mechanisms.names,
		PlaintextNeedsTLS: f.tls.require,
		Log:               slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: lowest})),
		TranscriptOctets:  -1,
		MaxSessions:       f.limits.sessions,
		MaxBadLogins:      f.limits.badLogins,
		DelayBadLogin:     f.limits.delay,
	}
	if f.transcript {
		o.TranscriptOctets = 0
		o.OnSession = func(t fakeserver.Transcript) { printTranscript(stderr, t) }
	}
	for i, user := range f.everyone() {
		one := fakeserver.User{Password: user.password, Token: user.token}
		if drops != nil {
			one.Maildrop = drops[i]
		}
		o.Users[user.name] = one
	}
	return o
}

// lockedWriter separates the output of concurrent sessions.
type lockedWriter struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *lockedWriter) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}
