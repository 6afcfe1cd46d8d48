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

// IsConnected succeeds when any client, in whatever process, is logged in to the mailbox,
// and ends with ErrDisconnected otherwise. It also answers while an operation runs
// (behaviour sections 0 and 1).
type IsConnected struct{}

// Busy ends with ErrBusy when any client runs an operation on the mailbox, and succeeds otherwise.
type Busy struct{}

// place returns the place of the locks of a service's mailbox.
func place(st *store.Store, service store.ID) hold.Place {
	return hold.Place{Dir: lockDir(st), Name: strconv.FormatInt(int64(service), 10)}
}

func lockDir(st *store.Store) string { return filepath.Join(st.Dir(), "locks") }

// Status returns which client holds a service's mailbox, in whatever process, and what it does. It
// takes no lock, so it never keeps a client from the mailbox.
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
