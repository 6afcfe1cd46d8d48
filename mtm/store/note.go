package store

import (
	"crypto/sha256"
	"encoding/binary"
	"hash/crc32"
)

// Mailbox says in the segment files where messages came from, so that they can be told apart
// when the index is lost. It holds no secret. The zero value is the local service.
type Mailbox struct {
	Name string // the account's
	Host string // with the port
	User string
}

// Origin is what a body's record says about it besides the octets.
type Origin struct {
	Mailbox Mailbox
	UID     string // the server's; "" for local messages
}

// noteKind says what a note is about.
type noteKind uint8

const (
	noteBirth   noteKind = iota + 1 // the segment's name for ever: the first record of the file
	noteMailbox                     // a mailbox that origins refer to by its mark
	noteOrigin                      // where the body behind it came from
	noteDeleted                     // bodies that were deleted on purpose
	noteRetired                     // everything alive of this segment has been copied to others
)

func (k noteKind) known() bool { return k >= noteBirth && k <= noteRetired }

const (
	maxNote        = 1 << 20 // octets of a note
	maxMailboxText = 1000    // octets of each text of a mailbox in a note
	deletedPerNote = 10_000  // bodies in one noteDeleted
)

// mark stands for a mailbox in origins: the beginning of a hash of its note. 0
// is the local service.
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

// origin is an Origin as it is written.
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

// deletion names a body that was deleted on purpose.
type deletion struct {
	location
	birth int64 // of its segment; 0 when unknown or older than births
	crc   uint32
}

// location is where a record begins.
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

// appendNote adds a note, header and content.
func appendNote(b []byte, kind noteKind, content []byte, key uint32) []byte {
	start := len(b)
	b = append(b, make([]byte, recordHeader)...)
	b = append(b, content...)
	sealNote(b[start:], kind, key)
	return b
}

// sealNote writes the header of a note whose content stands behind the room for it.
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
