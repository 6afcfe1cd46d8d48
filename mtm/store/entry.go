package store

import (
	"fmt"
	"time"
	"unicode/utf8"
)

// ID names an entry for ever: an id is never used again after its entry was
// deleted. Ids grow in the order of commits.
type ID int64

// The entries that every store has from the start; they cannot be deleted.
const (
	Root   ID = 1 // the top of the tree
	Local  ID = 2 // the local service, below Root
	Inbox  ID = 3 // folders below Local
	Outbox ID = 4
	Drafts ID = 5
	Sent   ID = 6
)

// firstFree is the id that the first added entry gets.
const firstFree ID = 7

// Type says what an entry is.
type Type uint8

// The types of entries.
const (
	TypeRoot Type = iota + 1
	TypeService
	TypeFolder
	TypeMessage
)

// String gives the type's name in lower case.
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

// Entry is one node of the tree, with the fields of behaviour section 11. The
// caller owns the copy it was given.
type Entry struct {
	ID      ID
	Parent  ID
	Type    Type
	Service ID // the service that the message belongs to; of an SMTP service: its account
	Related ID // service: its SMTP service; ghost: its source; 0 for none

	Name        string    // of folders and services
	Details     string    // of a message: From, or the first recipient
	Description string    // of a message: Subject
	Date        time.Time // UTC, whole seconds; zero for none

	Size        int64 // octets on the wire as LIST gave them last; 0 for unknown
	Flags       Flags
	Email       EmailFlags
	RemoteCount int // of a service: messages on the server
	Sending     SendingState

	UID       string // the server's; copies in folders keep it; "" for local messages
	MessageID string // without brackets

	Body Body
}

// IsSMTP reports whether the entry is the SMTP service of an account: not an account itself, but
// what the account's entry has as Related and what outgoing messages have as Service.
func (e *Entry) IsSMTP() bool { return e.Type == TypeService && e.Service != 0 && e.Service != e.ID }

// BodyKind says how much of a message a body holds.
type BodyKind uint8

// The kinds of bodies.
const (
	BodyNone    BodyKind = iota // no bytes stored
	BodyHeader                  // the header block only
	BodyPartial                 // the header and the first lines
	BodyWhole                   // the message as it came, every byte
)

// String gives the kind's name in lower case.
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

// Body says where the raw bytes of an entry are. Others read only Kind and
// Length, and may give the same Body to a second entry: a copy that costs no
// bytes.
type Body struct {
	Kind    BodyKind
	Segment int64  // number of the segment file
	Offset  int64  // of the record in the segment
	Length  int64  // octets of the body, without the record's header
	CRC     uint32 // CRC-32C of these octets
}

// Ref is the short form of a message that UIDs lists.
type Ref struct {
	ID    ID
	UID   string
	Size  int64
	Flags Flags
	Kind  BodyKind
}

// maxText bounds the texts that come from messages.
const maxText = 64 << 10

// cut shortens a text to maxText without splitting a character.
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
