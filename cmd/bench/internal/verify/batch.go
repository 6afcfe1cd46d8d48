package verify

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
)

// batchStart is the start of a file of SMTP commands (BSMTP).
const batchStart = "MAIL FROM:"

// eachInBatch visits the messages of a BSMTP file, each of which is between DATA and a line with a
// dot.
func eachInBatch(ctx context.Context, path string, visit visitor) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // it was only read
	in := bufio.NewReaderSize(f, 256<<10)
	for n := 1; ctx.Err() == nil; n++ {
		if err := toData(in); err == io.EOF {
			return nil
		} else if err != nil {
			return fmt.Errorf("%s: before message %d: %w", path, n, err)
		}
		body := &batchBody{in: in, start: true}
		if err := visit(keptMessage{where: fmt.Sprintf("message %d of the file", n), whole: true, body: body}); err != nil {
			return err
		}
		if _, err := io.Copy(io.Discard, body); err != nil {
			return fmt.Errorf("%s: message %d: %w", path, n, err)
		}
	}
	return ctx.Err()
}

// toData reads the commands before a message, up to DATA.
func toData(in *bufio.Reader) error {
	for {
		line, err := in.ReadSlice('\n')
		if err == io.EOF && len(line) > 0 {
			return io.ErrUnexpectedEOF
		}
		if err != nil {
			return err
		}
		if string(bytes.TrimRight(line, "\r\n")) == "DATA" {
			return nil
		}
	}
}

// batchBody reads one message and removes the dots that were added to its lines. It keeps one line,
// or a piece of a long line, in memory.
type batchBody struct {
	in    *bufio.Reader
	piece []byte
	start bool // the next octet begins a line
	err   error
}

func (b *batchBody) Read(p []byte) (int, error) {
	for len(b.piece) == 0 && b.err == nil {
		piece, err := b.in.ReadSlice('\n')
		switch {
		case b.start && string(piece) == ".\r\n":
			piece, err = nil, io.EOF
		case err == io.EOF:
			err = io.ErrUnexpectedEOF
		case err == bufio.ErrBufferFull:
			err = nil
		}
		if b.start {
			piece = bytes.TrimPrefix(piece, []byte("."))
		}
		b.piece, b.err = piece, err
		b.start = bytes.HasSuffix(piece, []byte("\n"))
	}
	n := copy(p, b.piece)
	b.piece = b.piece[n:]
	if n == 0 {
		return 0, b.err
	}
	return n, nil
}
