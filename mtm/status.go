package mtm

import (
	"context"

	"pop3mtm/mtm/progress"
)

// IsConnected asks whether a login stands: nil, or ErrDisconnected. It answers also
// while another operation runs (behaviour sections 0 and 1).
type IsConnected struct{}

// Busy asks whether an operation runs: ErrBusy, or nil when the client is idle.
type Busy struct{}

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
	if !r.client.Connected() {
		return ErrDisconnected
	}
	return nil
}

func (Busy) run(_ context.Context, r *run) error {
	if r.client.Busy() {
		return ErrBusy
	}
	return nil
}
