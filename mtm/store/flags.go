package store

import (
	"fmt"
	"slices"
	"strings"
)

// Flags is a set of entry flags (behaviour section 11). Bits up to 0x1000000 have the values that
// the original publishes; the others are defined here.
type Flags uint64

// The bits of Flags.
const (
	New           Flags = 0x10      // arrived with the last connection
	Unread        Flags = 0x20      // not read by anyone yet
	Failed        Flags = 0x40      // outgoing: the last attempt to send it failed; in a mailbox: its header broke the connection
	Operation     Flags = 0x80      // has a queued operation
	Invisible     Flags = 0x200     // not shown in listings
	InPreparation Flags = 0x10000   // still being written
	Connected     Flags = 0x1000000 // of a service: a session is open

	Complete           Flags = 0x2000000  // the whole message is stored
	Attachment         Flags = 0x4000000  // has at least one attachment
	MultipleRecipients Flags = 0x8000000  // outgoing: has more than one recipient
	PriorityLow        Flags = 0x10000000 // the message asks for low priority
	PriorityHigh       Flags = 0x20000000 // the message asks for high priority
	Pending            Flags = 0x40000000 // requested by a transfer that has not finished
	PendingPopulate    Flags = 0x80000000 // requested by a populate that has not finished
)

// EmailFlags is a set of e-mail flags with the original's values (behaviour section 11, iMtmData1).
type EmailFlags uint32

// The bits of EmailFlags. The bits of OperationMask hold the disconnected operation as a number:
// compare it with the result of EmailFlags.Operation.
const (
	Encrypted        EmailFlags = 0x1
	Signed           EmailFlags = 0x2
	Receipt          EmailFlags = 0x4
	Orphan           EmailFlags = 0x8
	VCard            EmailFlags = 0x10
	VCalendar        EmailFlags = 0x20
	MHTML            EmailFlags = 0x40
	BodyTextComplete EmailFlags = 0x80

	OperationMask   EmailFlags = 0xF00
	OpNone          EmailFlags = 0x000
	OpCreate        EmailFlags = 0x100
	OpDelete        EmailFlags = 0x200
	OpChange        EmailFlags = 0x300
	OpCopyTo        EmailFlags = 0x400
	OpCopyFrom      EmailFlags = 0x500
	OpCopyWithin    EmailFlags = 0x600
	OpMoveTo        EmailFlags = 0x700
	OpMoveFrom      EmailFlags = 0x800
	OpMoveWithin    EmailFlags = 0x900
	OpSpecial       EmailFlags = 0xA00
	OpUnknown       EmailFlags = 0xB00
	OpMultiple      EmailFlags = 0xC00
	FolderTypeMask  EmailFlags = 0x0F000000
	PartialDownload EmailFlags = 0x10000000
	ICalendar       EmailFlags = 0x20000000
)

// derived and derivedEmail are the flags that only the queue sets. Add, Update and SetFlags do not
// change them.
const (
	derived      = Operation
	derivedEmail = OperationMask
)

// SendingState is the state of an outgoing message (behaviour section 10).
type SendingState uint8

// The sending states, with the original's numbers.
const (
	SendUnknown SendingState = iota
	SendUponRequest
	SendWaiting
	SendSending
	SendScheduled
	SendResend
	SendSuspended
	SendFailed
	SendSent
	SendNotApplicable
)

// bitName is the name of a bit in String.
type bitName struct {
	bit  uint64
	name string
}

func flagNames() []bitName {
	return []bitName{
		{uint64(New), "new"}, {uint64(Unread), "unread"}, {uint64(Failed), "failed"},
		{uint64(Operation), "operation"}, {uint64(Invisible), "invisible"},
		{uint64(InPreparation), "in-preparation"}, {uint64(Connected), "connected"},
		{uint64(Complete), "complete"}, {uint64(Attachment), "attachment"},
		{uint64(MultipleRecipients), "multiple-recipients"},
		{uint64(PriorityLow), "priority-low"}, {uint64(PriorityHigh), "priority-high"},
		{uint64(Pending), "pending"}, {uint64(PendingPopulate), "pending-populate"},
	}
}

func emailNames() []bitName {
	return []bitName{
		{uint64(Encrypted), "encrypted"}, {uint64(Signed), "signed"}, {uint64(Receipt), "receipt"},
		{uint64(Orphan), "orphan"}, {uint64(VCard), "vcard"}, {uint64(VCalendar), "vcalendar"},
		{uint64(MHTML), "mhtml"}, {uint64(BodyTextComplete), "body-text-complete"},
		{uint64(PartialDownload), "partial-download"}, {uint64(ICalendar), "icalendar"},
	}
}

// Has reports whether all bits of x are set in f.
func (f Flags) Has(x Flags) bool { return f&x == x }

// With returns f with the bits of x set.
func (f Flags) With(x Flags) Flags { return f | x }

// Without returns f with the bits of x cleared.
func (f Flags) Without(x Flags) Flags { return f &^ x }

// String returns the names of the set bits, separated by commas. Bits without a name come last, as
// one hexadecimal number.
func (f Flags) String() string {
	return strings.Join(names(uint64(f), flagNames()), ",")
}

// Has reports whether all bits of x are set in f. For the disconnected operation, which is a
// number, use Operation.
func (f EmailFlags) Has(x EmailFlags) bool { return f&x == x }

// With returns f with the bits of x set.
func (f EmailFlags) With(x EmailFlags) EmailFlags { return f | x }

// Without returns f with the bits of x cleared.
func (f EmailFlags) Without(x EmailFlags) EmailFlags { return f &^ x }

// Operation returns the disconnected operation, one of the Op constants.
func (f EmailFlags) Operation() EmailFlags { return f & OperationMask }

// WithOperation returns f with its disconnected operation replaced by op.
func (f EmailFlags) WithOperation(op EmailFlags) EmailFlags {
	return f&^OperationMask | op&OperationMask
}

// String returns the names of the set bits, separated by commas. Bits without a name follow as one
// hexadecimal number, and last comes the disconnected operation as "op=NAME".
func (f EmailFlags) String() string {
	rest := f &^ OperationMask
	list := names(uint64(rest), emailNames())
	if op := f.Operation(); op != OpNone {
		list = append(list, "op="+operationName(op))
	}
	return strings.Join(list, ",")
}

func operationName(op EmailFlags) string {
	switch op {
	case OpCreate:
		return "create"
	case OpDelete:
		return "delete"
	case OpChange:
		return "change"
	case OpCopyTo:
		return "copy-to"
	case OpCopyFrom:
		return "copy-from"
	case OpCopyWithin:
		return "copy-within"
	case OpMoveTo:
		return "move-to"
	case OpMoveFrom:
		return "move-from"
	case OpMoveWithin:
		return "move-within"
	case OpSpecial:
		return "special"
	case OpUnknown:
		return "unknown"
	case OpMultiple:
		return "multiple"
	}
	return fmt.Sprintf("%#x", uint32(op))
}

// names returns the names of the bits of v. Bits without a name come last, as one number.
func names(v uint64, table []bitName) []string {
	var list []string
	for _, n := range table {
		if v&n.bit != 0 {
			list = append(list, n.name)
			v &^= n.bit
		}
	}
	if v != 0 {
		list = append(list, fmt.Sprintf("%#x", v))
	}
	return list
}

// String returns the name of the state in behaviour section 10.
func (s SendingState) String() string {
	switch s {
	case SendUnknown:
		return "unknown"
	case SendUponRequest:
		return "upon-request"
	case SendWaiting:
		return "waiting"
	case SendSending:
		return "sending"
	case SendScheduled:
		return "scheduled"
	case SendResend:
		return "resend"
	case SendSuspended:
		return "suspended"
	case SendFailed:
		return "failed"
	case SendSent:
		return "sent"
	case SendNotApplicable:
		return "not-applicable"
	}
	return fmt.Sprintf("sending-state-%d", uint8(s))
}

// in reports whether s is one of the states.
func (s SendingState) in(states []SendingState) bool { return slices.Contains(states, s) }
