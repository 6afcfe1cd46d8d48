package mtm

import (
	"context"

	"pop3mtm/mtm/progress"
)

// Command is an instruction to a Client: one of [Connect], [Disconnect],
// [GetMail], [Populate], [Delete],
// [CancelOffline], [IsConnected], [Busy], [CreateNew], [CreateReply], [CreateForward],
// [CreateForwardAsAttachment] and [CreateReceipt].
type Command interface {
	// name is the command in words, for errors.
	name() string
	// needs is the state of the line that the command starts from.
	needs() line
	// check refuses parameters that cannot work, before anything starts.
	check(ctx context.Context, c *Client) error
	// meter makes the operation's progress.
	meter(service int64) *progress.Meter
	// run does the work; it blocks until the work is done.
	run(ctx context.Context, r *run) error
}

// line is what a command asks of the connection when it starts.
type line int

const (
	offline line = iota // no connection, else ErrAlreadyConnected
	asFound             // takes what it finds
	either              // takes what it finds, and ends what runs
	nothing             // does not touch it, and ends at once
	beside              // does not touch it, and takes its time
)
