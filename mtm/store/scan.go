package store

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
)

// scanner reads the records of a segment in order, also when octets of it are damaged: it then
// looks for the next record that is intact. Memory is bounded by maxNote.
type scanner struct {
	f       io.ReaderAt
	segment int64
	pos     int64 // of the next record
	size    int64 // where the scan ends
	key     segmentKey
	bodies  bool // verify bodies too; otherwise they are passed over
}

// scanned is a record that was found.
type scanned struct {
	record
	content []byte // of a note
	intact  bool   // its content matches its checksum, as far as it was read
	skipped int64  // octets before it that belong to no record
}

// next returns the record at the scanner's position or the next one behind damage. At the end it
// returns io.EOF, with what was skipped before it. Other errors are the system's.
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

// damaged reports whether err is about octets that were read, or that are missing.
func damaged(err error) bool {
	return errors.Is(err, ErrCorrupt) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

// at reads the record at pos; a content that does not match is no error.
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

// plausible reports whether a sound header can be one of this segment. Without a key anybody could
// have written a note into a message: segments without one have none.
func (sc *scanner) plausible(r record) bool {
	return r.end() <= sc.size && (r.note == 0 || r.note == noteBirth && r.Offset == 0 || r.note != noteBirth && sc.key.key != 0)
}

// resync moves behind the damage at pos, to the next header that is sound.
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
		start += int64(n) - recordHeader + 1 // a header may lie across two buffers
	}
	sc.pos = sc.size
	return nil
}

// header returns where the first sound header in buf begins, -1 for none.
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

// guessKey finds the key of a segment whose beginning is damaged: the one that most of its
// headers agree on. A message that holds headers of its own cannot outvote the segment's
// unless it is most of it.
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
