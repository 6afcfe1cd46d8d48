package mtm

import (
	"context"

	"pop3mtm/mtm/progress"
)

// Command tells a Client what to do. It is one of [Connect], [Disconnect], [GetMail], [Populate],
// [Delete], [CancelOffline], [IsConnected], [Busy], [CreateNew], [CreateReply], [CreateForward],
// [CreateForwardAsAttachment] and [CreateReceipt].
type Command interface {
	// name returns the command in words, for errors.
	name() string
	// needs returns which state of the connection the command starts from.
	needs() line
	// check rejects invalid parameters before anything starts.
	check(ctx context.Context, c *Client) error
	// meter returns the progress of the operation.
	meter(service int64) *progress.Meter
	// run does the work and blocks until it is done.
	run(ctx context.Context, r *run) error
}

// line is what a command requires of the connection when it starts.
type line int

const (
	offline line = iota // no connection, else ErrAlreadyConnected
	asFound             // uses the connection, or stays offline
	either              // uses the connection, or stays offline, and ends the operation that runs
	nothing             // does not use the connection, and ends at once
	beside              // does not use the connection, and may take long
)
