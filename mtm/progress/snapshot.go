package progress

import "pop3mtm/mtm/symbian"

// Snapshot describes the state of an operation at one moment, with the fields of the original's
// progress package (behaviour section 9). Counts are messages, sizes are octets on the wire.
type Snapshot struct {
	Phase             Phase        // what runs; for GetMail the super-operation, 9 to 14
	SubPhase          Phase        // for GetMail the step in it, else equal to Phase
	TotalMessages     int          // messages in this step; the connection stage while Connecting
	MessagesToProcess int          // of these, how many are left; 0..TotalMessages
	BytesDone         int64        // of the current message
	TotalBytes        int64        // of the current message, as in LIST
	TotalSize         int64        // of all messages of this step that are fetched
	Code              symbian.Code // why the operation failed; None while it runs and after success
	Service           int64        // entry id of the service
	Message           int64        // entry id of the message that was written; 0 until it is stored
}
