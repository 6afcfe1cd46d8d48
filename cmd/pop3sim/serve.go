package main

import (
	"errors"
	"log/slog"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"pop3mtm/cmd/internal/cli"
	"pop3mtm/fakeserver"
)

// serveFlags holds the flags of the command serve.
type serveFlags struct {
	addresses
	tls        tlsFlags
	mail       mailFlags
	played     playedFlags
	users      logins
	tokens     logins
	mechanisms mechanisms
	ready      readiness
	life       lifetime
	logs       logFlags
	told       transcriptFlags
	limits     limits
	web        webFlags
	agent      bool // standard input and output belong to an agent
}

const serveHelp = `Serve a mailbox over POP3: the demo mailbox, mail from files, or generated mail.

A client that sends DELE and then QUIT deletes the files of the messages. Use a copy of mail
that you want to keep.

Messages in files whose lines all end with a bare LF are served with CRLF; all others, and the
demo mailbox, are served octet for octet. Each of several users has the whole mailbox; a file
is deleted when all of them have deleted the message.

TLS starts with STLS on the POP3 port, or at once on the port of --pop3s. Without --tls-cert
each start generates a certificate for localhost and the names of the listeners; clients can
verify it with the certificate authority that --tls-ca-out writes.

A user logs in by USER and PASS, by APOP, or by AUTH with one of the --mechanisms. The OAuth
mechanisms (XOAUTH2, OAUTHBEARER) need --token.

With --smtp the server also receives mail, for NAME and NAME@ANYTHING of each user, and delivers
it to that user's mailbox, in memory and in temporary files. SMTP login is optional, STARTTLS is
supported. Mail beyond --smtp-max-messages or --smtp-max-octets is refused with 452 until
messages are deleted.

By default sessions and wrong passwords are not limited; see --max-sessions, --max-bad-logins
and --delay-bad-login.

With --scenario it misbehaves as the scenario says, and serves the mail of the scenario unless
--eml, --mbox, --maildir, --synthetic or --empty is given. When it stops it prints a verdict on the
clients; with --judge the exit status shows it too. --profile imitates a known server.

At SIGHUP it reads the scenario and the mail again, and uses them for new sessions. Open sessions
continue as they began; new sessions count from 1, and the verdict is about them. Users created
over HTTP keep their mail, rules, expectations and ports of their own. When the scenario or the mail is wrong, it logs
the error and continues as before. It stops when its terminal is closed.

With {n} in its name, --user is for any number of users: user{n} is user1, user2 and so on. Each of
their sessions has the whole mailbox for itself, and what it deletes is back in the next one. So
several simulators with the same flags can stand behind one address, and any of them serves any
user. A user named in full, or created over HTTP, has a mailbox that lasts, on this simulator only.

The server stops at Ctrl-C (SIGINT) or SIGTERM, with exit status 0 (see --judge). It accepts no more
clients, is no longer ready, and open sessions may go on for the time of --drain. Sessions ended by
this do not delete messages; a second signal ends them at once.

`

func newServe() *cobra.Command {
	f := serveFlags{}
	c := &cobra.Command{
		Use:   "serve",
		Short: "Serve a mailbox over POP3, and receive mail for it over SMTP",
		Long:  serveHelp + syntheticHelp(),
		Example: `  pop3sim serve
  pop3sim serve --maildir ~/copy-of-Maildir --user ann:secret --user bob:pass:word
  pop3sim serve --synthetic 10000,size=8KiB,seed=7
  pop3sim serve --synthetic 10000000,size=lognormal:8KiB:1.5,mix=mail,arrive=100,expire=1%
  pop3sim serve --synthetic 1000,seed=7 --user 'user{n}:secret' --drain 30s
  pop3sim serve --pop3 127.0.0.1:0 --json --quiet
  pop3sim serve --pop3s 127.0.0.1:1995 --tls-ca-out ca.pem --require-tls
  pop3sim serve --smtp 127.0.0.1:1025 --user ann:secret --user bob:secret
  pop3sim serve --token ann:0123abcd --mechanisms XOAUTH2
  pop3sim serve --http 127.0.0.1:8025
  pop3sim serve --scenario retr-drop
  pop3sim serve --case sweep/close@120
  pop3sim serve --profile gmail --user ann:secret`,
		RunE: func(cmd *cobra.Command, _ []string) error { return serve(cmd, &f) },
	}
	f.add(c, defaultAddress)
	return c
}

// add adds the flags of a command that serves; pop3 is the default address for POP3.
func (f *serveFlags) add(c *cobra.Command, pop3 string) {
	flags := c.Flags()
	flags.SortFlags = false
	flags.StringVar(&f.pop3, "pop3", pop3, "listen for POP3 on `HOST:PORT`; port 0 picks a free one, and \"\" turns it off")
	flags.StringVar(&f.pop3s, "pop3s", "", "listen for POP3 over TLS on `HOST:PORT`")
	flags.StringVar(&f.smtp, "smtp", "", "listen for SMTP on `HOST:PORT`, and deliver to the users' mailboxes")
	flags.StringVar(&f.http, "http", "", "listen for HTTP on `HOST:PORT`: the API, and a page for people at /")
	f.web.add(flags)
	f.mail.add(flags)
	f.played.add(c, flags)
	flags.Var(&f.users, "user", "name and password of a user; repeat for several; {n} in the name is any number from 1 (default demo:demo)")
	flags.Var(tokens{&f.tokens}, "token", "name and OAuth token of a user, who may have no password; repeat for several")
	flags.Var(&f.mechanisms, "mechanisms", "mechanisms that AUTH offers, or none (default "+strings.Join(fakeserver.Mechanisms(), ",")+")")
	f.tls.add(flags)
	f.limits.add(flags)
	if f.agent {
		f.ready.addFile(flags)
	} else {
		f.ready.add(flags, `{"pop3":"HOST:PORT","pop3s":...,"smtp":...,"http":...}`)
	}
	f.life.add(flags)
	f.logs.add(c, flags)
	f.told.add(flags)
}

// serve runs the server until a signal or a flag ends it.
func serve(cmd *cobra.Command, f *serveFlags) (err error) {
	if err = f.check(); err != nil {
		return err
	}
	ctx, cancel := f.life.context(cmd)
	defer cancel()
	sim, err := f.simulator(cmd)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, sim.transcripts.close()) }()
	first := sim.latest() // a scenario may begin with TLS on the port of --pop3
	ports, err := first.flags.open(ctx)
	if err != nil {
		return err
	}
	if cut := f.played.cut(); cut != nil {
		ports.pop3, ports.pop3s = cut.Listeners(ports.pop3, ports.pop3s)
	}
	return sim.run(ctx, cmd, ports)
}

// steered reports whether the server can be controlled while it runs.
func (f *serveFlags) steered() bool { return f.http != "" || f.agent }

func (f *serveFlags) check() error {
	for _, check := range []func() error{f.addresses.check, f.limits.check, f.tls.check, f.life.check} {
		if err := check(); err != nil {
			return err
		}
	}
	if err := f.web.check(f.http); err != nil {
		return err
	}
	if err := f.checkNumbered(); err != nil {
		return err
	}
	switch stdin := f.played.scenario == "-"; {
	case stdin && f.life.stdin:
		return cli.Usage("--exit-on-stdin-eof and --scenario - both read standard input: give one of them")
	case f.agent && (stdin || f.life.stdin):
		return cli.Usage("standard input is for the agent: omit --scenario - and --exit-on-stdin-eof")
	}
	return nil
}

// checkNumbered returns an error for mail that cannot be the same in every session of a user, with
// users who need that.
func (f *serveFlags) checkNumbered() error {
	if !slices.ContainsFunc(f.users, login.numbered) {
		return nil
	}
	o := f.mail.synthetic.o
	switch {
	case f.played.scenario != "" && f.mail.given() == 0:
		return cli.Usage("--user with {n} needs mail that every session has for itself: give --synthetic beside --scenario")
	case o.Arrive > 0 || o.Expire > 0 || o.ExpirePercent > 0 || o.Shuffle:
		return cli.Usage("--user with {n}: mail that changes between sessions would differ from simulator to simulator; omit arrive, expire and shuffle")
	}
	return nil
}

func (f *serveFlags) options(log *slog.Logger, told *transcripts, drops []*fakeserver.Maildrop) *fakeserver.Options {
	o := &fakeserver.Options{
		Users:             map[string]fakeserver.User{},
		Mechanisms:        f.mechanisms.names,
		PlaintextNeedsTLS: f.tls.require,
		Log:               log,
		TranscriptOctets:  -1,
		MaxSessions:       f.limits.sessions,
		MaxBadLogins:      f.limits.badLogins,
		DelayBadLogin:     f.limits.delay,
	}
	if f.steered() {
		o.TranscriptOctets, o.Timed = 0, true
	}
	if f.told.given() {
		o.TranscriptOctets = 0
		o.OnLines, o.OnSession = told.lines(""), told.session("")
	}
	numbered := map[login]fakeserver.User{}
	for i, user := range f.everyone() {
		one := fakeserver.User{Password: user.password, Token: user.token}
		if drops != nil {
			one.Maildrop = drops[i]
		}
		if user.numbered() {
			numbered[user] = one
		} else {
			o.Users[user.name] = one
		}
	}
	if len(numbered) > 0 {
		o.Unlisted = func(name string) (fakeserver.User, bool) {
			for of, user := range numbered {
				if of.matches(name) {
					return user, true
				}
			}
			return fakeserver.User{}, false
		}
	}
	return o
}
