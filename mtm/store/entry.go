package store

import (
	"fmt"
	"time"
	"unicode/utf8"
)

// ID identifies an entry. The id of a deleted entry is never used again. Ids grow in the order of
// commits.
type ID int64

// The built-in entries, which every store has. They cannot be deleted or moved.
const (
	Root   ID = 1 // the top of the tree
	Local  ID = 2 // the local service, below Root
	Inbox  ID = 3 // folders below Local
	Outbox ID = 4
	Drafts ID = 5
	Sent   ID = 6
)

// firstFree is the id of the first entry that is added to a store.
const firstFree ID = 7

// Type is the type of an entry.
type Type uint8

// The types of entries.
const (
	TypeRoot Type = iota + 1
	TypeService
	TypeFolder
	TypeMessage
)

// String returns the type's name in lower case.
func (t Type) String() string {
	switch t {
	case TypeRoot:
		return "root"
	case TypeService:
		return "service"
	case TypeFolder:
		return "folder"
	case TypeMessage:
		return "message"
	}
	return fmt.Sprintf("type-%d", uint8(t))
}

// Entry is a node of the tree, with the fields of behaviour section 11. The caller owns an Entry
// that a method returns.
type Entry struct {
	ID      ID
	Parent  ID
	Type    Type
	Service ID // of a message: its service; of an SMTP service: its account
	Related ID // of a service: its SMTP service; of a ghost: its source; 0 without one

	Name        string    // of folders and services
	Details     string    // of a message: From, or the first recipient
	Description string    // of a message: Subject
	Date        time.Time // UTC, in whole seconds; the zero time without one

	Size        int64 // octets on the wire, from the last LIST; 0 when unknown
	Flags       Flags
	Email       EmailFlags
	RemoteCount int // of a service: messages on the server
	Sending     SendingState

	UID       string // the server's unique-id, also of copies in folders; "" for local messages
	MessageID string // without angle brackets

	Body Body
}

// IsSMTP reports whether the entry is the SMTP service of an account. The account's entry has its
// id as Related, and outgoing messages have it as Service.
func (e *Entry) IsSMTP() bool { return e.Type == TypeService && e.Service != 0 && e.Service != e.ID }

// BodyKind is how much of a message a body holds.
type BodyKind uint8

// The kinds of bodies.
const (
	BodyNone    BodyKind = iota // no bytes stored
	BodyHeader                  // the header block only
	BodyPartial                 // the header and the first lines
	BodyWhole                   // the message, byte for byte as it came
)

// String returns the kind's name in lower case.
func (k BodyKind) String() string {
	switch k {
	case BodyNone:
		return "none"
	case BodyHeader:
		return "header"
	case BodyPartial:
		return "partial"
	case BodyWhole:
		return "whole"
	}
	return fmt.Sprintf("body-%d", uint8(k))
}

// Body is the place of an entry's octets. Other packages use only Kind and Length, and may give the
// same Body to a second entry: a copy that needs no space.
type Body struct {
	Kind    BodyKind
	Segment int64  // number of the segment file
	Offset  int64  // of the record in the segment, in octets
	Length  int64  // octets of the body, without the record's header
	CRC     uint32 // CRC-32C of these octets
}

// Ref holds some fields of a message, as UIDs returns them.
type Ref struct {
	ID    ID
	UID   string
	Size  int64
	Flags Flags
	Kind  BodyKind
}

// maxText limits the texts that come from messages, in octets.
const maxText = 64 << 10

// cut returns s, shortened to maxText without splitting a character.
func cut(s string) string { return shortened(s, maxText) }

func shortened(s string, most int) string {
	if len(s) <= most {
		return s
	}
	n := most
	for n > most-utf8.UTFMax && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
