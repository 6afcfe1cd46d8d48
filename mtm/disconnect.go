package mtm

import (
	"context"

	"pop3mtm/mtm/progress"
)

// Disconnect ends the session with QUIT, which is when the server deletes (RFC 1939 section 6).
// Offline it does nothing and succeeds. While another operation runs, it cancels that operation:
// the connection is then closed without QUIT, so that the server forgets its deletes (behaviour
// section 7).
type Disconnect struct{}

func (Disconnect) name() string { return "disconnect" }
func (Disconnect) needs() line  { return either }

func (Disconnect) check(context.Context, *Client) error { return nil }

func (Disconnect) meter(service int64) *progress.Meter {
	return progress.NewMeter(service, progress.Disconnecting)
}

func (Disconnect) run(ctx context.Context, r *run) error { return r.disconnect(ctx) }
