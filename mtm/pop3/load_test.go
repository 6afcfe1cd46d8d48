package pop3_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"pop3mtm/mtm/pop3"
)

// serveRuns answers CAPA with PIPELINING and every other command with reply, until QUIT. It flushes
// when no command waits, and never reads while it writes: the server that a careless pipelining
// client deadlocks with.
func serveRuns(conn net.Conn, buffer int, reply []byte) {
	defer conn.Close()
	in, out := bufio.NewReaderSize(conn, max(buffer, 16)), bufio.NewWriterSize(conn, buffer)
	_, _ = out.WriteString("+OK\r\n")
	for {
		if in.Buffered() == 0 {
			_ = out.Flush()
		}
		line, err := in.ReadSlice('\n')
		switch {
		case err != nil:
			return
		case bytes.HasPrefix(line, []byte("CAPA")):
			_, _ = out.WriteString("+OK\r\nPIPELINING\r\n.\r\n")
		case bytes.HasPrefix(line, []byte("QUIT")):
			_, _ = out.WriteString("+OK\r\n")
			_ = out.Flush()
			return
		case bytes.HasPrefix(line, []byte("STAT")):
			_, _ = out.WriteString("+OK 1000 1000\r\n")
		default:
			_, _ = out.Write(reply)
		}
	}
}

func bodyReply(octets int) []byte {
	return []byte("+OK\r\n" + strings.Repeat(strings.Repeat("x", 76)+"\r\n", octets/78) + ".\r\n")
}

// loopback returns a TCP pair with socket buffers of the given size; 0 selects the system's.
func loopback(t testing.TB, buffers int) (client, server net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if client, err = net.Dial("tcp", l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if server, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	if buffers > 0 {
		for _, c := range []net.Conn{client, server} {
			tcp := c.(*net.TCPConn)
			if err := tcp.SetReadBuffer(buffers); err != nil {
				t.Fatal(err)
			}
			if err := tcp.SetWriteBuffer(buffers); err != nil {
				t.Fatal(err)
			}
		}
	}
	return client, server
}

func dialRun(t testing.TB, conn net.Conn, o *pop3.Options) *pop3.Session {
	t.Helper()
	s, err := pop3.NewSession(context.Background(), conn, o)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Capa(context.Background()); err != nil {
		t.Fatal(err)
	}
	return s
}

func numbers(count int) []int {
	list := make([]int, count)
	for i := range list {
		list[i] = i + 1
	}
	return list
}

// counts is a sink that counts messages of one size.
type counts struct {
	messages int
	octets   int64
	size     int64
}

func (c *counts) Size(int) int64 { return c.size }

func (c *counts) Message(int) (io.Writer, error) { return io.Discard, nil }

func (c *counts) Done(_ int, octets int64, err error) error {
	c.messages++
	c.octets += octets
	return err
}

func TestNeitherSidesBuffersCanBlockARunForEver(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	for _, c := range []struct {
		name    string
		octets  int
		count   int
		options *pop3.Options
	}{
		{"bodies larger than every buffer", 40 << 10, 3, nil},
		{"a window far above the buffers", 78, 1500, &pop3.Options{Window: 100000, WindowBytes: 10 << 20}},
		{"tiny bodies", 0, 3000, nil},
	} {
		reply := bodyReply(c.octets)
		run := func(t *testing.T, client, server net.Conn) {
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				serveRuns(server, 16, reply)
			}()
			s := dialRun(t, client, c.options)
			var got counts
			if err := s.RetrAll(context.Background(), numbers(c.count), &got); err != nil {
				t.Fatal(err)
			}
			if got.messages != c.count || got.octets != int64(c.count)*int64(len(reply)-len("+OK\r\n.\r\n")) {
				t.Fatalf("got %+v", got)
			}
			if err := s.Quit(context.Background()); err != nil {
				t.Fatal(err)
			}
			<-ended
		}
		t.Run(c.name+", pipe", func(t *testing.T) {
			client, server := net.Pipe()
			run(t, client, server)
		})
		t.Run(c.name+", tiny socket buffers", func(t *testing.T) {
			client, server := loopback(t, 4096)
			run(t, client, server)
		})
	}
}

func TestARunGivenUpEndsBeforeTheNextMessageAndLeavesNoGoroutine(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	ctx, cancel := context.WithCancel(context.Background())
	client, server := net.Pipe()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		serveRuns(server, 16, bodyReply(10000))
	}()
	s := dialRun(t, client, nil)
	err := s.RetrAll(ctx, numbers(1000), &cancels{cancel: cancel, after: 300})
	if err == nil || err.Error() != "cancelled during RETR 301: context canceled" {
		t.Fatal(err)
	}
	<-ended
}

type cancels struct {
	counts
	cancel context.CancelFunc
	after  int
}

func (c *cancels) Done(n int, octets int64, err error) error {
	if n == c.after {
		c.cancel()
	}
	return c.counts.Done(n, octets, err)
}

func BenchmarkRetrAll(b *testing.B) {
	for _, octets := range []int{0, 2 << 10, 8 << 10, 1 << 20} {
		b.Run(fmt.Sprintf("%dKiB", octets>>10), func(b *testing.B) {
			client, server := loopback(b, 0)
			reply := bodyReply(octets)
			go serveRuns(server, 256<<10, reply)
			s := dialRun(b, client, nil)
			list := numbers(1000)
			b.SetBytes(int64(len(reply) * len(list)))
			b.ReportAllocs()
			for b.Loop() {
				if err := s.RetrAll(context.Background(), list, &counts{size: int64(len(reply) - len("+OK\r\n.\r\n"))}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(len(list)*b.N)/b.Elapsed().Seconds(), "messages/s")
			_ = s.Quit(context.Background())
		})
	}
}

func BenchmarkUidl(b *testing.B) {
	var reply bytes.Buffer
	reply.WriteString("+OK\r\n")
	const rows = 10000
	for i := range rows {
		fmt.Fprintf(&reply, "%d 0123456789abcdef%016x\r\n", i+1, i)
	}
	reply.WriteString(".\r\n")
	client, server := loopback(b, 0)
	go serveRuns(server, 256<<10, reply.Bytes())
	s := dialRun(b, client, nil)
	b.SetBytes(int64(reply.Len()))
	b.ReportAllocs()
	for b.Loop() {
		if list, err := s.Uidl(context.Background()); err != nil || len(list) != rows {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(rows*b.N)/b.Elapsed().Seconds(), "rows/s")
	_ = s.Quit(context.Background())
}
