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

// limits are the flags that bound what a server can make a command do. What is not given is as
// the account has it.
type limits struct {
	flags   *pflag.FlagSet
	maxTime delay
	minRate cli.Size
}

func (l *limits) add(f *pflag.FlagSet) {
	l.flags = f
	f.Var(&l.maxTime, "max-time", "longest time that a command with a server may take; 0 = no limit; without the flag as the account has it")
	f.Var(&l.minRate, "min-rate", "octets a second that a server must send once it has begun to answer; 0 = no limit; without the flag as the account has it")
}

// apply puts the flags into the options of a client.
func (l *limits) apply(o *mtm.Options) {
	if l.flags.Changed("max-time") {
		o.MaxTime = -1 // the whole command has an end, see within
	}
	if l.flags.Changed("min-rate") {
		if o.MinRate = int64(l.minRate); o.MinRate == 0 {
			o.MinRate = -1
		}
	}
}

// within runs use with a context that ends when the command has taken too long.
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

// overTimeError says that a command has reached --max-time.
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
