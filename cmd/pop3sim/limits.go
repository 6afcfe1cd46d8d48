package main

import (
	"time"

	"github.com/spf13/pflag"

	"pop3mtm/cmd/internal/cli"
	"pop3mtm/fakeserver/maildrop"
)

// limits holds the flags that limit what clients can do.
type limits struct {
	sessions, badLogins int
	delay               time.Duration
	messages            int
	octets              cli.Size
}

// defaultLimits returns the limits without flags.
func defaultLimits() limits { return limits{messages: 100_000, octets: 1 << 30} }

func (l *limits) add(flags *pflag.FlagSet) {
	*l = defaultLimits()
	flags.IntVar(&l.sessions, "max-sessions", 0, "refuse clients beyond `N` open sessions per protocol (default no limit)")
	flags.IntVar(&l.badLogins, "max-bad-logins", 0, "close the connection after `N` refused logins (default no limit)")
	flags.DurationVar(&l.delay, "delay-bad-login", 0, "delay the answer to a refused login by `TIME`, such as 2s (default no delay)")
	flags.IntVar(&l.messages, "smtp-max-messages", l.messages, "refuse mail beyond `N` messages received over SMTP and not yet deleted")
	flags.Var(&l.octets, "smtp-max-octets", "refuse mail beyond this total `SIZE` of such messages; 64 MiB stay in memory, the rest is in temporary files")
}

func (l *limits) check() error {
	switch {
	case l.sessions < 0:
		return cli.Usage("--max-sessions takes 1 or more, or 0 for no limit, not %d", l.sessions)
	case l.badLogins < 0:
		return cli.Usage("--max-bad-logins takes 1 or more, or 0 for no limit, not %d", l.badLogins)
	case l.delay < 0:
		return cli.Usage("--delay-bad-login takes a time such as 2s, not %s", l.delay)
	case l.messages < 1:
		return cli.Usage("--smtp-max-messages takes 1 or more, not %d", l.messages)
	case l.octets < 1:
		return cli.Usage("--smtp-max-octets takes a size such as 1GiB, not %s", l.octets.String())
	}
	return nil
}

// room returns the limits for mail received over SMTP.
func (l *limits) room() maildrop.SpoolOptions {
	return maildrop.SpoolOptions{Messages: l.messages, Octets: int64(l.octets)}
}
