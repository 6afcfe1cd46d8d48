package symbian

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
