package store

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
)

// A segment is a row of records, each one header and its content:
//
//	octets 0-3    "mtmB" before a body, "mtmN" before a note
//	octet  4      the BodyKind, or the kind of the note
//	octets 5-7    zero
//	octets 8-15   length of the content, little endian
//	octets 16-19  CRC-32C of the content, little endian
//	octets 20-23  CRC-32C of octets 0-19, XOR the key of the segment
//
// The key follows from the segment's first note. Segments that were begun before version 5
// have no notes and the key 0.
const recordHeader = 24

const (
	bodyMagic = "mtmB"
	noteMagic = "mtmN"
)

// copySize is how much is read from a file at a time.
const copySize = 256 << 10

func castagnoli() *crc32.Table { return crc32.MakeTable(crc32.Castagnoli) }

// record is what a header describes: a body, or a note when note is not 0.
type record struct {
	Body
	note noteKind
}

// putHeader writes the header of a body into h.
func putHeader(h []byte, b Body, key uint32) { putRecord(h, record{Body: b}, key) }

func putRecord(h []byte, r record, key uint32) {
	clear(h[:recordHeader])
	copy(h, bodyMagic)
	h[4] = byte(r.Kind)
	if r.note != 0 {
		copy(h, noteMagic)
		h[4] = byte(r.note)
	}
	binary.LittleEndian.PutUint64(h[8:], uint64(r.Length))
	binary.LittleEndian.PutUint32(h[16:], r.CRC)
	binary.LittleEndian.PutUint32(h[20:], headerCRC(h)^key)
}

func headerCRC(h []byte) uint32 { return crc32.Checksum(h[:20], castagnoli()) }

// parseRecord reads the header of the record at (segment, offset).
func parseRecord(h []byte, segment, offset int64, key uint32) (record, error) {
	r, err := parseFields(h, segment, offset)
	if err == nil && headerCRC(h)^key != binary.LittleEndian.Uint32(h[20:]) {
		err = fmt.Errorf("%w: segment %d has a spoiled record header at %d", ErrCorrupt, segment, offset)
	}
	return r, err
}

// parseFields reads a header without its checksum.
func parseFields(h []byte, segment, offset int64) (record, error) {
	r := record{Body: Body{Segment: segment, Offset: offset}}
	if len(h) < recordHeader || string(h[:4]) != bodyMagic && string(h[:4]) != noteMagic {
		return r, fmt.Errorf("%w: segment %d has no record at %d", ErrCorrupt, segment, offset)
	}
	r.Length = int64(binary.LittleEndian.Uint64(h[8:]))
	r.CRC = binary.LittleEndian.Uint32(h[16:])
	known := false
	if string(h[:4]) == bodyMagic {
		r.Kind = BodyKind(h[4])
		known = r.Kind != BodyNone && r.Kind <= BodyWhole
	} else {
		r.note = noteKind(h[4])
		known = r.note.known() && r.Length <= maxNote
	}
	if r.Length < 0 || r.end() < 0 || !known || h[5]|h[6]|h[7] != 0 {
		return r, fmt.Errorf("%w: segment %d has an impossible record header at %d", ErrCorrupt, segment, offset)
	}
	return r, nil
}

// end returns the offset behind the record.
func (b Body) end() int64 { return b.Offset + recordHeader + b.Length }

// segmentKey is what the records of a segment file are read with.
type segmentKey struct {
	birth int64 // names the segment for ever; 0 for those begun before version 5
	key   uint32
	known bool // false when the beginning of the file is damaged
}

// keyOf returns the key that belongs to a birth.
func keyOf(birth int64) segmentKey {
	if birth == 0 {
		return segmentKey{known: true}
	}
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], uint64(birth))
	return segmentKey{birth, crc32.Checksum(b[:], castagnoli()), true}
}

// readKey reads the key of a segment file from its first record.
func readKey(f io.ReaderAt) segmentKey {
	var h [recordHeader + 8]byte
	n, err := f.ReadAt(h[:], 0)
	if n < recordHeader || err != nil && err != io.EOF { //nolint:errorlint // ReadAt returns it bare
		return segmentKey{}
	}
	r, err := parseRecord(h[:], 0, 0, 0)
	switch {
	case err != nil || r.note != 0 && (r.note != noteBirth || n < len(h)):
		return segmentKey{}
	case r.note == 0:
		return keyOf(0)
	}
	birth, ok := parseBirth(h[recordHeader:])
	if !ok || crc32.Checksum(h[recordHeader:], castagnoli()) != r.CRC {
		return segmentKey{}
	}
	return keyOf(birth)
}
