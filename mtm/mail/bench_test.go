package mail_test

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"pop3mtm/mtm/mail"
)

// benchmarkMails returns a plain text of 8 KiB and a message with parts.
func benchmarkMails(b *testing.B) map[string][]byte {
	b.Helper()
	parts, err := os.ReadFile("../../fixtures/mail/attachments.eml")
	if err != nil {
		b.Fatal(err)
	}
	header := "Received: from a.example by b.example; Fri, 1 Mar 2024 10:00:00 +0100\r\nFrom: Ada <ada@example.org>\r\n" +
		"To: Ben <ben@example.org>\r\nSubject: A subject\r\nDate: Fri, 1 Mar 2024 09:59:58 +0100\r\nMessage-ID: <1@example.org>\r\n\r\n"
	return map[string][]byte{
		"plain": []byte(header + strings.Repeat("A line of a text as people write it, of seventy octets or a few more.\r\n", 115)),
		"parts": parts,
	}
}

// BenchmarkTraits is the scan while a message is stored.
func BenchmarkTraits(b *testing.B) {
	for name, raw := range benchmarkMails(b) {
		b.Run(name, func(b *testing.B) {
			s := mail.NewTraitScanner()
			b.SetBytes(int64(len(raw)))
			b.ReportAllocs()
			for b.Loop() {
				s.Reset()
				_, _ = s.Write(raw)
				s.End()
			}
		})
	}
}

// BenchmarkRead takes a message apart.
func BenchmarkRead(b *testing.B) {
	for name, raw := range benchmarkMails(b) {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(raw)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := mail.Read(bytes.NewReader(raw), mail.Options{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
