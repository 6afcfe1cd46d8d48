package mtm

import (
	"context"
	"path/filepath"
	"strconv"

	"pop3mtm/mtm/hold"
	"pop3mtm/mtm/internal/servermtm"
	"pop3mtm/mtm/progress"
	"pop3mtm/mtm/store"
)

// IsConnected asks whether a client is logged in to the mailbox, this one or another one in
// whatever process: nil, or ErrDisconnected. It answers also while an operation runs (behaviour
// sections 0 and 1).
type IsConnected struct{}

// Busy asks whether a client, this one or another one, runs an operation on the mailbox: ErrBusy,
// or nil without one.
type Busy struct{}

// place is where the locks of a service's mailbox are.
func place(st *store.Store, service store.ID) hold.Place {
	return hold.Place{Dir: lockDir(st), Name: strconv.FormatInt(int64(service), 10)}
}

func lockDir(st *store.Store) string { return filepath.Join(st.Dir(), "locks") }

// Status tells which client holds a service's mailbox, whatever process it is in, and what it does. It
// takes no lock: nobody is refused the mailbox because of it.
func Status(st *store.Store, service store.ID) (hold.Status, error) {
	return place(st, service).Status()
}

func (IsConnected) name() string { return "is connected" }
func (Busy) name() string        { return "busy" }

func (IsConnected) needs() line { return nothing }
func (Busy) needs() line        { return nothing }

func (IsConnected) check(context.Context, *Client) error { return nil }
func (Busy) check(context.Context, *Client) error        { return nil }

func (IsConnected) meter(service int64) *progress.Meter {
	return progress.NewMeter(service, progress.ConnectedAndIdle)
}

func (Busy) meter(service int64) *progress.Meter {
	return progress.NewMeter(service, progress.ConnectedAndIdle)
}

func (IsConnected) run(_ context.Context, r *run) error {
	if r.client.Connected() {
		return nil
	}
	st, err := r.client.mailbox.Place.Status()
	if err == nil && !st.Connected {
		err = ErrDisconnected
	}
	return err
}

func (Busy) run(_ context.Context, r *run) error {
	if r.client.Busy() {
		return ErrBusy
	}
	st, err := r.client.mailbox.Place.Status()
	if err == nil && st.Busy {
		return &servermtm.Fault{Code: ErrBusy, Err: &hold.HeldError{Holder: st.Holder}}
	}
	return err
}
