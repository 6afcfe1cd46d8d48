package main_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"
)

// A message of 1 GiB is served from a file, its octets counted, and the memory that the server
// process ever had in use is taken from the kernel.
func TestServingAMessageOfOneGiBTakesLittleMemory(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the peak of a process's memory is read from /proc")
	}
	g := NewWithT(t)
	const size = 1 << 30
	path := filepath.Join(t.TempDir(), "large.eml")
	g.Expect(writeLarge(path, size)).To(Succeed())

	p := start(t, "--quiet", "--eml", path)
	c, err := new(net.Dialer).DialContext(t.Context(), "tcp", p.address)
	g.Expect(err).NotTo(HaveOccurred())
	defer func() { g.Expect(c.Close()).To(Succeed()) }()
	g.Expect(c.SetDeadline(time.Now().Add(2 * time.Minute))).To(Succeed())
	_, err = io.WriteString(c, "USER demo\r\nPASS demo\r\nLIST 1\r\nRETR 1\r\nQUIT\r\n")
	g.Expect(err).NotTo(HaveOccurred())
	r := bufio.NewReaderSize(c, 1<<20)
	for _, want := range []string{"+OK ", "+OK ", "+OK ", fmt.Sprintf("+OK 1 %d\r\n", size), "+OK "} {
		g.Expect(r.ReadString('\n')).To(HavePrefix(want))
	}
	rest, err := io.Copy(io.Discard, r)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(rest).To(BeEquivalentTo(size+dotsInLarge+len(".\r\n+OK bye\r\n")), "the message, a second dot for each, the end")
	g.Expect(peakMemory(t, p.command.Process.Pid)).To(BeNumerically("<", 64<<20))
}

// dotsInLarge is how many lines of writeLarge begin with a dot.
const dotsInLarge = 2 * 100_000

// writeLarge writes a message of size octets: many short lines at both ends, and one line between
// them that is a hole in the file, so that it takes neither disk nor time.
func writeLarge(path string, size int64) error {
	lines := strings.Repeat(".a line that begins with a dot, and another\r\nthat does not\r\n", dotsInLarge/2)
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	_, err = f.WriteString("Subject: large\r\n\r\n" + lines)
	if err == nil {
		_, err = f.WriteAt([]byte("\r\n"+lines), size-int64(len(lines)+2))
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	return err
}

func peakMemory(t *testing.T, pid int) int64 {
	t.Helper()
	g := NewWithT(t)
	status, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	g.Expect(err).NotTo(HaveOccurred())
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kib, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
			g.Expect(err).NotTo(HaveOccurred())
			t.Logf("peak memory of the server: %d MiB", kib>>10)
			return kib << 10
		}
	}
	t.Fatal("the kernel does not tell VmHWM")
	return 0
}

// Ten million messages are listed, served and deleted in sessions of one server, and the memory
// that its process ever had in use is taken from the kernel.
func TestServingTenMillionMessagesTakesLittleMemory(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the peak of a process's memory is read from /proc")
	}
	g := NewWithT(t)
	p := start(t, "--quiet", "--synthetic", "10000000,size=lognormal:8KiB:1.5,mix=mail,arrive=1000,expire=1%,shuffle")
	// say gives the number of lines that the server sends after the login, and the first of them.
	say := func(commands string) (rows int, first string) {
		c, err := new(net.Dialer).DialContext(t.Context(), "tcp", p.address)
		g.Expect(err).NotTo(HaveOccurred())
		defer func() { g.Expect(c.Close()).To(Succeed()) }()
		g.Expect(c.SetDeadline(time.Now().Add(2 * time.Minute))).To(Succeed())
		_, err = io.WriteString(c, "USER demo\r\nPASS demo\r\nSTAT\r\n"+commands+"QUIT\r\n")
		g.Expect(err).NotTo(HaveOccurred())
		r := bufio.NewReaderSize(c, 1<<20)
		for range 4 {
			first, err = r.ReadString('\n')
			g.Expect(err).NotTo(HaveOccurred())
		}
		for buf := make([]byte, 1<<20); err == nil; {
			var n int
			n, err = r.Read(buf)
			rows += bytes.Count(buf[:n], []byte("\n"))
		}
		g.Expect(err).To(Equal(io.EOF))
		return rows, first
	}
	_, first := say("RETR 10000000\r\nTOP 9999999 1\r\n")
	g.Expect(first).To(HavePrefix("+OK 10000000 "))
	rows, _ := say("DELE 1\r\nDELE 5000000\r\nDELE 9000000\r\nUIDL\r\n")
	g.Expect(rows).To(BeNumerically(">", 9_890_000))
	_, first = say("RETR 9000000\r\n")
	g.Expect(first).To(MatchRegexp(`^\+OK 980[0-9]{4} `))
	g.Expect(peakMemory(t, p.command.Process.Pid)).To(BeNumerically("<", 64<<20))
}

// BenchmarkFirstRetr is the time from starting the program to the end of the first message of a
// mailbox of ten million.
func BenchmarkFirstRetr(b *testing.B) {
	for b.Loop() {
		p := start(b, "--quiet", "--synthetic", "10000000,size=lognormal:8KiB:1.5,mix=mail")
		c, err := new(net.Dialer).DialContext(b.Context(), "tcp", p.address)
		if err != nil {
			b.Fatal(err)
		}
		if _, err = io.WriteString(c, "USER demo\r\nPASS demo\r\nRETR 9999999\r\nQUIT\r\n"); err == nil {
			_, err = io.Copy(io.Discard, c)
		}
		if err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		_ = p.command.Process.Kill() // nothing is left to be done
		_ = p.command.Wait()
		_ = c.Close() // it was read to its end
		b.StartTimer()
	}
}
