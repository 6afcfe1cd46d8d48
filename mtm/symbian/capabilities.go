package symbian

import "math"

// Capability is a question about what the MTM can do (behaviour section 14).
type Capability int

// The values of Capability. As in the original, CanSend and MaxRecipients are not supported.
const (
	MaxBodySize        Capability = iota // largest body in octets
	MaxTotalSize                         // largest message in octets
	EditorUID                            // the original's number for the e-mail editor
	SupportedBody                        // bits: 1 7-bit, 2 8-bit, 4 16-bit, 8 binary
	SupportAttachments                   // messages can have attachments
	CanReceive                           // messages can be received
	CanSend                              // messages can be sent: a question for the SMTP MTM
	MaxRecipients
)

// Query returns the original's answer: a number, or 0 for yes. It returns ErrNotSupported for what
// the original does not support.
func Query(c Capability) (int64, error) {
	switch c {
	case MaxBodySize, MaxTotalSize:
		return math.MaxInt32, nil
	case EditorUID:
		return 0x10003C53, nil
	case SupportedBody:
		return 15, nil
	case SupportAttachments, CanReceive:
		return 0, nil
	case CanSend, MaxRecipients:
	}
	return 0, ErrNotSupported
}
