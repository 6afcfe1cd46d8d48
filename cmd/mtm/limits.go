package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/pflag"

	"pop3mtm/cmd/internal/cli"
	"pop3mtm/mtm"
)

// delay is the value of a flag: a duration of zero or more.
type delay time.Duration

func (d *delay) String() string { return time.Duration(*d).String() }
func (d *delay) Type() string   { return "duration" }

func (d *delay) Set(text string) error {
	value, err := time.ParseDuration(text)
	if err == nil && value < 0 {
		err = errors.New("below zero")
	}
	*d = delay(value)
	return err
}

// limits holds the flags that limit how long, and how slowly, a server can keep a command busy.
// Without a flag the account's limit applies.
type limits struct {
	flags   *pflag.FlagSet
	maxTime delay
	minRate cli.Size
}

func (l *limits) add(f *pflag.FlagSet) {
	l.flags = f
	f.Var(&l.maxTime, "max-time", "longest time that a command on a server may take; 0 = no limit; default: the account's limit")
	f.Var(&l.minRate, "min-rate", "octets per second that a server must send once it has begun to answer; 0 = no limit; default: the account's limit")
}

// apply puts the flags into the options of a client.
func (l *limits) apply(o *mtm.Options) {
	if l.flags.Changed("max-time") {
		o.MaxTime = -1 // the whole command is limited instead, see within
	}
	if l.flags.Changed("min-rate") {
		if o.MinRate = int64(l.minRate); o.MinRate == 0 {
			o.MinRate = -1
		}
	}
}

// within calls use with a context that ends when the command has taken too long.
func (l *limits) within(ctx context.Context, a mtm.Account, use func(context.Context) error) error {
	limit := a.POP3.MaxTime
	if l.flags.Changed("max-time") {
		limit = time.Duration(l.maxTime)
	}
	if limit == 0 {
		return use(ctx)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, limit, &overTimeError{limit})
	defer cancel()
	return use(ctx)
}

// overTimeError reports that a command took longer than --max-time.
type overTimeError struct{ limit time.Duration }

func (e *overTimeError) Error() string {
	return fmt.Sprintf("the limit of %v (max-time) was exceeded", e.limit)
}

// Unwrap makes it a time-out.
func (*overTimeError) Unwrap() error { return context.DeadlineExceeded }

func isOverTime(err error) bool {
	_, is := errors.AsType[*overTimeError](err)
	return is
}
