package progress

import (
	"time"

	"pop3mtm/mtm/symbian"
)

// The stages of a connection, which are the value of TotalMessages while Connecting.
const (
	Dialling  = 1 + iota // resolving and dialling the server's address
	Greeting             // waiting for the server's greeting or for the TLS handshake
	LoggingIn            // starting TLS with STLS, if the account requires it, and logging in
)

// Snapshot is the state of an operation at one moment, with the fields of the original's progress
// package (behaviour section 9). Counts are in messages, sizes in octets on the wire.
type Snapshot struct {
	Phase             Phase        // the operation; for a GetMail that connects, the super-operation, 9 to 14
	SubPhase          Phase        // the step of a super-operation, else equal to Phase
	TotalMessages     int          // messages in this step; the connection stage while Connecting
	MessagesToProcess int          // messages of this step that are left: 0..TotalMessages
	BytesDone         int64        // octets of the current message so far
	TotalBytes        int64        // size of the current message in LIST
	TotalSize         int64        // total size of the messages that this step fetches
	Code              symbian.Code // why the operation failed; None while it runs and after success
	Service           int64        // entry id of the service
	Message           int64        // entry id of a message that was written; 0 until it is stored

	Interruptions int           // how often the operation continued over another connection
	Retry         time.Duration // time until the next attempt to connect; 0 when the operation does not wait for one
}
