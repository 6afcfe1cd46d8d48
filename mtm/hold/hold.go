package hold

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// Place names the lock files of a mailbox: Name.lock and those beside it in the directory Dir.
type Place struct {
	Dir  string
	Name string
}

// A slot is a file whose lock answers one question about the mailbox.
type slot int

const (
	mailbox   slot = iota // somebody holds the mailbox
	holder                // the record of the holder in the file is valid
	connected             // the holder is logged in
	busy                  // the holder runs an operation
	slots
)

func (s slot) suffix() string { return [slots]string{".lock", ".holder", ".connected", ".busy"}[s] }

func (p Place) path(s slot) string { return filepath.Join(p.Dir, p.Name+s.suffix()) }

// Hold is the right to connect to a mailbox. Its methods are safe from any goroutine.
type Hold struct {
	place Place
	token string

	mu    sync.Mutex
	files [slots]*os.File // nil when released
	on    [slots]bool     // locked by this Hold
}

// Take takes the mailbox. While another client holds it, Take blocks and tries again, until wait
// has passed, when it returns a *HeldError, or until ctx ends, when it returns the error of ctx.
// The caller must Release the mailbox.
//
// Other errors are ErrNoLocks, ErrDiskFull, or those of the system.
func (p Place) Take(ctx context.Context, wait time.Duration) (*Hold, error) {
	const shortest, longest = 10 * time.Millisecond, 250 * time.Millisecond
	deadline := time.Now().Add(wait)
	for pause := shortest; ; pause = min(2*pause, longest) {
		h, err := p.try()
		left := time.Until(deadline)
		if !errors.Is(err, errTaken) {
			return h, err
		}
		if left <= 0 {
			return nil, &HeldError{Holder: p.introduced(ctx), Waited: max(wait, 0)}
		}
		if err := sleep(ctx, min(pause, left)); err != nil {
			return nil, err
		}
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

var errTaken = errors.New("another client holds the mailbox")

// try takes the mailbox at once, or fails. Other clients trust the record only while its lock is
// held, so that they never mistake the record of a killed holder for that of the new one.
func (p Place) try() (*Hold, error) {
	if err := os.MkdirAll(p.Dir, 0o700); err != nil {
		return nil, p.failed(err)
	}
	me := self()
	h := &Hold{place: p, token: me.Token}
	err := h.lock(mailbox)
	if err == nil {
		err = h.open(holder)
	}
	if err == nil {
		err = me.write(h.files[holder])
	}
	for _, s := range []slot{busy, holder} {
		if err == nil {
			err = h.lock(s)
		}
	}
	if err == nil {
		err = h.open(connected)
	}
	if err != nil {
		_ = h.Release() // the first failure matters
		return nil, p.failed(err)
	}
	return h, nil
}

// open opens the file of a slot, and creates it if it is missing.
func (h *Hold) open(s slot) error {
	if h.files[s] != nil {
		return nil
	}
	f, err := os.OpenFile(h.place.path(s), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	h.files[s] = f
	return prepare(f)
}

// lock locks a slot that nobody else has locked.
func (h *Hold) lock(s slot) error {
	if err := h.open(s); err != nil {
		return err
	}
	ok, err := tryLock(h.files[s])
	if err == nil && !ok {
		err = errTaken
	}
	h.on[s] = err == nil
	return err
}

// Token returns a text that no other hold of the mailbox has.
func (h *Hold) Token() string { return h.token }

// SetConnected shows other clients whether the holder is logged in.
func (h *Hold) SetConnected(on bool) error { return h.set(connected, on) }

// SetBusy shows other clients whether the holder runs an operation. After Take it is shown as busy.
func (h *Hold) SetBusy(on bool) error { return h.set(busy, on) }

func (h *Hold) set(s slot, on bool) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.files[s] == nil || h.on[s] == on { // released, or no change
		return nil
	}
	if on {
		return h.place.failed(h.lock(s))
	}
	h.on[s] = false
	return h.place.failed(unlock(h.files[s]))
}

// Release releases the mailbox. Later calls do nothing. The locks are released before the files are
// closed, because a process that is being started may share these files for a moment.
func (h *Hold) Release() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	var all error
	for _, s := range []slot{connected, holder, busy, mailbox} {
		f := h.files[s]
		if f == nil {
			continue
		}
		if h.on[s] {
			all = errors.Join(all, unlock(f))
		}
		all = errors.Join(all, f.Close())
		h.files[s], h.on[s] = nil, false
	}
	return all
}

// Remove releases the mailbox and removes its files. It is only for a mailbox that nobody will open
// again.
func (h *Hold) Remove() error {
	all := h.Release()
	for s := range slots {
		if err := os.Remove(h.place.path(s)); err != nil && !errors.Is(err, os.ErrNotExist) {
			all = errors.Join(all, err)
		}
	}
	return all
}

// failed returns the error of Take for an error of locking. It returns nil and errTaken unchanged.
func (p Place) failed(err error) error {
	var cause error
	switch {
	case err == nil, errors.Is(err, errTaken):
		return err
	case noLocks(err):
		cause = ErrNoLocks
	case diskFull(err):
		cause = ErrDiskFull
	case errors.Is(err, os.ErrPermission):
		return fmt.Errorf("cannot lock the mailbox: %w; the file belongs to another user, or the store is "+
			"read-only: run as the owner of the store", err)
	default:
		return fmt.Errorf("cannot lock the mailbox: %w", err)
	}
	return fmt.Errorf("cannot lock the mailbox: %w: %w", cause, err)
}
