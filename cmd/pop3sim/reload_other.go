//go:build !windows

package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"pop3mtm/cmd/internal/cli"
)

// reloads reloads at each SIGHUP until ctx ends or stop is called. A terminal that closes sends the
// same signal: then the program ends. Under nohup(1) the signal is ignored.
func (sim *simulator) reloads(ctx context.Context) (stop func()) {
	if signal.Ignored(syscall.SIGHUP) {
		return func() {}
	}
	hung, done, ended := make(chan os.Signal, 1), make(chan struct{}), make(chan struct{})
	signal.Notify(hung, syscall.SIGHUP)
	attached := cli.IsTerminal(os.Stderr)
	go func() {
		defer close(ended)
		for {
			select {
			case <-hung:
			case <-done:
				return
			case <-ctx.Done():
				return
			}
			if attached && !cli.IsTerminal(os.Stderr) {
				_ = syscall.Kill(os.Getpid(), syscall.SIGTERM) // stop as after Ctrl-C
				return
			}
			sim.reloadAndTell()
		}
	}()
	return func() {
		signal.Stop(hung)
		close(done)
		<-ended
	}
}
