package fakeserver_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"testing"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/maildrop"
	"pop3mtm/fixtures"
	"pop3mtm/internal/budget"
)

const (
	benchCount = 10_000
	benchSize  = 8 << 10
)

// dialer is a net.Dialer or a tls.Dialer.
type dialer interface {
	DialContext(ctx context.Context, network, address string) (net.Conn, error)
}

// fetchAll logs in, pipelines one RETR for each message and throws the replies
// away.
func fetchAll(b *testing.B, dial dialer, addr string, command string, count int) int64 {
	c, err := dial.DialContext(b.Context(), "tcp", addr)
	if err != nil {
		b.Fatal(err)
	}
	sent := make(chan error, 1)
	go func() {
		commands := []byte("USER demo\r\nPASS demo\r\n")
		for n := 1; n <= count; n++ {
			commands = fmt.Appendf(commands, command+"\r\n", n)
		}
		_, failed := c.Write(append(commands, "QUIT\r\n"...))
		sent <- failed
	}()
	n, err := io.Copy(io.Discard, c)
	if err != nil {
		b.Fatal(err)
	}
	if err := <-sent; err != nil {
		b.Fatal(err)
	}
	if err := c.Close(); err != nil {
		b.Fatal(err)
	}
	return n
}

func memoryMail() []maildrop.Message {
	mail := make([]maildrop.Message, benchCount)
	for i := range mail {
		mail[i] = maildrop.Bytes(fmt.Sprint("m", i), maildrop.SyntheticMessage(1, i+1, benchSize))
	}
	return mail
}

// BenchmarkRetr fetches 10,000 messages of 8 KiB over loopback, all pipelined.
func BenchmarkRetr(b *testing.B) {
	b.Run("memory", func(b *testing.B) { benchFetch(b, fakeserver.NewMaildrop(memoryMail()...), "RETR %d") })
	b.Run("memory over TLS", func(b *testing.B) {
		srv, dial := startTLS(b, fakeserver.NewMaildrop(memoryMail()...))
		benchFetchFrom(b, srv, dial, "RETR %d")
	})
	b.Run("synthetic", func(b *testing.B) {
		source, err := maildrop.Synthetic(maildrop.SyntheticOptions{Count: benchCount, Size: benchSize})
		if err != nil {
			b.Fatal(err)
		}
		benchFetch(b, fakeserver.MaildropOf(source), "RETR %d")
	})
	b.Run("eml", func(b *testing.B) {
		dir := b.TempDir()
		for i := range benchCount {
			name := filepath.Join(dir, fmt.Sprintf("%05d.eml", i))
			if err := os.WriteFile(name, unixForm(i), 0o600); err != nil {
				b.Fatal(err)
			}
		}
		source, err := maildrop.OpenEML(dir)
		if err != nil {
			b.Fatal(err)
		}
		benchFetch(b, fakeserver.MaildropOf(source), "RETR %d")
	})
	b.Run("mbox", func(b *testing.B) {
		var all bytes.Buffer
		for i := range benchCount {
			fmt.Fprintf(&all, "From x\n%s\n", unixForm(i))
		}
		name := filepath.Join(b.TempDir(), "mbox")
		if err := os.WriteFile(name, all.Bytes(), 0o600); err != nil {
			b.Fatal(err)
		}
		source, err := maildrop.OpenMbox(name)
		if err != nil {
			b.Fatal(err)
		}
		benchFetch(b, fakeserver.MaildropOf(source), "RETR %d")
	})
}

// BenchmarkTop fetches the headers of 10,000 messages.
func BenchmarkTop(b *testing.B) {
	benchFetch(b, fakeserver.NewMaildrop(memoryMail()...), "TOP %d 0")
}

func unixForm(i int) []byte {
	return bytes.ReplaceAll(maildrop.SyntheticMessage(1, i+1, benchSize), []byte("\r\n"), []byte("\n"))
}

func benchFetch(b *testing.B, drop *fakeserver.Maildrop, command string) {
	benchFetchFrom(b, fakeserver.Start(b, drop, nil), &net.Dialer{}, command)
}

func benchFetchFrom(b *testing.B, srv *fakeserver.Server, dial dialer, command string) {
	start := budget.Processor()
	for b.Loop() {
		b.SetBytes(fetchAll(b, dial, srv.Addr(), command, benchCount))
	}
	b.ReportMetric((budget.Processor()-start).Seconds()*1000/float64(b.N), "cpu-ms/op")
	b.ReportMetric(float64(b.N*benchCount)/b.Elapsed().Seconds(), "messages/s")
}

// BenchmarkSession logs in, asks STAT and quits.
func BenchmarkSession(b *testing.B) {
	b.Run("clear", func(b *testing.B) {
		srv := fakeserver.Start(b, nil, nil)
		for b.Loop() {
			fetchAll(b, &net.Dialer{}, srv.Addr(), "STAT%.0d", 1)
		}
	})
	b.Run("TLS", func(b *testing.B) {
		srv, dial := startTLS(b, nil)
		for b.Loop() {
			fetchAll(b, dial, srv.Addr(), "STAT%.0d", 1)
		}
	})
}

func startTLS(b *testing.B, drop *fakeserver.Maildrop) (*fakeserver.Server, dialer) {
	ca := fixtures.NewCA()
	return fakeserver.StartTLS(b, drop, &fakeserver.Options{TLS: ca.Server()}),
		&tls.Dialer{Config: &tls.Config{RootCAs: ca.Pool(), MinVersion: tls.VersionTLS12}}
}

// BenchmarkStuff measures the path from memory to the write buffer alone.
func BenchmarkStuff(b *testing.B) {
	raw := maildrop.SyntheticMessage(1, 1, benchSize)
	drop := fakeserver.NewMaildrop(maildrop.Bytes("a", raw))
	srv := fakeserver.New(drop, &fakeserver.Options{TranscriptOctets: -1})
	client, server := net.Pipe()
	go srv.ServeConn(server)
	go func() { _, _ = io.Copy(io.Discard, client) }()
	if _, err := io.WriteString(client, "USER demo\r\nPASS demo\r\n"); err != nil {
		b.Fatal(err)
	}
	many := bytes.Repeat([]byte("RETR 1\r\n"), 100)
	b.SetBytes(int64(100 * len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := client.Write(many); err != nil {
			b.Fatal(err)
		}
	}
	b.StopTimer()
	if err := srv.Close(); err != nil {
		b.Fatal(err)
	}
}
