package mtm_test

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/edit"
	"pop3mtm/fakeserver/maildrop"
	"pop3mtm/mtm"
	"pop3mtm/mtm/account"
	"pop3mtm/mtm/store"
)

var _ = Describe("Refreshing the mailbox", func() {
	stay := func(p *account.POP3) { p.DisconnectedMode = true }
	limit := func(n int) change { return func(p *account.POP3) { p.SyncLimit = n } }
	session := func(b *bench) {
		GinkgoHelper()
		b.mustDo(mtm.Connect{})
		b.mustDo(mtm.Disconnect{})
	}

	It("fetches a header once only", func() {
		b := newBench(nil, nil, mails(3), stay)
		session(b)
		session(b)
		Expect(b.commands()).NotTo(ContainElement(HavePrefix("TOP")))
		Expect(b.mailbox()).To(HaveLen(3))
		Expect(b.mailbox()[0].Flags).To(Equal(store.Unread), "New means arrived in this connection")
	})

	It("follows what was deleted and delivered elsewhere, whatever the numbers", func() {
		b := newBench(nil, nil, mails(4), stay)
		session(b)
		Expect(b.drop.Remove("u1", "u3")).To(Succeed())
		Expect(b.drop.Deliver(mail(5))).To(Succeed())
		session(b)
		Expect(uids(b.mailbox())).To(ConsistOf("u2", "u4", "u5"))
		b.mustDo(get(mtm.All, mtm.Copy, mtm.ThenDisconnect))
		for _, e := range b.inbox() {
			Expect(b.body(e.ID)).To(Equal(raw(int(e.UID[1] - '0'))))
		}
	})

	It("an empty mailbox empties the list here, copies stay", func() {
		b := newBench(nil, nil, mails(2), stay)
		b.mustDo(get(mtm.All, mtm.Copy, mtm.ThenDisconnect))
		Expect(b.drop.Remove("u1", "u2")).To(Succeed())
		session(b)
		Expect(b.mailbox()).To(BeEmpty())
		Expect(b.inbox()).To(HaveLen(2))
	})

	It("keeps the newest N with a sync limit, and fetches older ones when it is raised", func() {
		b := newBench(nil, nil, mails(6), stay, limit(2))
		session(b)
		Expect(uids(b.mailbox())).To(Equal([]string{"u6", "u5"}))
		Expect(b.drop.Deliver(mail(7))).To(Succeed())
		session(b)
		Expect(uids(b.mailbox())).To(ConsistOf("u6", "u7"))
	})

	DescribeTable("never deletes entries because of a listing that contradicts itself",
		func(verb, reply string) {
			b := newBench(nil, nil, mails(3), stay)
			session(b)
			b.srv.On(fakeserver.Match{Verb: verb}, fakeserver.Auto.With(edit.Raw(reply))).Once().Must()
			_, err := b.do(mtm.Connect{})
			if err == nil {
				b.mustDo(mtm.Disconnect{})
			}
			Expect(b.mailbox()).To(HaveLen(3))
		},
		Entry("rows missing in UIDL (63)", "UIDL", "+OK\r\n1 u1\r\n.\r\n"),
		Entry("rows missing in LIST", "LIST", "+OK\r\n2 100\r\n.\r\n"),
		Entry("a row twice in LIST", "LIST", "+OK\r\n1 10\r\n1 10\r\n2 10\r\n3 10\r\n.\r\n"),
		Entry("a row twice in UIDL", "UIDL", "+OK\r\n1 u1\r\n1 u2\r\n2 u2\r\n3 u3\r\n.\r\n"),
		Entry("a UID missing (49)", "UIDL", "+OK\r\n1 u1\r\n2\r\n3 u3\r\n.\r\n"),
		Entry("STAT too large", "STAT", "+OK 30 1000\r\n"),
		Entry("STAT negative (58)", "STAT", "+OK -1 1000\r\n"),
		Entry("STAT refused", "STAT", "-ERR no\r\n"),
		Entry("UIDL failing for now (61)", "UIDL", "-ERR [SYS/TEMP] later\r\n"),
	)

	It("does not do without UIDs that the server has, only not now (61)", func() {
		b := newBench(nil, nil, mails(3), stay)
		b.srv.On(fakeserver.Match{Verb: "UIDL"}, fakeserver.Auto.With(edit.Refuse("[SYS/TEMP] later"))).Once().Must()
		_, err := b.do(get(mtm.All, mtm.Copy, mtm.ThenDisconnect))
		Expect(err).To(MatchError(mtm.ErrServer))
		Expect(b.inbox()).To(BeEmpty())
		b.mustDo(get(mtm.All, mtm.Copy, mtm.ThenDisconnect))
		op := b.mustDo(get(mtm.All, mtm.Copy, mtm.ThenDisconnect))
		Expect(op.Result().AlreadyThere).To(Equal(3))
		Expect(b.inbox()).To(HaveLen(3))
	})

	It("matches UIDL and LIST by number in any order", func() {
		b := newBench(nil, nil, mails(3), stay)
		b.srv.On(fakeserver.Match{Verb: "UIDL"}, fakeserver.Auto.With(edit.Raw("+OK\r\n3 u3\r\n1 u1\r\n2 u2\r\n.\r\n"))).Must()
		session(b)
		b.mustDo(get(mtm.All, mtm.Copy, mtm.ThenDisconnect))
		for _, e := range b.inbox() {
			Expect(b.body(e.ID)).To(Equal(raw(int(e.UID[1] - '0'))))
		}
	})

	It("matches duplicate UIDs one to one (50)", func() {
		b := newBench(nil, nil, mails(3), stay)
		b.srv.On(fakeserver.Match{Verb: "UIDL"}, fakeserver.Auto.With(edit.Raw("+OK\r\n1 same\r\n2 same\r\n3 u3\r\n.\r\n")))
		b.mustDo(get(mtm.All, mtm.Copy, mtm.ThenDisconnect))
		Expect(b.inbox()).To(HaveLen(3))
		op := b.mustDo(get(mtm.All, mtm.Copy, mtm.ThenDisconnect))
		Expect(op.Result().AlreadyThere).To(Equal(3))
		Expect(b.mailbox()).To(HaveLen(3))
	})

	It("without UIDL tells messages apart by Message-ID and size", func() {
		b := newBench(&fakeserver.Options{Without: []string{"UIDL"}}, nil, mails(3), stay)
		b.mustDo(get(mtm.All, mtm.Copy, mtm.ThenDisconnect))
		Expect(b.inbox()).To(HaveLen(3))
		Expect(b.drop.Remove("u1")).To(Succeed())
		Expect(b.drop.Deliver(mail(4))).To(Succeed())
		op := b.mustDo(get(mtm.All, mtm.Copy, mtm.ThenDisconnect))
		Expect(op.Result().AlreadyThere).To(Equal(2))
		Expect(b.mailbox()).To(HaveLen(3))
		Expect(b.inbox()).To(HaveLen(4))
		b.sound()
	})

	It("does not do without UIDs that the server has told or lists, and the setting ignore-uidl does", func() {
		for _, unlisted := range []bool{false, true} {
			var o *fakeserver.Options
			if unlisted {
				o = &fakeserver.Options{Capabilities: []string{"TOP"}}
			}
			b := newBench(o, nil, mails(3), stay)
			all := get(mtm.All, mtm.Copy, mtm.ThenDisconnect)
			again := func() {
				GinkgoHelper()
				Expect(b.mustDo(all).Result().AlreadyThere).To(Equal(3))
				Expect(b.mailbox()).To(HaveLen(3))
			}
			b.mustDo(all)
			b.srv.On(fakeserver.Match{Verb: "UIDL"}, fakeserver.Auto.With(edit.Refuse("gone"))).Must()
			for range 2 {
				_, err := b.do(all)
				Expect(err).To(MatchError(mtm.ErrServer))
				Expect(err).To(MatchError(And(ContainSubstring("UIDL: the server refused: gone"), ContainSubstring("set ignore-uidl"))))
			}
			ignore := func(yes bool) {
				GinkgoHelper()
				account, err := mtm.FindAccount(context.Background(), b.store, "work")
				Expect(err).NotTo(HaveOccurred())
				account.POP3.IgnoreUIDL = yes
				Expect(mtm.SetAccount(context.Background(), b.store, b.id, account.POP3)).To(Succeed())
			}
			ignore(true)
			again()
			Expect(b.drop.Deliver(mail(4))).To(Succeed())
			Expect(b.mustDo(all).Result().Messages).To(HaveLen(1))
			ignore(false)
			_, err := b.do(all)
			Expect(err).To(MatchError(mtm.ErrServer))
			Expect(b.inbox()).To(HaveLen(4))
			b.sound()
		}
	})

	DescribeTable("knows messages that come under other names by Message-ID and size, and their copies", func(o *fakeserver.Options, first, second edit.Edit) {
		b := newBench(o, nil, append(mails(3), maildrop.Bytes("u9", []byte("Subject: nameless\r\n\r\nx\r\n"))), stay)
		b.srv.On(fakeserver.Match{Verb: "UIDL"}, fakeserver.Auto.With(second))
		b.srv.On(fakeserver.Match{Verb: "UIDL", Session: 1}, fakeserver.Auto.With(first)).Must()
		all := get(mtm.All, mtm.Copy, mtm.ThenDisconnect)
		b.mustDo(all)
		Expect(b.inbox()).To(HaveLen(4))
		was := uids(b.mailbox())
		op := b.mustDo(all)
		Expect(op.Result().AlreadyThere).To(Equal(3))
		Expect(uids(b.inbox())).To(ContainElements(uids(b.mailbox())))
		for _, uid := range was {
			Expect(uids(b.mailbox())).NotTo(ContainElement(uid))
		}
		Expect(b.mustDo(all).Result().AlreadyThere).To(Equal(4))
		Expect(b.inbox()).To(HaveLen(5), "what has no Message-ID may be another message")
		Expect(b.mailbox()).To(HaveLen(4))
		b.sound()
	},
		Entry("all renamed (53)", nil, edit.Raw("+OK\r\n1 a\r\n2 b\r\n3 c\r\n4 d\r\n.\r\n"), edit.Raw("+OK\r\n1 e\r\n2 f\r\n3 g\r\n4 h\r\n.\r\n")),
		Entry("the server has learnt UIDL (56)", &fakeserver.Options{Capabilities: []string{"TOP"}}, edit.Refuse("what?"), edit.Edit(func(r edit.Reply) edit.Reply { return r })))

	It("without TOP reads the headers from whole messages (11)", func() {
		b := newBench(&fakeserver.Options{Without: []string{"TOP"}}, nil, mails(3), stay)
		session(b)
		Expect(b.mailbox()).To(HaveLen(3))
		Expect(b.mailbox()[0].Description).To(Equal("Letter 3"))
		Expect(b.body(b.mailbox()[0].ID)).To(Equal(raw(3)))
		Expect(b.mailbox()[0].Flags.Has(store.Complete)).To(BeFalse(), "behaviour section 4: Complete stays clear")
		b.mustDo(mtm.Connect{})
		op := b.mustDo(mtm.Populate{Which: mtm.Selection, Messages: []store.ID{b.mailbox()[0].ID}})
		Expect(op.Result().Messages).To(Equal([]store.ID{b.mailbox()[0].ID}))
		Expect(b.mailbox()[0].Flags.Has(store.Complete)).To(BeTrue())
		b.mustDo(get(mtm.All, mtm.Copy, mtm.WhileConnected))
		Expect(b.inbox()).To(HaveLen(3))
		Expect(b.body(b.inbox()[0].ID)).To(Equal(raw(3)))
		b.mustDo(mtm.Disconnect{})
		Expect(b.commands()).NotTo(ContainElement(HavePrefix("RETR")), "every message came with the first refresh")
		b.sound()
	})

	It("without TOP keeps nothing of the message that the line breaks in", func() {
		b := newBench(&fakeserver.Options{Without: []string{"TOP"}}, nil, mails(3), stay)
		b.breakOff("RETR", "2", edit.CutAfter(120, edit.Close))
		_, err := b.do(mtm.Connect{})
		Expect(err).To(MatchError(mtm.ErrDisconnected))
		b.sound()
		session(b)
		Expect(b.mailbox()).To(HaveLen(3))
	})

	It("asks for the whole message when one TOP is refused, and counts what is refused as well", func() {
		b := newBench(nil, nil, mails(3), stay)
		b.srv.On(fakeserver.Match{Verb: "TOP", Args: "2 1"}, fakeserver.Auto.With(edit.Refuse("no"))).Must()
		session(b)
		Expect(b.mailbox()).To(HaveLen(3))
		b = newBench(nil, nil, mails(3), stay)
		b.srv.On(fakeserver.Match{Verb: "TOP", Args: "2 1"}, fakeserver.Auto.With(edit.Refuse("no"))).Must()
		b.srv.On(fakeserver.Match{Verb: "RETR", Args: "2"}, fakeserver.Auto.With(edit.Refuse("no"))).Must()
		_, err := b.do(mtm.Connect{})
		Expect(err).To(MatchError(mtm.ErrTop))
		b.mustDo(get(mtm.All, mtm.Copy, mtm.WhileConnected))
		b.mustDo(mtm.Disconnect{})
		Expect(uids(b.inbox())).To(Equal([]string{"u3", "u1"}))
		Expect(b.commands()).To(ContainElement("QUIT"))
	})

	It("works on a server without pipelining", func() {
		b := newBench(&fakeserver.Options{Without: []string{"PIPELINING", "CAPA"}}, nil, mails(3))
		b.mustDo(get(mtm.All, mtm.Move, mtm.ThenDisconnect))
		Expect(b.inbox()).To(HaveLen(3))
	})
})
