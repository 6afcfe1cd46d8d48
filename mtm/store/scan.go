package store

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
)

// scanner reads the records of a segment in order. After damage it looks for the next intact
// record. maxNote limits its memory.
type scanner struct {
	f       io.ReaderAt
	segment int64
	pos     int64 // of the next record
	size    int64 // offset at which the scan ends
	key     segmentKey
	bodies  bool // verify bodies too; otherwise skip them
}

// scanned is a record that the scanner found.
type scanned struct {
	record
	content []byte // content of a note
	intact  bool   // the content matches its checksum, if it was read
	skipped int64  // octets before the record that are not a record
}

// next returns the record at the scanner's position, or the next one after damage. At the end it
// returns io.EOF and the number of octets skipped before it. Other errors are those of the system.
func (sc *scanner) next() (scanned, error) {
	from := sc.pos
	for sc.pos < sc.size {
		r, err := sc.at(sc.pos)
		if err == nil {
			r.skipped = sc.pos - from
			sc.pos = r.end()
			return r, nil
		}
		if !damaged(err) {
			return scanned{}, err
		}
		if err := sc.resync(); err != nil {
			return scanned{}, err
		}
	}
	return scanned{skipped: sc.size - from}, io.EOF
}

// damaged reports whether err means damaged or missing octets.
func damaged(err error) bool {
	return errors.Is(err, ErrCorrupt) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

// at reads the record at pos. Content that does not match its checksum is not an error.
func (sc *scanner) at(pos int64) (scanned, error) {
	var h [recordHeader]byte
	if _, err := sc.f.ReadAt(h[:], pos); err != nil {
		return scanned{}, err
	}
	key := sc.key.key
	if pos == 0 && string(h[:4]) == noteMagic && noteKind(h[4]) == noteBirth {
		key = 0
	}
	r, err := parseRecord(h[:], sc.segment, pos, key)
	if err == nil && !sc.plausible(r) {
		err = ErrCorrupt
	}
	if err != nil {
		return scanned{}, err
	}
	found := scanned{record: r, intact: true}
	content := io.NewSectionReader(sc.f, pos+recordHeader, r.Length)
	switch {
	case r.note != 0:
		found.content = make([]byte, r.Length)
		if _, err := io.ReadFull(content, found.content); err != nil {
			return scanned{}, err
		}
		found.intact = crc32.Checksum(found.content, castagnoli()) == r.CRC
	case sc.bodies:
		sum := crc32.New(castagnoli())
		if _, err := io.Copy(sum, content); err != nil {
			return scanned{}, err
		}
		found.intact = sum.Sum32() == r.CRC
	}
	return found, nil
}

// plausible reports whether a valid header can belong to this segment. A segment without a key has
// no notes, since anybody could write a valid note into a message.
func (sc *scanner) plausible(r record) bool {
	return r.end() <= sc.size && (r.note == 0 || r.note == noteBirth && r.Offset == 0 || r.note != noteBirth && sc.key.key != 0)
}

// resync moves from the damage at pos to the next valid header.
func (sc *scanner) resync() error {
	start := sc.pos + 1
	for start < sc.size {
		buf := make([]byte, min(copySize, sc.size-start))
		n, err := sc.f.ReadAt(buf, start)
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		if n == 0 {
			break
		}
		if i := sc.header(buf[:n], start); i >= 0 {
			sc.pos = start + int64(i)
			return nil
		}
		if n < recordHeader {
			break
		}
		start += int64(n) - recordHeader + 1 // a header may span two buffers
	}
	sc.pos = sc.size
	return nil
}

// header returns the index of the first valid header in buf, or -1.
func (sc *scanner) header(buf []byte, at int64) int {
	for i := 0; ; i++ {
		next := bytes.Index(buf[i:], []byte(bodyMagic[:3]))
		if next < 0 || i+next+recordHeader > len(buf) {
			return -1
		}
		i += next
		r, err := parseRecord(buf[i:], sc.segment, at+int64(i), sc.key.key)
		if err == nil && sc.plausible(r) {
			return i
		}
	}
}

// guessKey returns the key of a segment whose beginning is damaged: the key of most of its headers.
// A message with false headers can mislead it only if it has more of them than the segment.
func guessKey(f io.ReaderAt, size int64) uint32 {
	votes := make(map[uint32]int)
	in := bufio.NewReaderSize(io.NewSectionReader(f, 0, size), copySize)
	var best uint32
	for len(votes) < 100_000 {
		h, err := in.Peek(recordHeader)
		if err != nil {
			break
		}
		if _, err := parseFields(h, 0, 0); err == nil {
			key := headerCRC(h) ^ binary.LittleEndian.Uint32(h[20:])
			if votes[key]++; votes[key] > votes[best] {
				best = key
			}
		}
		if _, err := in.Discard(1); err != nil {
			break
		}
	}
	return best
}
