package fakeserver_test

import (
	"errors"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/edit"
	"pop3mtm/fakeserver/maildrop"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("deleting", func() {
	var drop *fakeserver.Maildrop
	var srv *fakeserver.Server

	BeforeEach(func() {
		drop = three()
		srv = start(drop, nil)
	})

	It("happens at QUIT and not before", func() {
		p := login(srv)
		Expect(p.ask("DELE 1")).To(HavePrefix("+OK"))
		Expect(p.ask("DELE 3")).To(HavePrefix("+OK"))
		Expect(drop.UIDs()).To(Equal([]string{"a", "b", "c"}))
		Expect(p.ask("QUIT")).To(HavePrefix("+OK"))
		Expect(drop.UIDs()).To(Equal([]string{"b"}))
		Expect(drop.Locked()).To(BeFalse())
		Expect(p.rest()).To(BeEmpty())
		Expect(login(srv).ask("STAT")).To(Equal("+OK 1 22"))
	})

	It("does not happen when the line drops", func() {
		p := login(srv)
		Expect(p.ask("DELE 1")).To(HavePrefix("+OK"))
		Expect(p.Close()).To(Succeed())
		wait(srv)
		Expect(drop.UIDs()).To(Equal([]string{"a", "b", "c"}))
		Expect(drop.Locked()).To(BeFalse())
	})

	It("does not happen at a QUIT without line end (quirk 102)", func() {
		p := login(srv)
		p.say("DELE 1\r\nQUIT")
		Expect(p.line()).To(HavePrefix("+OK"))
		Expect(p.Close()).To(Succeed())
		wait(srv)
		Expect(drop.UIDs()).To(HaveLen(3))
	})

	It("does not happen when RSET took the marks away", func() {
		p := login(srv)
		p.say("DELE 1\r\nRSET\r\nDELE 2\r\nQUIT\r\n")
		p.rest()
		Expect(drop.UIDs()).To(Equal([]string{"a", "c"}))
	})

	It("does not happen when DELE or QUIT was refused by a rule", func() {
		srv.On(fakeserver.Match{Verb: "DELE", Args: "1"}, fakeserver.Auto.With(edit.Refuse("no"))).Must()
		srv.On(fakeserver.Match{Verb: "QUIT"}, fakeserver.Auto.With(edit.Refuse("no"))).Once().Must()
		p := login(srv)
		Expect(p.ask("DELE 1")).To(Equal("-ERR no"))
		Expect(p.ask("DELE 2")).To(HavePrefix("+OK"))
		Expect(p.ask("QUIT")).To(Equal("-ERR no"))
		Expect(drop.UIDs()).To(HaveLen(3))
		Expect(p.ask("STAT")).To(Equal("+OK 2 20"))
		Expect(p.ask("QUIT")).To(HavePrefix("+OK"))
		Expect(drop.UIDs()).To(Equal([]string{"a", "c"}))
	})

	It("happens when the reply to QUIT is lost on the way", func() {
		srv.On(fakeserver.Match{Verb: "QUIT"}, fakeserver.Auto.With(edit.CutAfter(3, edit.Close)))
		p := login(srv)
		p.say("DELE 1\r\nQUIT\r\n")
		Expect(p.rest()).To(HaveSuffix("deleted\r\n+OK"))
		Expect(drop.UIDs()).To(Equal([]string{"b", "c"}))
	})

	It("closes the connection after any +OK to QUIT", func() {
		srv.On(fakeserver.Match{Verb: "QUIT"}, fakeserver.Auto.With(edit.Raw("+OK\n")))
		p := login(srv)
		p.say("QUIT\r\nSTAT\r\nRETR 1\r\n")
		Expect(p.rest()).To(Equal("+OK\n"))
	})

	It("tells when a message could not be deleted", func() {
		srv = start(fakeserver.MaildropOf(stubborn{maildrop.Memory(drop.Messages()...)}), nil)
		p := login(srv)
		Expect(p.ask("DELE 1")).To(HavePrefix("+OK"))
		Expect(p.ask("QUIT")).To(HavePrefix("-ERR [SYS/TEMP]"))
		Expect(p.rest()).To(BeEmpty())
	})

	It("leaves the numbers of a session alone when mail comes and goes", func() {
		p := login(srv)
		Expect(drop.Deliver(maildrop.Bytes("d", []byte("x")), maildrop.Bytes("a", []byte("y")))).To(Succeed())
		Expect(drop.Remove("b")).To(Succeed())
		Expect(p.ask("STAT")).To(Equal("+OK 3 42"))
		Expect(p.ask("UIDL 3")).To(Equal("+OK 3 c"))
		Expect(p.ask("DELE 3")).To(HavePrefix("+OK"))
		Expect(p.ask("QUIT")).To(HavePrefix("+OK"))
		Expect(drop.UIDs()).To(Equal([]string{"a", "d", "a-2"}))
	})
})

// stubborn is a source that deletes nothing.
type stubborn struct{ *maildrop.MemorySource }

func (stubborn) Remove([]string) error { return errors.New("disk is read-only") }
