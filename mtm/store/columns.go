package store

import "time"

// columns describes the columns of the table entries, in its order. The statements that add,
// update, copy and read entries, their checksums, and Dump are made from it.
//
// A new column needs a line at the end, a field of Entry, and a step of the schema that adds it
// with a default of 0 or an empty text. Its sum must be plain or own, so that the checksums of
// existing rows stay valid.
//
// An INSERT omits columns behind the checksum when all its rows have the usual value. So the
// columns that have it most often stand last.
var columns = []*column{
	{name: "id", number: at(func(e *Entry) *ID { return &e.ID })},
	{name: "parent", number: at(func(e *Entry) *ID { return &e.Parent })},
	{name: "service", label: "service", number: at(func(e *Entry) *ID { return &e.Service })},
	{name: "size", label: "size", number: at(func(e *Entry) *int64 { return &e.Size }), sum: folded},
	{name: "flags", label: "flags", number: at(func(e *Entry) *Flags { return &e.Flags }), queue: int64(derived)},
	{name: "body_kind", number: at(func(e *Entry) *BodyKind { return &e.Body.Kind })},
	{name: "uid", label: "uid", text: func(e *Entry) *string { return &e.UID }, sum: own},
	{name: "segment", number: at(func(e *Entry) *int64 { return &e.Body.Segment })},
	{name: "offset", number: at(func(e *Entry) *int64 { return &e.Body.Offset })},
	{name: "length", number: at(func(e *Entry) *int64 { return &e.Body.Length })},
	{name: "crc", number: at(func(e *Entry) *uint32 { return &e.Body.CRC })},
	{name: "date", label: "date", date: func(e *Entry) *time.Time { return &e.Date }, sum: joint},
	{name: "details", label: "details", text: func(e *Entry) *string { return &e.Details }, sum: joint, place: 1, cut: true},
	{name: "description", label: "description", text: func(e *Entry) *string { return &e.Description }, sum: joint, place: 2, cut: true},
	{name: "message_id", label: "message-id", text: func(e *Entry) *string { return &e.MessageID }, sum: joint, place: 3, cut: true},
	{name: checksumName}, // of all other columns
	{name: "email_flags", label: "email", number: at(func(e *Entry) *EmailFlags { return &e.Email }), queue: int64(derivedEmail)},
	{name: "related", label: "related", number: at(func(e *Entry) *ID { return &e.Related })},
	{name: "sending", label: "sending", number: at(func(e *Entry) *SendingState { return &e.Sending }), usual: int64(SendNotApplicable)},
	{name: "type", number: at(func(e *Entry) *Type { return &e.Type }), usual: int64(TypeMessage)},
	{name: "name", label: "name", text: func(e *Entry) *string { return &e.Name }, sum: joint},
	{name: "remote_count", label: "remote", number: at(func(e *Entry) *int { return &e.RemoteCount })},
}

const checksumName = "checksum"

// column is one column of the table entries. Except for the checksum, one of number, text and date
// is set.
type column struct {
	name   string
	label  string // before the value in Dump; "" where Dump shows it in another way or not at all
	number *numberField
	text   func(e *Entry) *string
	date   func(e *Entry) *time.Time // seconds since 1970, NULL for the zero time
	sum    summing
	place  int   // of a joint text: its position in that CRC-32C, which never changes
	usual  int64 // the default of a number in the schema; that of a text is ''
	queue  int64 // bits that only the queue of operations sets; see Batch.Queue
	cut    bool  // shorten the text to maxText
}

// summing says how a column is added to the checksum of its row.
type summing uint8

const (
	plain  summing = iota // the number
	folded                // both halves of the number, so that a huge number from a server cannot overflow the sum
	own                   // the CRC-32C of the text, so that a statement can change it without reading the rest of the row
	joint                 // part of one CRC-32C: the date, and then the texts by their places
)

// jointTexts is the number of joint texts. No new column may be joint.
const jointTexts = 4

// numberField reads and sets a numeric field of an entry.
type numberField struct {
	get func(e *Entry) int64
	set func(e *Entry, n int64)
	is  func(e *Entry) any // the value in its type, for fmt
}

func at[T ~int | ~int64 | ~uint8 | ~uint32 | ~uint64](field func(e *Entry) *T) *numberField {
	return &numberField{
		get: func(e *Entry) int64 { return int64(*field(e)) },
		set: func(e *Entry, n int64) { *field(e) = T(n) },
		is:  func(e *Entry) any { return *field(e) },
	}
}
