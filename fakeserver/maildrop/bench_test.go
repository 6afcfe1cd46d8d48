package maildrop_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"pop3mtm/fakeserver/maildrop"
)

// BenchmarkFolder measures what a login and what a message costs that comes from a file and is kept
// in memory.
func BenchmarkFolder(b *testing.B) {
	const count = 1000
	dir := b.TempDir()
	for i := range count {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%d.eml", i)), []byte("A: b\n\nx\n"), 0o600); err != nil {
			b.Fatal(err)
		}
	}
	s, err := maildrop.OpenEML(dir)
	if err != nil {
		b.Fatal(err)
	}
	list, err := s.List()
	if err != nil {
		b.Fatal(err)
	}
	b.Run("list 1,000 again", func(b *testing.B) {
		for b.Loop() {
			if _, err := s.List(); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("open", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			m, err := list.At(i % count).Open()
			if err != nil {
				b.Fatal(err)
			}
			if err := m.Close(); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkMbox finds 1,000 messages of 8 KiB.
func BenchmarkMbox(b *testing.B) {
	const count = 1000
	var all bytes.Buffer
	for i := range count {
		all.WriteString("From x\n")
		all.Write(bytes.ReplaceAll(maildrop.SyntheticMessage(1, i+1, 8<<10), []byte("\r\n"), []byte("\n")))
		all.WriteString("\n")
	}
	path := filepath.Join(b.TempDir(), "mbox")
	if err := os.WriteFile(path, all.Bytes(), 0o600); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(all.Len()))
	for b.Loop() {
		if _, err := maildrop.OpenMbox(path); err != nil {
			b.Fatal(err)
		}
	}
}
