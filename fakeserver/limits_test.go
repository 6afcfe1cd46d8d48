package fakeserver_test

import (
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pop3mtm/fakeserver"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("the limit on lines", func() {
	It("holds inside AUTH too when it is set, and else is the one of AUTH", func() {
		long := strings.Repeat("A", 400)
		for limit, want := range map[int]string{300: "-ERR response too long", 0: "-ERR "} {
			p, _ := connect(start(three(), &fakeserver.Options{MaxLine: limit}))
			Expect(p.ask("AUTH PLAIN")).To(Equal("+ "))
			refusal := p.ask(long)
			Expect(refusal).To(HavePrefix(want))
			Expect(refusal == "-ERR response too long").To(Equal(limit != 0))
		}
		p, _ := connect(start(three(), &fakeserver.Options{MaxLine: 300, MaxResponse: 500}))
		Expect(p.ask("AUTH PLAIN")).To(Equal("+ "))
		Expect(p.ask(long)).NotTo(ContainSubstring("too long"))
		Expect(p.ask("USER " + long)).To(HavePrefix("-ERR command line too long"))
	})
})

var _ = Describe("the limit on sessions", func() {
	It("tells a client beyond it, which is no session, and lets the next one in when there is room", func() {
		srv := start(three(), &fakeserver.Options{MaxSessions: 2})
		a, b := login(srv), dial(srv)
		Expect(b.line()).To(HavePrefix("+OK"))
		Expect(dial(srv).rest()).To(Equal("-ERR [SYS/TEMP] too many sessions, try again later\r\n"))
		Expect(a.ask("QUIT")).To(HavePrefix("+OK"))
		Expect(a.Close()).To(Succeed())
		Expect(srv.WaitFor(GinkgoTB().Context(), fakeserver.Ended(1))).To(Succeed())
		_, greeting := connect(srv)
		Expect(greeting).To(HavePrefix("+OK"))
		Expect(srv.Sessions()).To(Equal(3))
	})
})

func TestRefusedLoginsAreDelayedAndCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := fakeserver.New(three(), &fakeserver.Options{DelayBadLogin: 2 * time.Second, MaxBadLogins: 3})
		for commands, want := range map[string]struct {
			refused int
			took    time.Duration
		}{
			"USER demo\r\nPASS no\r\nAPOP demo 0\r\nUSER demo\r\nPASS demo\r\nQUIT\r\n":                           {2, 4 * time.Second},
			"AUTH PLAIN AAA=\r\nAUTH PLAIN\r\n*\r\nUSER demo\r\nPASS x\r\nUSER demo\r\nPASS demo\r\n":             {3, 6 * time.Second},
			"RETR 1\r\nUSER\r\nUSER demo\r\nPASS demo\r\nPASS demo\r\nAUTH PLAIN AAA=\r\nAPOP demo 0\r\nQUIT\r\n": {5, 0},
		} {
			client, server := net.Pipe()
			go srv.ServeConn(server)
			go func() { _, _ = io.WriteString(client, commands) }() // the server may hang up before all is read
			begin := time.Now()
			said, err := io.ReadAll(client)
			if took := time.Since(begin); err != nil || took != want.took || strings.Count(string(said), "-ERR") != want.refused {
				t.Errorf("%q: after %v: %q, %v", commands, took, said, err)
			}
		}
		if err := srv.Close(); err != nil {
			t.Error(err)
		}
	})
}
