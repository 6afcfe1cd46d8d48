package store

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
)

// A segment is a sequence of records. Each has a header and its content:
//
//	octets 0-3    "mtmB" before a body, "mtmN" before a note
//	octet  4      the BodyKind, or the kind of the note
//	octets 5-7    zero
//	octets 8-15   length of the content, little endian
//	octets 16-19  CRC-32C of the content, little endian
//	octets 20-23  CRC-32C of octets 0-19, XOR the key of the segment
//
// The key is computed from the segment's first note. Segments from before version 5 have no notes
// and the key 0.
const recordHeader = 24

const (
	bodyMagic = "mtmB"
	noteMagic = "mtmN"
)

// copySize is how many octets are read from a file at a time.
const copySize = 256 << 10

func castagnoli() *crc32.Table { return crc32.MakeTable(crc32.Castagnoli) }

// record is the content of a header: it describes a body, or a note when note is not 0.
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

// parseRecord parses and verifies the header of the record at segment and offset.
func parseRecord(h []byte, segment, offset int64, key uint32) (record, error) {
	r, err := parseFields(h, segment, offset)
	if err == nil && headerCRC(h)^key != binary.LittleEndian.Uint32(h[20:]) {
		err = fmt.Errorf("%w: segment %d has a damaged record header at %d", ErrCorrupt, segment, offset)
	}
	return r, err
}

// parseFields parses a header without verifying its checksum.
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
		return r, fmt.Errorf("%w: segment %d has an invalid record header at %d", ErrCorrupt, segment, offset)
	}
	return r, nil
}

// end returns the offset after the record.
func (b Body) end() int64 { return b.Offset + recordHeader + b.Length }

// segmentKey is the key of a segment file's headers. A message cannot contain a valid header, since
// the key is random.
type segmentKey struct {
	birth int64 // permanent name of the segment; 0 for a segment from before version 5
	key   uint32
	known bool // false when the beginning of the file is damaged
}

// keyOf returns the key for a birth.
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
