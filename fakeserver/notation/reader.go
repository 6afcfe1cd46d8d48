package notation

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Kind says which side a line comes from.
type Kind int

const (
	// Server is a line that the server sent.
	Server Kind = iota
	// Client is a line that the client sent.
	Client
	// Remark is a line about the connection.
	Remark
)

func (k Kind) String() string {
	switch k {
	case Server:
		return "S"
	case Client:
		return "C"
	case Remark:
		return "remark"
	}
	return "unknown kind"
}

// MaxLine is the longest line of a transcript in octets. A Writer breaks longer ones with a \.
const MaxLine = 128 << 10

// Line is a line of a transcript.
type Line struct {
	Kind Kind
	// Octets holds the line with its line end, or a remark without its brackets. It is
	// valid until the next line is read.
	Octets []byte
	// Number counts the lines from 1.
	Number int
	// Offset and Size locate the line in the transcript, in octets, line end included.
	Offset, Size int64
}

// SyntaxError reports a mistake in the notation.
type SyntaxError struct {
	Line, Column int // from 1; the column counts octets
	Text         string
}

func (e *SyntaxError) Error() string { return fmt.Sprintf("%d:%d: %s", e.Line, e.Column, e.Text) }

// Reader reads a transcript line by line. It ignores blank lines, and blanks at the start of a
// line, which the RFCs use.
type Reader struct {
	in     *bufio.Reader
	octets []byte
	number int
	offset int64
	err    error
}

// NewReader returns a reader of a transcript, or of a part that begins at the start of a line.
func NewReader(r io.Reader) *Reader {
	size := int64(MaxLine + 2)
	if part, ok := r.(*io.SectionReader); ok {
		size = min(size, part.Size()+2) // most replies are short
	}
	return &Reader{in: bufio.NewReaderSize(r, int(size))}
}

// Next returns the next line, and io.EOF after the last one. A mistake in the notation is a
// *SyntaxError. Later calls return the first error again.
func (r *Reader) Next() (Line, error) {
	for r.err == nil {
		raw, err := r.in.ReadSlice('\n')
		if err != nil && len(raw) == 0 {
			r.err = err
			break
		}
		r.number++
		if errors.Is(err, bufio.ErrBufferFull) || len(raw) > MaxLine {
			r.err = &SyntaxError{r.number, MaxLine, fmt.Sprintf(`the line has more than %d octets; break it with a \ at its end`, MaxLine)}
			break
		}
		l := Line{Number: r.number, Offset: r.offset, Size: int64(len(raw))}
		r.offset += l.Size
		text := strings.TrimSuffix(strings.TrimSuffix(string(raw), "\n"), "\r")
		if strings.TrimLeft(text, " \t") == "" {
			continue
		}
		r.err = r.take(&l, text)
		return l, r.err
	}
	return Line{}, r.err
}

func (r *Reader) take(l *Line, text string) error {
	indent := len(text) - len(strings.TrimLeft(text, " \t"))
	text = text[indent:]
	wrong := func(at int, format string, args ...any) error {
		return &SyntaxError{l.Number, indent + at + 1, fmt.Sprintf(format, args...)}
	}
	if text[0] == '[' {
		inside, closed := strings.CutSuffix(strings.TrimRight(text, " \t"), "]")
		if !closed {
			return wrong(len(text), "the ] at the end of the remark is missing")
		}
		l.Kind, l.Octets = Remark, []byte(inside[1:])
		return nil
	}
	switch {
	case strings.HasPrefix(text, "S:"):
		l.Kind = Server
	case strings.HasPrefix(text, "C:"):
		l.Kind = Client
	default:
		return wrong(0, `a line must begin with "S: ", "C: " or "[", not with %q`, first(text))
	}
	start := 2
	if len(text) > 2 {
		if text[2] != ' ' {
			return wrong(2, "the blank after %s is missing", text[:2])
		}
		start = 3
	}
	octets, at, err := unescape(r.octets[:0], text[start:])
	r.octets, l.Octets = octets, octets
	if err != nil {
		return wrong(start+at, "%s", err.Error())
	}
	return nil
}

func first(text string) string {
	if len(text) > 20 {
		return text[:20] + "..."
	}
	return text
}

// Command returns the octets of a client's line without the line end.
func (l Line) Command() []byte { return Command(l.Octets) }

// Command returns octets without a final CRLF or LF.
func Command(octets []byte) []byte {
	return bytes.TrimSuffix(bytes.TrimSuffix(octets, []byte("\n")), []byte("\r"))
}
