package progress

import (
	"time"

	"pop3mtm/mtm/symbian"
)

// The stages of a connection, which TotalMessages shows while Connecting.
const (
	Dialling  = 1 + iota // the server's address is resolved, and dialled
	Greeting             // the server's first words are waited for, or the first handshake
	LoggingIn            // the line is protected where that is asked for, and the user logs in
)

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

	Interruptions int           // connections that were lost, or left for another one, after which the operation continued
	Retry         time.Duration // until the next attempt to connect again, 0 while none waits
}
