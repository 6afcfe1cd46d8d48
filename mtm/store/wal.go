package store

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"maps"
	"os"
)

// The format of index.db-wal (https://sqlite.org/fileformat2.html#walformat).
const (
	walHeader      = 32
	walFrameHeader = 24
	walMagic       = 0x377f0682 // the lowest bit set means big-endian checksums
	walVersion     = 3007000
	maxPageSize    = 65536
)

// walPages holds the pages of the index that are in its write-ahead log.
type walPages struct {
	pageSize int64
	frames   map[uint32]int64 // page number -> offset of its newest content
	pages    uint32           // length of the index in pages; 0 when the log is empty
}

// readWAL reads the committed pages of a write-ahead log up to the first invalid frame, as SQLite
// does after a crash. A missing or empty log has no pages.
func readWAL(path string) (w walPages, err error) {
	f, err := openFile(path, os.O_RDONLY)
	if errors.Is(err, fs.ErrNotExist) {
		return w, nil
	}
	if err != nil {
		return w, err
	}
	defer f.Close()
	in := bufio.NewReaderSize(f, copySize)
	var h [walHeader]byte
	if _, err := io.ReadFull(in, h[:]); err != nil {
		return w, ignoreEOF(err)
	}
	magic := binary.BigEndian.Uint32(h[:])
	w.pageSize = int64(binary.BigEndian.Uint32(h[8:]))
	sum := walSum{order: binary.LittleEndian}
	if magic&1 != 0 {
		sum.order = binary.BigEndian
	}
	sum.add(h[:24])
	if magic&^1 != walMagic || binary.BigEndian.Uint32(h[4:]) != walVersion || !sum.is(h[24:]) ||
		w.pageSize < 512 || w.pageSize > maxPageSize || w.pageSize&(w.pageSize-1) != 0 {
		return walPages{}, nil
	}
	return w, ignoreEOF(w.read(in, h[16:24], sum))
}

// read reads the frames, transaction by transaction.
func (w *walPages) read(in io.Reader, salt []byte, sum walSum) error {
	w.frames = make(map[uint32]int64)
	open := make(map[uint32]int64) // pages of the unfinished transaction
	frame := make([]byte, walFrameHeader+w.pageSize)
	for at := int64(walHeader); ; at += int64(len(frame)) {
		if _, err := io.ReadFull(in, frame); err != nil {
			return err
		}
		sum.add(frame[:8])
		sum.add(frame[walFrameHeader:])
		page, size := binary.BigEndian.Uint32(frame), binary.BigEndian.Uint32(frame[4:])
		if string(frame[8:16]) != string(salt) || page == 0 || !sum.is(frame[16:]) {
			return nil
		}
		open[page] = at + walFrameHeader
		if size == 0 {
			continue
		}
		w.pages = size
		maps.Copy(w.frames, open)
		clear(open)
	}
}

func ignoreEOF(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil
	}
	return err
}

// walSum is the checksum of the log up to the current place.
type walSum struct {
	order binary.ByteOrder
	a, b  uint32
}

func (s *walSum) add(p []byte) {
	for ; len(p) >= 8; p = p[8:] {
		s.a += s.order.Uint32(p) + s.b
		s.b += s.order.Uint32(p[4:]) + s.a
	}
}

func (s *walSum) is(p []byte) bool {
	return binary.BigEndian.Uint32(p) == s.a && binary.BigEndian.Uint32(p[4:]) == s.b
}

// copyIndex writes the index at path and the pages of its log to to, as an index without a log.
func copyIndex(path string, to *os.File) error {
	w, err := readWAL(path + "-wal")
	if err != nil {
		return err
	}
	f, err := openFile(path, os.O_RDONLY)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err = io.Copy(to, f); err != nil || w.pages == 0 {
		return err
	}
	wal, err := openFile(path+"-wal", os.O_RDONLY)
	if err != nil {
		return err
	}
	defer wal.Close()
	page := make([]byte, w.pageSize)
	for number, at := range w.frames {
		if _, err := wal.ReadAt(page, at); err != nil {
			return err
		}
		if _, err := to.WriteAt(page, int64(number-1)*w.pageSize); err != nil {
			return err
		}
	}
	return to.Truncate(int64(w.pages) * w.pageSize)
}
