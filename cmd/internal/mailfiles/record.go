package mailfiles

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
)

// sum identifies a message by its octets: SHA-256.
type sum [sha256.Size]byte

// record is the file that lists what was exported to a path. Its first line is recordHead. Every
// run writes a line "begin", a line for each message, and a line "end". The line of a message has
// its checksum; for an mbox also position and size, and it is written before the message.
type record struct {
	file  *os.File
	count map[sum]int

	fresh       bool  // the record did not exist
	interrupted bool  // the last run did not end: the existing messages must be read
	missing     []sum // messages that are there but not in the record yet
	last        span  // the message of an mbox that was begun last
}

// span is a message's checksum, and its position and size in an mbox.
type span struct {
	sum      sum
	at, size int64
}

const (
	recordHead = "messages that mtm export has written, by SHA-256; version 1"
	beginLine  = "begin"
	endLine    = "end"
	undoneLine = "undone" // the message before was taken back
)

// openRecord opens or creates a record and locks it.
func openRecord(path string) (*record, error) {
	info, err := os.Lstat(path)
	if err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file: move it away", path)
	}
	r := &record{fresh: err != nil, count: map[sum]int{}}
	if r.file, err = os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600); err != nil {
		return nil, err
	}
	if lockRecord(r.file) != nil {
		return nil, errors.Join(fmt.Errorf("another export is writing there (%s is locked): try again when it has ended", path), r.abandon())
	}
	if err = r.read(); err != nil {
		return nil, errors.Join(err, r.abandon())
	}
	return r, nil
}

// read reads the record. Without a line "end" at its end the last run was interrupted.
func (r *record) read() error {
	lines := bufio.NewScanner(r.file)
	head, last := false, ""
	for lines.Scan() {
		line := lines.Text()
		if !head {
			if line != recordHead {
				break
			}
			head = true
			continue
		}
		last = line
		r.take(line)
	}
	if err := lines.Err(); err != nil && !errors.Is(err, bufio.ErrTooLong) {
		return err
	}
	r.interrupted = last != endLine
	if !head {
		if err := r.file.Truncate(0); err != nil {
			return err
		}
		if _, err := r.file.WriteAt([]byte(recordHead+"\n"), 0); err != nil {
			return err
		}
	}
	_, err := r.file.Seek(0, io.SeekEnd)
	return err
}

// take counts the message of a line. It skips invalid lines, in which a run was interrupted.
func (r *record) take(line string) {
	if line == undoneLine {
		r.uncount(r.last.sum)
		return
	}
	words := strings.Fields(line)
	if len(words) == 0 {
		return
	}
	raw, err := hex.DecodeString(words[0])
	if err != nil || len(raw) != sha256.Size {
		return
	}
	s := span{sum: sum(raw)}
	if len(words) == 3 {
		s.at, err = strconv.ParseInt(words[1], 10, 64)
		size, wrong := strconv.ParseInt(words[2], 10, 64)
		if err != nil || wrong != nil || s.at < 0 || size < 0 {
			return
		}
		s.size = size
	}
	r.count[s.sum]++
	r.last = s
}

func (r *record) uncount(s sum) {
	if r.count[s] > 0 {
		r.count[s]--
	}
}

// begin starts a run. It first adds the messages that the last run did not add to the record.
func (r *record) begin() error {
	lines := "\n" + beginLine + "\n" // the line end completes a line that was cut
	if !r.interrupted || r.fresh {
		lines = beginLine + "\n"
	}
	if _, err := r.file.WriteString(lines); err != nil {
		return errors.Join(err, r.abandon())
	}
	for _, s := range r.missing {
		if err := r.note(span{sum: s}); err != nil {
			return errors.Join(err, r.abandon())
		}
	}
	r.missing = nil
	return nil
}

// note writes a message to the record.
func (r *record) note(s span) error {
	line := hex.EncodeToString(s.sum[:])
	if s.size > 0 {
		line += fmt.Sprintf(" %d %d", s.at, s.size)
	}
	if _, err := r.file.WriteString(line + "\n"); err != nil {
		return err
	}
	r.count[s.sum]++
	r.last = s
	return nil
}

// undo marks the last message as not written.
func (r *record) undo() error {
	r.uncount(r.last.sum)
	_, err := r.file.WriteString(undoneLine + "\n")
	return err
}

// end marks the run as complete.
func (r *record) end() error {
	err := r.file.Sync()
	if err == nil {
		if _, err = r.file.WriteString(endLine + "\n"); err == nil {
			err = r.file.Sync()
		}
	}
	return errors.Join(err, r.abandon())
}

// abandon closes the record without an end, so that the next run reads the existing messages.
func (r *record) abandon() error { return r.file.Close() }
