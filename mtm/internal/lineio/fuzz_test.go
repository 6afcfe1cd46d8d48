package lineio

import (
	"bytes"
	"errors"
	"io"
	"math"
	"testing"
)

func FuzzDotReader(f *testing.F) {
	for _, seed := range []string{
		"", ".", ".\r", ".\r\n", ".\n", "..\r\n.\r\n", "a\r\n.\r\nb", "a\n.\r\nb\r\n.\r\n", "a\n..\r\n\r\n.\n", "a\r\r\n.\rb\r\n.\r\n",
		"....\r\n..\r\n...a\n..\n..\n.\n.\r\n", "\r\n\r\n.\r\n", ".a\r\n..b\r\n.\r\n", "a.\r\n.\r\n+OK\r\n", "\x00\xff\r.\r\n.\r\n",
	} {
		f.Add([]byte(seed), []byte{1}, false, uint8(0))
		f.Add([]byte(seed), []byte{2, 0, 3}, true, uint8(5))
		f.Add(bytes.Repeat([]byte(seed), 20), []byte{200}, false, uint8(40))
	}
	f.Fuzz(func(t *testing.T, in, sizes []byte, bareLF bool, extra uint8) {
		status := "+OK\r\n"
		if bareLF {
			status = "+OK\n"
		}
		src := &pieces{in: append([]byte(status), in...), sizes: sizes}
		r := newReader(src, 8, 24+int(extra))
		if _, err := r.ReadLine(); err != nil {
			t.Fatal(err)
		}
		var w writes
		n, dstErr, err := r.CopyBody(&w, math.MaxInt64)
		body, used, ended := slowBody(in, bareLF)
		if !bytes.Equal(w.bytes(), body) || n != int64(len(body)) || dstErr != nil {
			t.Fatalf("%q came as %q, want %q (n %d, %v)", in, w.bytes(), body, n, dstErr)
		}
		if ended != (err == nil) || !ended && !errors.Is(err, io.EOF) {
			t.Fatalf("%q: ended %v, error %v", in, ended, err)
		}
		rest := append(bytes.Clone(r.buf[r.r:r.w]), src.in...)
		if ended && !bytes.Equal(rest, in[used:]) {
			t.Fatalf("%q: %q is left, want %q", in, rest, in[used:])
		}
	})
}

func FuzzReadLine(f *testing.F) {
	f.Add([]byte("+OK\r\n-ERR\n\r\n\n12345678\r\n123456789\r\n"), []byte{1})
	f.Add([]byte("\r\r\n\x00\xff\r"), []byte{3, 0})
	f.Fuzz(func(t *testing.T, in, sizes []byte) {
		const limit = 8
		r := newReader(&pieces{in: bytes.Clone(in), sizes: sizes}, limit, 24)
		for {
			line, err := r.ReadLine()
			i := bytes.IndexByte(in, '\n')
			want := bytes.TrimSuffix(in[:max(i, 0)], []byte("\r"))
			switch {
			case len(in) == 0:
				if err != io.EOF {
					t.Fatalf("at the end: %v", err)
				}
				return
			case i < 0 && len(in) <= limit+1:
				if err != io.ErrUnexpectedEOF {
					t.Fatalf("%q: %v", in, err)
				}
				return
			case i < 0 || len(want) > limit:
				if err != ErrLineTooLong {
					t.Fatalf("%q: %v", in, err)
				}
				return
			}
			if err != nil || !bytes.Equal(line, want) {
				t.Fatalf("%q came as %q, %v", in, line, err)
			}
			in = in[i+1:]
		}
	})
}
