package verify

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
)

// eachInMbox visits the messages of an mbox without unquoting their lines. The empty line after
// each message does not belong to it.
func eachInMbox(ctx context.Context, path string, visit visitor) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // it was only read
	in := bufio.NewReaderSize(f, 256<<10)
	for n := 1; ctx.Err() == nil; n++ {
		if err := pastLine(in); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		body := &mboxBody{in: in, start: true}
		if err := visit(keptMessage{where: fmt.Sprintf("message %d of the mbox", n), whole: true, body: body}); err != nil {
			return err
		}
		if _, err := io.Copy(io.Discard, body); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// pastLine reads to the end of the current line, which is the From line of a message.
func pastLine(in *bufio.Reader) error {
	for {
		_, err := in.ReadSlice('\n')
		if err != bufio.ErrBufferFull {
			return err
		}
	}
}

// mboxBody reads one message up to the next From line. It keeps one line, or a piece of a long
// line, in memory.
type mboxBody struct {
	in    *bufio.Reader
	piece []byte
	blank []byte // an empty line held back until the next line shows that the message goes on
	start bool   // the next octet begins a line
	err   error
}

func (b *mboxBody) Read(p []byte) (int, error) {
	for len(b.piece) == 0 && b.err == nil {
		b.next()
	}
	n := copy(p, b.piece)
	b.piece = b.piece[n:]
	if n == 0 {
		return 0, b.err
	}
	return n, nil
}

// next reads a piece. When the message goes on, an empty line that was held back comes before it.
func (b *mboxBody) next() {
	if b.start {
		if from, _ := b.in.Peek(len("From ")); string(from) == "From " {
			b.err = io.EOF
			return
		}
	}
	piece, err := b.in.ReadSlice('\n')
	if err != bufio.ErrBufferFull {
		b.err = err
	}
	if len(piece) == 0 {
		return
	}
	blank := b.start && len(bytes.TrimRight(piece, "\r\n")) == 0
	b.start = bytes.HasSuffix(piece, []byte("\n"))
	if !blank {
		b.piece, b.blank = append(b.blank, piece...), nil
		return
	}
	b.piece, b.blank = b.blank, bytes.Clone(piece)
}
