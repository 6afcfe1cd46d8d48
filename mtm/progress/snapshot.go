package progress

import "pop3mtm/mtm/symbian"

// Snapshot is the state of an operation at one moment: a plain value with the
// fields of the original's progress package (behaviour section 9). Counts are
// messages, sizes are octets on the wire.
type Snapshot struct {
	Phase             Phase        // what runs; for get mail the super-operation, 9 to 14
	SubPhase          Phase        // for get mail the step inside it, else equal to Phase
	TotalMessages     int          // messages in this step; the connection stage while Connecting
	MessagesToProcess int          // of these, how many are still to come; 0..TotalMessages
	BytesDone         int64        // of the message in hand
	TotalBytes        int64        // of the message in hand, as LIST told
	TotalSize         int64        // of all messages of this step that need fetching
	Code              symbian.Code // why the operation failed; None while it runs and after success
	Service           int64        // entry id of the service
	Message           int64        // entry id of the message that was made; 0 until it is there
}
