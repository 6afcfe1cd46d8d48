package maildrop

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"github.com/emersion/go-mbox"
)

const (
	fromLine = "From "
	// longestFrom is the longest line that can separate messages.
	longestFrom = 64 << 10
	// usualFrom is the number of octets read first to find the start of such a line.
	usualFrom = 256
)

// span holds the offsets of a message in an mbox file.
type span struct {
	from int64 // of the "From " line
	body int64 // after that line
	stop int64 // after the message, before the blank line that follows it
	end  int64 // of the next "From " line, or of the file
	form form
	uid  string
}

// scanMbox finds the messages of an mbox file. go-mbox reports where each begins; a second
// pass measures them exactly, since the reader of go-mbox rewrites line ends.
func scanMbox(f io.ReaderAt, size int64) ([]span, error) {
	starts, err := bodyStarts(f, size)
	if err != nil {
		return nil, err
	}
	spans := make([]span, len(starts))
	for i, start := range starts {
		spans[i].body, spans[i].end = start, size
		if spans[i].from, err = lineBefore(f, start, size); err != nil {
			return nil, err
		}
		if i > 0 {
			spans[i-1].end = spans[i].from
		}
	}
	uids := make(uidSet, len(spans))
	buf, r := make([]byte, 256<<10), bufio.NewReaderSize(nil, contentBuffer)
	for i := range spans {
		if err := spans[i].measure(f, uids, buf, r); err != nil {
			return nil, err
		}
	}
	return spans, nil
}

// bodyStarts returns the offset after each "From " line.
func bodyStarts(f io.ReaderAt, size int64) ([]int64, error) {
	count := &counter{r: io.NewSectionReader(f, 0, size)}
	// go-mbox uses this buffer instead of one of its own, so the position is known.
	buffered := bufio.NewReaderSize(count, longestFrom)
	r := mbox.NewReader(buffered)
	var starts []int64
	for {
		_, err := r.NextMessage()
		switch {
		case errors.Is(err, mbox.ErrInvalidFormat):
			return nil, fmt.Errorf("%w: the first line does not begin with %q", ErrFormat, fromLine)
		case errors.Is(err, io.EOF):
			return starts, nil
		case err != nil:
			return nil, err
		}
		starts = append(starts, count.n-int64(buffered.Buffered()))
	}
}

// counter counts the octets read through it.
type counter struct {
	r io.Reader
	n int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// lineBefore returns the offset of the "From " line that ends at offset end.
func lineBefore(f io.ReaderAt, end, size int64) (int64, error) {
	var b, l []byte
	var whole bool
	start := 0
	for most := int64(usualFrom); start == 0 && int64(len(b)) < min(end, longestFrom+2); most = longestFrom + 2 {
		b = make([]byte, min(end, most))
		if _, err := f.ReadAt(b, end-int64(len(b))); err != nil && !errors.Is(err, io.EOF) {
			return 0, err
		}
		l, whole = bytes.CutSuffix(b, []byte("\n"))
		start = bytes.LastIndexByte(l, '\n') + 1
	}
	if !bytes.HasPrefix(l[start:], []byte(fromLine)) || !whole && end < size {
		return 0, fmt.Errorf("%w: the \"From \" line before octet %d is too long", ErrFormat, end)
	}
	return end - int64(len(b)-start), nil
}

// measure finds the end, the size and the unique-id of the message. buf and r are scratch space.
func (s *span) measure(f io.ReaderAt, uids uidSet, buf []byte, r *bufio.Reader) error {
	tail := make([]byte, min(4, s.end-s.body))
	if _, err := f.ReadAt(tail, s.end-int64(len(tail))); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	s.stop = s.end - int64(blankLine(tail))
	hash := sha256.New()
	var err error
	if s.form, err = measure(io.TeeReader(s.contentBy(r, f), hash), buf); err != nil {
		return err
	}
	s.uid = uids.take(hex.EncodeToString(hash.Sum(nil)[:16]))
	return nil
}

// blankLine returns the length of the empty line at the end of a message, which
// belongs to the mbox format.
func blankLine(tail []byte) int {
	for _, blank := range []string{"\r\n", "\n"} {
		rest, ok := bytes.CutSuffix(tail, []byte(blank))
		if ok && (len(rest) == 0 || rest[len(rest)-1] == '\n') {
			return len(blank)
		}
	}
	return 0
}

// content reads the message without the quoting of the mbox format.
func (s *span) content(f io.ReaderAt) io.Reader {
	return s.contentBy(bufio.NewReaderSize(nil, int(min(s.stop-s.body, contentBuffer))), f)
}

// contentBuffer is enough to read many lines at once.
const contentBuffer = 64 << 10

// contentBy is like content but reuses r, which is free again when the message has been read.
func (s *span) contentBy(r *bufio.Reader, f io.ReaderAt) io.Reader {
	r.Reset(io.NewSectionReader(f, s.body, s.stop-s.body))
	return &unquoter{r: r, lineStart: true}
}

// unquoter turns lines that begin with ">From " into "From ", as go-mbox does.
type unquoter struct {
	r         *bufio.Reader
	lineStart bool
}

func (u *unquoter) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if u.lineStart {
		u.lineStart = false
		if b, _ := u.r.Peek(len(">" + fromLine)); string(b) == ">"+fromLine {
			_, _ = u.r.Discard(1) // Peek returned it
		}
	}
	if _, err := u.r.Peek(1); err != nil {
		return 0, err
	}
	b, _ := u.r.Peek(u.r.Buffered()) // buffered: cannot fail
	// Stop after each line end that a quote may follow, and at the end of the
	// buffer when it is a line end.
	if i := bytes.Index(b, []byte("\n>")); i >= 0 {
		b = b[:i+1]
	}
	n := copy(p, b)
	u.lineStart = p[n-1] == '\n'
	_, _ = u.r.Discard(n)
	return n, nil
}

// An mbox caches small messages in memory: it reads them once anyway to measure them, and reading
// one again means removing its quoting again. Cached octets are served while the file is unchanged.
const (
	keptAtMost  = 128 << 20 // octets of one file
	largestKept = 256 << 10
)

// room is the number of octets that may still be cached.
type room int64

// keep reads the octets of a message as served, to cache them. It returns nil when the message is
// too large, the cache is full, or the file has changed since it was measured.
func (left *room) keep(r io.Reader, f form) []byte {
	if f.octets > largestKept || room(f.octets) > *left {
		return nil
	}
	octets := make([]byte, f.octets)
	n, err := io.ReadFull(r, octets)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil
	}
	if n != len(octets) && n != len(octets)-2 { // without the line end that serving adds
		return nil
	}
	*left -= room(len(octets))
	return octets[:n]
}
