package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"pop3mtm/cmd/internal/cli"
)

// lifetime holds the flags that end a server without a signal, so that it does not outlive the
// program that started it.
type lifetime struct {
	limit         time.Duration
	drain         time.Duration
	stdin, parent bool
}

func (l *lifetime) add(flags *pflag.FlagSet) {
	flags.DurationVar(&l.limit, "for", 0, "stop after `TIME`, such as 10m (default no limit)")
	flags.DurationVar(&l.drain, "drain", grace, "open sessions may go on for `TIME` after the signal to stop")
	flags.BoolVar(&l.stdin, "exit-on-stdin-eof", false, "stop when standard input ends, that is when the program that started this one has closed it or has ended")
	flags.BoolVar(&l.parent, "exit-with-parent", false, "stop when the process that started this one ends")
}

func (l *lifetime) check() error {
	switch {
	case l.limit < 0:
		return cli.Usage("--for takes a time such as 10m, not %s", l.limit)
	case l.drain < 0 || l.drain > longestDrain:
		return cli.Usage("--drain takes 0 to %s, not %s", longestDrain, l.drain)
	}
	return nil
}

// longestDrain limits --drain.
const longestDrain = 24 * time.Hour

// The reasons for a stop without a signal.
var (
	errStdinEnded  = errors.New("standard input has ended")
	errParentEnded = errors.New("the process that started this one has ended")
)

// context returns a context that ends when a flag says so, or with the one of cmd. context.Cause
// returns the reason.
func (l *lifetime) context(cmd *cobra.Command) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(cmd.Context())
	if l.stdin {
		go func() {
			// A failing read means the same as the end of input. A read that never returns ends
			// with the process.
			_, _ = io.Copy(io.Discard, cmd.InOrStdin())
			cancel(errStdinEnded)
		}()
	}
	if l.parent {
		go func() {
			if parentEnds(ctx) {
				cancel(errParentEnded)
			}
		}()
	}
	if l.limit <= 0 {
		return ctx, func() { cancel(nil) }
	}
	limited, release := context.WithTimeoutCause(ctx, l.limit, fmt.Errorf("the time of --for, %s, is over", l.limit))
	return limited, func() {
		release()
		cancel(nil)
	}
}
