package main

import (
	"context"
	"fmt"
	"io"
	"sync"

	"pop3mtm/mtm"
	"pop3mtm/mtm/store"
)

// launching starts the program autosend when an account connects, and keeps the
// error when that failed.
type launching struct {
	mu     sync.Mutex
	failed error
	told   bool
}

// Launch implements mtm.Launcher.
func (l *launching) Launch(ctx context.Context, st *store.Store, smtp store.ID) error {
	err := mtm.Program{}.Launch(ctx, st, smtp)
	if err != nil {
		l.mu.Lock()
		l.failed = err
		l.mu.Unlock()
	}
	return err
}

// warn prints, once, that mail in the Outbox is not being sent because autosend
// could not be started.
func (l *launching) warn(w io.Writer, account string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.failed == nil || l.told {
		return
	}
	l.told = true
	// A terminal that is gone shows no warning.
	_, _ = fmt.Fprintf(w, "mtm: warning: mail in the Outbox is not being sent: autosend did not start: %s; 'mtm send %s' sends it\n",
		oneLine(l.failed.Error()), oneLine(account))
}
