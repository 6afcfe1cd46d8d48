package mtm_test

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/edit"
	"pop3mtm/mtm"
	"pop3mtm/mtm/account"
	"pop3mtm/mtm/progress"
	"pop3mtm/mtm/store"
)

var _ = Describe("Delete in disconnected mode (behaviour sections 5 and 6)", func() {
	queued := func(e store.Entry) bool {
		return e.Flags.Has(store.Operation) && e.Email.Operation() == store.OpDelete
	}
	session := func(b *bench) {
		GinkgoHelper()
		b.mustDo(mtm.Connect{})
		b.mustDo(mtm.Disconnect{})
	}

	It("waits offline, and is carried out when the next session ends", func() {
		b := newBench(nil, nil, mails(3), stay)
		session(b)
		entries := b.mailbox()
		op := b.mustDo(mtm.Delete{Messages: []store.ID{entries[0].ID, entries[2].ID, 999}})
		Expect(op.Progress().Phase).To(Equal(progress.Deleting))
		Expect(op.Progress().TotalMessages).To(Equal(2))
		Expect(b.mailbox()).To(HaveLen(3))
		Expect(queued(b.mailbox()[0])).To(BeTrue())
		Expect(b.drop.UIDs()).To(HaveLen(3))
		b.open(nil) // another process
		b.mustDo(mtm.Connect{})
		Expect(b.mailbox()).To(HaveLen(3), "not before the end of the session")
		b.mustDo(mtm.Disconnect{})
		Expect(uids(b.mailbox())).To(Equal([]string{"u2"}))
		Expect(b.drop.UIDs()).To(Equal([]string{"u2"}))
		Expect(b.commands()).To(ContainElements("DELE 1", "DELE 3", "QUIT"))
	})

	It("waits online too", func() {
		b := newBench(nil, nil, mails(2), stay)
		b.mustDo(mtm.Connect{})
		b.mustDo(mtm.Delete{Messages: []store.ID{b.mailbox()[0].ID}})
		Expect(b.mailbox()).To(HaveLen(2))
		op := b.mustDo(mtm.Disconnect{})
		Expect(op.Progress().Phase).To(Equal(progress.Disconnecting))
		Expect(b.drop.UIDs()).To(Equal([]string{"u1"}))
	})

	It("is taken back by cancel", func() {
		b := newBench(nil, nil, mails(2), stay)
		session(b)
		ids := []store.ID{b.mailbox()[0].ID, b.mailbox()[1].ID}
		b.mustDo(mtm.Delete{Messages: ids})
		op := b.mustDo(mtm.CancelOffline{Messages: ids[:1]})
		Expect(op.Progress().Phase).To(BeEquivalentTo(16))
		session(b)
		Expect(uids(b.mailbox())).To(Equal([]string{"u2"}))
		Expect(b.mailbox()[0].Flags.Has(store.Operation)).To(BeFalse())
	})

	It("keeps a message out of copies, and out of the sync limit's reach", func() {
		b := newBench(nil, nil, mails(3), stay)
		session(b)
		b.mustDo(mtm.Delete{Messages: []store.ID{b.mailbox()[2].ID}})
		settings := func(p *account.POP3) { p.SyncLimit = 1 }
		a, err := mtm.FindAccount(context.Background(), b.store, "work")
		Expect(err).NotTo(HaveOccurred())
		settings(&a.POP3)
		Expect(mtm.SetAccount(context.Background(), b.store, a.ID, a.POP3)).To(Succeed())
		b.mustDo(mtm.Connect{})
		Expect(uids(b.mailbox())).To(Equal([]string{"u3", "u1"}))
		b.mustDo(get(mtm.All, mtm.Copy, mtm.WhileConnected))
		Expect(uids(b.inbox())).To(Equal([]string{"u3"}))
		b.mustDo(mtm.Disconnect{})
		Expect(b.drop.UIDs()).To(Equal([]string{"u2", "u3"}))
	})

	It("stays queued when the line breaks before the end, and when the server refuses", func() {
		b := newBench(nil, nil, mails(2), stay)
		session(b)
		b.mustDo(mtm.Delete{Messages: []store.ID{b.mailbox()[0].ID}})
		b.srv.On(fakeserver.Match{Verb: "DELE"}, fakeserver.Auto.With(edit.CutAfter(1, edit.Reset))).Once().Must()
		b.mustDo(mtm.Connect{})
		_, err := b.do(mtm.Disconnect{})
		Expect(err).To(MatchError(mtm.ErrDisconnected))
		Expect(queued(b.mailbox()[0])).To(BeTrue())
		b.srv.On(fakeserver.Match{Verb: "DELE"}, fakeserver.Auto.With(edit.Refuse("not now"))).Once().Must()
		b.mustDo(mtm.Connect{})
		_, err = b.do(mtm.Disconnect{})
		Expect(err).To(MatchError(mtm.ErrServer))
		Expect(queued(b.mailbox()[0])).To(BeTrue())
		session(b)
		Expect(b.drop.UIDs()).To(Equal([]string{"u1"}))
	})
})
