package fakeserver_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/maildrop"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("memory", func() {
	// sparse makes a file that begins with text and goes on with NULs.
	sparse := func(name, text string, size int64) string {
		GinkgoHelper()
		path := filepath.Join(GinkgoT().TempDir(), name)
		Expect(os.WriteFile(path, []byte(text), 0o600)).To(Succeed())
		Expect(os.Truncate(path, size)).To(Succeed())
		return path
	}

	// allocated is all that is allocated while f runs, freed or not.
	allocated := func(f func()) uint64 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		f()
		runtime.ReadMemStats(&after)
		return after.TotalAlloc - before.TotalAlloc
	}

	// held is what is in use after a collection.
	held := func() int64 {
		var now runtime.MemStats
		runtime.GC()
		runtime.GC() // a pool gives up what it has at the second one
		runtime.ReadMemStats(&now)
		return int64(now.HeapAlloc)
	}

	DescribeTable("does not grow with the size of a message",
		func(open func(string) (maildrop.Source, error), name, text string, size, octets int64) {
			path := sparse(name, text, size)
			Expect(allocated(func() {
				source, err := open(path)
				Expect(err).NotTo(HaveOccurred())
				p := login(start(fakeserver.MaildropOf(source), nil))
				Expect(p.ask("RETR 1")).To(Equal(fmt.Sprintf("+OK %d octets", octets)))
				Expect(io.CopyN(io.Discard, p.in, octets)).To(Equal(octets))
				Expect(p.line()).To(Equal("."))
			})).To(BeNumerically("<", 16<<20))
		},
		Entry("a file of 128 MiB", maildrop.OpenEML, "m.eml", "A: b\n\n", int64(128<<20), int64(128<<20+4)),
		Entry("an mbox of 32 MiB", maildrop.OpenMbox, "mbox", "From x\nA: b\n\n", int64(32<<20), int64(32<<20-7+4)))

	It("does not grow with the length of a command", func() {
		p, _ := connect(start(three(), nil))
		block := bytes.Repeat([]byte("x"), 1<<20)
		Expect(allocated(func() {
			w := bufio.NewWriter(p)
			for range 64 {
				_, err := w.Write(block)
				Expect(err).NotTo(HaveOccurred())
			}
			Expect(w.Flush()).To(Succeed())
			Expect(p.ask("")).To(HavePrefix("-ERR"))
		})).To(BeNumerically("<", 8<<20))
	})

	It("is not taken by buffers of a session that waits for a command, even after mail from a file", func() {
		if runtime.GOOS == "windows" {
			Skip("a wait takes a small buffer there")
		}
		const sessions, octets = 100, 100_000
		source, err := maildrop.OpenEML(sparse("m.eml", "A: b\r\n\r\n", octets))
		Expect(err).NotTo(HaveOccurred())
		srv := start(fakeserver.MaildropOf(source), &fakeserver.Options{Shared: true})
		conns := make([]net.Conn, sessions)
		before := held()
		for i := range conns {
			p := login(srv)
			Expect(p.ask("RETR 1")).To(HavePrefix("+OK"))
			Expect(io.CopyN(io.Discard, p.in, octets+2)).To(BeNumerically(">", octets))
			Expect(p.line()).To(Equal("."))
			conns[i] = p.Conn
		}
		Expect(held()-before).To(BeNumerically("<", sessions*(8<<10)), "client and server together")
		runtime.KeepAlive(conns)
	})

	It("at the end of a session does not grow with the number of users", func() {
		ending := func(users int) uint64 {
			all := map[string]fakeserver.User{}
			for i := range users {
				all[fmt.Sprint("user", i)] = fakeserver.User{Password: "x"}
			}
			srv := start(three(), &fakeserver.Options{Users: all, TranscriptOctets: 1000})
			talk := func() { pipe(srv, "USER user1\r\nPASS x\r\nQUIT\r\n") }
			for range 100 { // until transcripts are dropped
				talk()
			}
			return allocated(func() {
				for range 100 {
					talk()
				}
			})
		}
		Expect(ending(5000)).To(BeNumerically("<", 2*ending(2)))
	})
})
