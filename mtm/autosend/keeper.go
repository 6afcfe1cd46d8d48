package autosend

import (
	"context"
	"errors"
	"sync"
	"time"

	"pop3mtm/mtm/store"
)

// keeper renews the lease of a message while it is being sent, and knows whether it may still be
// sent.
type keeper struct {
	m    *message
	quit chan struct{}
	done chan struct{}

	mu      sync.Mutex
	renewed time.Time
	gone    error // why the message may not be sent by this run any more
}

// keep starts the keeper of a message whose lease was just taken. let stops it.
func (m *message) keep(ctx context.Context) {
	k := &keeper{m: m, quit: make(chan struct{}), done: make(chan struct{}), renewed: time.Now()}
	m.keeper = k
	go k.run(ctx)
}

func (m *message) let() {
	close(m.keeper.quit)
	<-m.keeper.done
}

func (k *keeper) run(ctx context.Context) {
	defer close(k.done)
	tick := time.NewTicker(k.m.o.Lease / 3)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			if k.renew(ctx) != nil {
				return
			}
		case <-k.quit:
			return
		case <-ctx.Done():
			return
		}
	}
}

// renew extends the lease. A store that is locked for a while does not end the run: the lease has
// time left.
func (k *keeper) renew(ctx context.Context) error {
	err := k.m.store.Renew(ctx, k.m.id, k.m.owner, k.m.o.Lease)
	k.mu.Lock()
	defer k.mu.Unlock()
	switch {
	case err == nil:
		k.renewed = time.Now()
	case isGone(err) && k.gone == nil:
		k.gone = err
	}
	if k.gone == nil && time.Since(k.renewed) > k.m.o.Lease {
		return err // another program may have it by now
	}
	return k.gone
}

// look returns an error unless the message may still be sent: nobody suspended it, and this run
// holds the lease.
func (k *keeper) look(ctx context.Context) error {
	entry, err := k.m.store.Entry(ctx, k.m.id)
	if err == nil && entry.Sending != store.SendSending {
		err = store.ErrSending
	}
	k.mu.Lock()
	late := time.Since(k.renewed) > k.m.o.Lease/2
	if isGone(err) && k.gone == nil {
		k.gone = err
	}
	gone := k.gone
	k.mu.Unlock()
	switch {
	case gone != nil:
		return gone
	case err != nil:
		return err
	case late: // the ticker could not renew it
		return k.renew(ctx)
	}
	return nil
}

// lost reports whether this run has lost the lease.
func (k *keeper) lost() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.gone != nil
}

func isGone(err error) bool {
	return errors.Is(err, store.ErrSending) || errors.Is(err, store.ErrLeased) || errors.Is(err, store.ErrNotFound)
}
