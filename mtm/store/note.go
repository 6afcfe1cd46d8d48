package store

import (
	"crypto/sha256"
	"encoding/binary"
	"hash/crc32"
)

// Mailbox identifies the mailbox that a message came from. It is written to the segment files, for
// the case that the index is lost, and contains no secret. The zero value stands for the local
// service.
type Mailbox struct {
	Name string // of the account
	Host string // with the port
	User string
}

// Origin is where a body came from. It is written before the body.
type Origin struct {
	Mailbox Mailbox
	UID     string // the server's unique-id; "" for local messages
}

// noteKind is the kind of a note in a segment file.
type noteKind uint8

const (
	noteBirth   noteKind = iota + 1 // the segment's permanent name; the first record of the file
	noteMailbox                     // a mailbox, to which origins refer by its mark
	noteOrigin                      // where the next body came from
	noteDeleted                     // bodies whose last entry was deleted
	noteRetired                     // all live records of this segment were copied to other segments
)

func (k noteKind) known() bool { return k >= noteBirth && k <= noteRetired }

const (
	maxNote        = 1 << 20 // octets of a note's content
	maxMailboxText = 1000    // octets of each text of a mailbox in a note
	deletedPerNote = 10_000  // bodies in one noteDeleted
)

// mark identifies a mailbox in origins: it is the beginning of a hash of the mailbox's note, or 0
// for the local service.
type mark uint64

func (m Mailbox) mark() mark {
	if m == (Mailbox{}) {
		return 0
	}
	sum := sha256.Sum256(m.note())
	return mark(binary.LittleEndian.Uint64(sum[:]) | 1)
}

func (m Mailbox) bounded() Mailbox {
	return Mailbox{shortened(m.Name, maxMailboxText), shortened(m.Host, maxMailboxText), shortened(m.User, maxMailboxText)}
}

// note returns the content of the mailbox's note.
func (m Mailbox) note() []byte {
	var b []byte
	for _, text := range []string{m.Name, m.Host, m.User} {
		b = appendText(b, text)
	}
	return b
}

func parseMailbox(b []byte) (m Mailbox, ok bool) {
	for _, text := range []*string{&m.Name, &m.Host, &m.User} {
		if *text, b, ok = takeText(b); !ok {
			return Mailbox{}, false
		}
	}
	return m, len(b) == 0
}

// origin is an Origin in the form in which it is written.
type origin struct {
	from mark
	when int64 // seconds since 1970
	uid  string
}

func (o origin) append(b []byte) []byte {
	b = binary.LittleEndian.AppendUint64(b, uint64(o.from))
	b = binary.AppendVarint(b, o.when)
	return appendText(b, o.uid)
}

func parseOrigin(b []byte) (o origin, ok bool) {
	if len(b) < 8 {
		return o, false
	}
	o.from, b = mark(binary.LittleEndian.Uint64(b)), b[8:]
	var n int
	if o.when, n = binary.Varint(b); n <= 0 {
		return o, false
	}
	o.uid, b, ok = takeText(b[n:])
	return o, ok && len(b) == 0
}

// deletion identifies a body whose last entry was deleted.
type deletion struct {
	location
	birth int64 // of its segment; 0 when unknown, or when the segment has none
	crc   uint32
}

// location is the place where a record begins.
type location struct{ segment, offset int64 }

func (b Body) location() location { return location{b.Segment, b.Offset} }

func (d deletion) append(b []byte) []byte {
	b = binary.AppendUvarint(b, uint64(d.segment))
	b = binary.LittleEndian.AppendUint64(b, uint64(d.birth))
	b = binary.AppendUvarint(b, uint64(d.offset))
	return binary.LittleEndian.AppendUint32(b, d.crc)
}

func parseDeletions(b []byte) (list []deletion, ok bool) {
	for len(b) > 0 {
		var d deletion
		segment, n := binary.Uvarint(b)
		if n <= 0 || len(b) < n+8 {
			return nil, false
		}
		d.birth, b = int64(binary.LittleEndian.Uint64(b[n:])), b[n+8:]
		offset, n := binary.Uvarint(b)
		if n <= 0 || len(b) < n+4 || int64(segment) < 0 || int64(offset) < 0 {
			return nil, false
		}
		d.crc, b = binary.LittleEndian.Uint32(b[n:]), b[n+4:]
		d.location = location{int64(segment), int64(offset)}
		list = append(list, d)
	}
	return list, true
}

func birthNote(birth int64) []byte { return binary.LittleEndian.AppendUint64(nil, uint64(birth)) }

func parseBirth(b []byte) (int64, bool) {
	if len(b) != 8 {
		return 0, false
	}
	birth := int64(binary.LittleEndian.Uint64(b))
	return birth, birth != 0
}

// appendNote appends a note, header and content, to b.
func appendNote(b []byte, kind noteKind, content []byte, key uint32) []byte {
	start := len(b)
	b = append(b, make([]byte, recordHeader)...)
	b = append(b, content...)
	sealNote(b[start:], kind, key)
	return b
}

// sealNote writes the header of a note into b, in front of its content.
func sealNote(b []byte, kind noteKind, key uint32) {
	content := b[recordHeader:]
	putRecord(b, record{note: kind, Body: Body{Length: int64(len(content)), CRC: crc32.Checksum(content, castagnoli())}}, key)
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

func takeText(b []byte) (string, []byte, bool) {
	size, n := binary.Uvarint(b)
	if n <= 0 || size > uint64(len(b)-n) {
		return "", nil, false
	}
	end := n + int(size)
	return string(b[n:end]), b[end:], true
}
