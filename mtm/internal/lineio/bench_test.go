package lineio

import (
	"bytes"
	"io"
	"math"
	"strings"
	"testing"
)

// repeats serves the same octets over and over.
type repeats struct {
	b  []byte
	at int
}

func (r *repeats) Read(p []byte) (int, error) {
	n := copy(p, r.b[r.at:])
	r.at = (r.at + n) % len(r.b)
	return n, nil
}

func BenchmarkCopyBody(b *testing.B) {
	text := strings.Repeat(strings.Repeat("x", 76)+"\r\n", 105)
	for name, message := range map[string]string{
		"8KiB":        text,
		"8KiB-dots":   strings.Repeat(strings.Repeat("x", 76)+"\r\n..\r\n", 100),
		"1MiB":        strings.Repeat(text, 128),
		"short-lines": strings.Repeat("x\r\n", 2700),
	} {
		b.Run(name, func(b *testing.B) {
			wire := []byte("+OK\r\n" + message + ".\r\n")
			r := NewReader(&repeats{b: bytes.Repeat(wire, 100)}, 8<<10)
			b.SetBytes(int64(len(wire)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := r.ReadLine(); err != nil {
					b.Fatal(err)
				}
				if _, _, err := r.CopyBody(io.Discard, math.MaxInt64); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkReadLine(b *testing.B) {
	row := []byte("123456 0123456789abcdef0123456789abcdef\r\n")
	r := NewReader(&repeats{b: bytes.Repeat(row, 1000)}, 8<<10)
	b.SetBytes(int64(len(row)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := r.ReadLine(); err != nil {
			b.Fatal(err)
		}
	}
}
