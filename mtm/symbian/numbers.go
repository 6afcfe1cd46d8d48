package symbian

import (
	"math"
)

// The numbers of the original's command table (behaviour section 1). The eighteen get-mail numbers
// from CopyNew to MoveAllThenDisconnect are New, Selection and All, each Copy and Move, each
// already connected, stay online and disconnect.
const (
	IsConnected                    = 1048576
	Connect                        = 1048577
	Disconnect                     = 1048578
	CreateReceipt                  = 1048579 // the original has no code for it
	CopyNew                        = 1048580
	MoveAllThenDisconnect          = 1048597
	CancelOffline                  = 1048598
	CancelSendOnNextConnection     = 1048599 // the original has no code for it
	CreateNewEmail                 = 1048600
	CreateReplyEmail               = 1048601
	CreateForwardEmail             = 1048602
	CreateForwardAsAttachmentEmail = 1048603
	CreateReceiptEmail             = 1048604
	Populate                       = 1048605
	PopulateNew                    = 1048606
	PopulateAll                    = 1048607
)

// PartList is a set of parts of a message, with the original's bits (behaviour sections 12 and 14).
type PartList uint32

// The parts. A search looks into all but the date, and of attachments at their file names; what
// they mean for a message that is created is documented at mtm.CreateOptions.
const (
	PartBody        PartList = 0x1
	PartRecipient   PartList = 0x2 // To, then Cc, then Bcc
	PartOriginator  PartList = 0x4 // From
	PartDescription PartList = 0x8 // Subject
	PartDate        PartList = 0x10
	PartAttachments PartList = 0x20
	PartTo          PartList = 0x40
	PartFrom        PartList = 0x80
	PartCc          PartList = 0x100
	PartBcc         PartList = 0x200
	PartSubject     PartList = 0x400
)

// TypeList says what kind of message is created, with the original's bits (behaviour section 12).
type TypeList uint32

// The types.
const (
	TypeMHTML         TypeList = 1 // with the HTML of the original beside its text
	TypeInvisible     TypeList = 2 // the entry is not shown in listings
	TypeInPreparation TypeList = 4 // the entry is still being worked on
)

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
