package main

import (
	"time"

	"github.com/spf13/pflag"

	"pop3mtm/cmd/internal/cli"
	"pop3mtm/fakeserver/maildrop"
)

// limits are the flags that bound what clients may make the simulator do.
type limits struct {
	sessions, badLogins int
	delay               time.Duration
	messages            int
	octets              cli.Size
}

// defaultLimits are those when no flag is given.
func defaultLimits() limits { return limits{messages: 100_000, octets: 1 << 30} }

func (l *limits) add(flags *pflag.FlagSet) {
	*l = defaultLimits()
	flags.IntVar(&l.sessions, "max-sessions", 0, "refuse a client beyond `N` open sessions, each protocol by itself (default no limit)")
	flags.IntVar(&l.badLogins, "max-bad-logins", 0, "close the connection after `N` refused logins (default no limit)")
	flags.DurationVar(&l.delay, "delay-bad-login", 0, "delay the answer to a refused login by `TIME`, such as 2s (default no delay)")
	flags.IntVar(&l.messages, "smtp-max-messages", l.messages, "refuse mail beyond `N` messages that came over SMTP and are not deleted yet")
	flags.Var(&l.octets, "smtp-max-octets", "refuse mail beyond this `SIZE` of all such messages; 64 MiB stay in memory, the rest in temporary files")
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

// room bounds the mail that comes over SMTP.
func (l *limits) room() maildrop.SpoolOptions {
	return maildrop.SpoolOptions{Messages: l.messages, Octets: int64(l.octets)}
}
