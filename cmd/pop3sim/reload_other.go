//go:build !windows

package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"pop3mtm/cmd/internal/cli"
)

// reloads reloads at each SIGHUP until ctx ends or the returned function is called. A terminal that
// closes sends the same signal; that one ends the program. nohup(1) lets the signal be ignored.
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
				_ = syscall.Kill(os.Getpid(), syscall.SIGTERM) // it stops as at any other end
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
