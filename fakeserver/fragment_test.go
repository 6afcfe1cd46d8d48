package fakeserver_test

import (
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/edit"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// pipe says something to a session on a pipe, goes when the server has nothing more
// to say, and returns what the server said.
func pipe(srv *fakeserver.Server, text string) string {
	GinkgoHelper()
	var all []byte
	for _, p := range writes(srv, text) {
		all = append(all, p...)
	}
	return string(all)
}

// writes returns what the server writes, one by one.
func writes(srv *fakeserver.Server, text string) []string {
	client, server := net.Pipe()
	ended := make(chan struct{})
	go func() {
		srv.ServeConn(server)
		close(ended)
	}()
	go func() { _, _ = io.WriteString(client, text+"QUIT\r\n") }()
	var all []string
	for p := make([]byte, 1<<20); ; {
		n, err := client.Read(p)
		if n > 0 {
			all = append(all, string(p[:n]))
		}
		if err != nil {
			_ = client.Close()
			<-ended
			return all
		}
	}
}

var _ = Describe("fragments", func() {
	It("cut all that a session sends", func() {
		for _, f := range fakeserver.Fragments() {
			srv := fakeserver.New(three(), &fakeserver.Options{Fragment: f, Without: []string{"APOP"}})
			got := writes(srv, "USER demo\r\nPASS demo\r\nRETR 1\r\n")
			Expect(srv.Close()).To(Succeed())
			lines := []string{"+OK POP3 server ready\r\n", "+OK send PASS\r\n", "+OK maildrop locked and ready\r\n",
				"+OK 10 octets\r\n", "A: 1\r\n", "\r\n", "\r\n", ".\r\n", "+OK bye\r\n"}
			switch f {
			case fakeserver.Whole:
				Expect(len(got)).To(BeNumerically("<", len(lines)))
			case fakeserver.ByLine:
				Expect(got).To(Equal(lines))
			case fakeserver.ByOctet:
				Expect(got).To(HaveEach(HaveLen(1)))
			}
		}
		Expect(fakeserver.ByOctet.String() + fakeserver.ByLine.String() + fakeserver.Whole.String()).To(Equal("by octetby linewhole"))
	})
})

func TestARuleMaySayAWordWhenTheTimerEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := fakeserver.New(three(), &fakeserver.Options{IdleTimeout: time.Minute})                       // QUIRK 90
		srv.On(fakeserver.Match{Verb: "TIMEOUT"}, fakeserver.Auto.With(edit.Raw("421 timeout\r\n"))).Once() // QUIRK 99
		srv.On(fakeserver.Match{Verb: "timeout", Session: 2}, fakeserver.Auto.With(edit.Raw(""), edit.ThenEnd(edit.Stall)))
		c := serve(t, srv)
		exchange(t, c, "", "421 timeout")
		if n, err := c.Read(make([]byte, 1)); n != 0 || err != io.EOF {
			t.Errorf("got %d octets and %v", n, err)
		}
		c = serve(t, srv)
		begin := time.Now()
		if err := c.SetReadDeadline(begin.Add(24 * time.Hour)); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Read(make([]byte, 1)); err == io.EOF {
			t.Errorf("closed after %v, in spite of the stall", time.Since(begin))
		}
		_ = c.Close()
		closeServer(t, srv)
		for i, want := range []string{"[inactivity timer expired]", "[ended by the server: stall]"} {
			l := srv.Transcripts()[i].Lines
			if got := l[len(l)-1]; got != want {
				t.Errorf("session %d ends with %q", i+1, got)
			}
		}
	})
}

func TestAMaildropStaysLockedAfterADrop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		drop := three()
		srv := fakeserver.New(drop, &fakeserver.Options{LockAfterDrop: 10 * time.Minute})
		_ = serve(t, srv).Close()
		synctest.Wait()
		if drop.Locked() {
			t.Error("a session that has ended still holds the maildrop")
		}
		c, server := net.Pipe()
		go srv.ServeConn(server)
		exchange(t, c, "", "+OK")
		exchange(t, c, "USER demo\r\n", "+OK")
		exchange(t, c, "PASS demo\r\n", "-ERR [IN-USE]")
		<-time.After(10*time.Minute - time.Nanosecond)
		exchange(t, c, "USER demo\r\n", "+OK")
		exchange(t, c, "PASS demo\r\n", "-ERR [IN-USE]")
		<-time.After(time.Nanosecond)
		exchange(t, c, "USER demo\r\n", "+OK")
		exchange(t, c, "PASS demo\r\n", "+OK")
		exchange(t, c, "QUIT\r\n", "+OK")
		exchange(t, serve(t, srv), "NOOP\r\n", "+OK")
		closeServer(t, srv)
	})
}
