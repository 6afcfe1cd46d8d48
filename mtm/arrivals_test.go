package mtm_test

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/edit"
	"pop3mtm/mtm"
	"pop3mtm/mtm/account"
	"pop3mtm/mtm/store"
)

// look returns what an entry tells, without where it is kept.
func look(e store.Entry) store.Entry {
	e.ID, e.Related, e.Body.Segment, e.Body.Offset, e.Parent, e.Service = 0, 0, 0, 0, 0, 0
	return e
}

func looks(entries []store.Entry) []store.Entry {
	var list []store.Entry
	for _, e := range entries {
		list = append(list, look(e))
	}
	return list
}

var _ = Describe("Get mail of messages that nobody has seen", func() {
	It("asks for no headers, and makes the entries that a refresh and a copy make", func() {
		b, old := newBench(nil, nil, mails(5), stay), newBench(nil, nil, mails(5), stay)
		b.mustDo(get(mtm.New, mtm.Copy, mtm.ThenDisconnect))
		Expect(b.commands()[7:]).To(Equal([]string{"RETR 5", "STAT", "RETR 4", "STAT", "RETR 3", "STAT", "RETR 2", "STAT", "RETR 1", "STAT", "QUIT"}))
		old.mustDo(mtm.Connect{})
		old.mustDo(get(mtm.New, mtm.Copy, mtm.WhileConnected))
		old.mustDo(mtm.Disconnect{})
		Expect(old.commands()).To(ContainElement("TOP 5 1"))
		Expect(looks(b.mailbox())).To(Equal(looks(old.mailbox())))
		Expect(looks(b.inbox())).To(Equal(looks(old.inbox())))
		Expect(uids(b.mailbox())).To(Equal([]string{"u5", "u4", "u3", "u2", "u1"}))
		for i, e := range b.inbox() {
			Expect(e.Related).To(Equal(b.mailbox()[i].ID))
			Expect(b.body(e.Related)).To(Equal(old.body(old.mailbox()[i].ID)))
		}
		b.sound()
	})

	It("shows what a move has fetched until the server has deleted it", func() {
		b := newBench(nil, nil, mails(3))
		b.srv.On(fakeserver.Match{Verb: "DELE", Args: "2"}, fakeserver.Auto.With(edit.Refuse("no"))).Once().Must()
		op, err := b.do(get(mtm.All, mtm.Move, mtm.StayOnline))
		Expect(err).To(HaveOccurred())
		Expect(op.Result().Deleted).To(Equal(2))
		Expect(uids(b.inbox())).To(Equal([]string{"u3", "u2", "u1"}))
		Expect(b.mailbox()).To(ConsistOf(And(HaveField("UID", "u2"), HaveField("Flags", store.New|store.Unread|store.Pending))))
	})

	It("takes them with what was left over, the newest first", func() {
		b := newBench(nil, nil, mails(3))
		b.mustDo(mtm.Connect{})
		b.mustDo(mtm.Disconnect{})
		Expect(b.drop.Deliver(mail(4))).To(Succeed())
		Expect(b.drop.Deliver(mail(5))).To(Succeed())
		op := b.mustDo(get(mtm.All, mtm.Copy, mtm.ThenDisconnect))
		Expect(uids(b.inbox())).To(Equal([]string{"u5", "u4", "u3", "u2", "u1"}))
		Expect(op.Result().Messages).To(HaveLen(5))
		Expect(b.mailbox()).To(HaveLen(5))
		for _, e := range b.inbox() {
			source, err := b.store.Entry(context.Background(), e.Related)
			Expect(err).NotTo(HaveOccurred())
			Expect(source.UID).To(Equal(e.UID))
		}
		b.sound()
	})

	It("asks for the headers of those that the server refuses, and names their entries", func() {
		b := newBench(nil, &mtm.Options{BatchMessages: 2}, mails(5), stay)
		for _, n := range []string{"2", "5"} {
			b.srv.On(fakeserver.Match{Verb: "RETR", Args: n}, fakeserver.Auto.With(edit.Refuse("no"))).Once().Must()
		}
		_, err := b.do(get(mtm.New, mtm.Copy, mtm.StayOnline))
		var failure *mtm.Error
		Expect(err).To(BeAssignableToTypeOf(failure))
		failure = err.(*mtm.Error) //nolint:errorlint,forcetypeassert // checked above
		Expect(uids(b.inbox())).To(Equal([]string{"u4", "u3", "u1"}))
		Expect(failure.Failed).To(HaveLen(2))
		for i, want := range []string{"u5", "u2"} {
			e, err := b.store.Entry(context.Background(), failure.Failed[i].ID)
			Expect(err).NotTo(HaveOccurred())
			Expect(e).To(And(HaveField("UID", want), HaveField("Flags", store.New|store.Unread|store.Pending)))
		}
		b.mustDo(get(mtm.New, mtm.Copy, mtm.WhileConnected))
		Expect(b.inbox()).To(HaveLen(5))
		Expect(b.mailbox()).To(HaveLen(5))
	})

	It("asks for the headers when there is no room for the messages, or a copy exists already", func() {
		b := newBench(nil, nil, mails(3), stay)
		b.mustDo(get(mtm.All, mtm.Copy, mtm.ThenDisconnect))
		batch := b.store.NewBatch()
		for _, e := range b.mailbox() {
			batch.Delete(e.ID)
		}
		Expect(batch.Commit(context.Background())).To(Succeed())
		op := b.mustDo(get(mtm.All, mtm.Copy, mtm.ThenDisconnect))
		Expect(op.Result().AlreadyThere).To(Equal(3))
		Expect(b.commands()).NotTo(ContainElement(HavePrefix("RETR")))
		Expect(b.inbox()).To(HaveLen(3))

		b = newBench(nil, nil, mails(3))
		Expect(b.drop.Deliver(long(5000))).To(Succeed())
		b.reopen(&store.Options{FreeSpace: func(string) (int64, error) { return 100 << 10, nil }})
		_, err := b.do(get(mtm.All, mtm.Copy, mtm.StayOnline))
		Expect(err).To(MatchError(mtm.ErrDiskFull))
		Expect(b.inbox()).To(BeEmpty())
		Expect(b.mailbox()).To(HaveLen(4))
		for _, e := range b.mailbox() {
			Expect(e.Flags.Has(store.Invisible)).To(BeFalse())
		}
	})

	It("asks for the headers of those above the limit, and of all from a server without UIDL", func() {
		b := newBench(nil, nil, mails(3))
		cmd := get(mtm.All, mtm.Copy, mtm.ThenDisconnect)
		cmd.MaxSize = int64(len(raw(2)))
		b.mustDo(cmd)
		Expect(b.commands()).To(ContainElements("TOP 3 1", "RETR 1", "RETR 2"))
		Expect(b.mailbox()).To(HaveLen(3))
		b = newBench(&fakeserver.Options{Without: []string{"UIDL"}}, nil, mails(3))
		b.mustDo(cmd)
		Expect(b.commands()).To(ContainElements("TOP 1 1", "TOP 2 1", "TOP 3 1", "RETR 1", "RETR 2"))
		Expect(b.inbox()).To(HaveLen(2))
	})

	It("leaves what the line broke before to the next session", func() {
		b := newBench(nil, &mtm.Options{BatchMessages: 2}, mails(5), stay, func(p *account.POP3) { p.SyncLimit = 4 })
		b.breakOff("RETR", "2", edit.CutAfter(100, edit.Reset))
		_, err := b.do(get(mtm.New, mtm.Copy, mtm.ThenDisconnect))
		Expect(err).To(MatchError(mtm.ErrDisconnected))
		Expect(uids(b.inbox())).To(Equal([]string{"u5", "u4", "u3"}))
		Expect(uids(b.mailbox())).To(Equal([]string{"u5", "u4", "u3", "u2"}))
		b.mustDo(get(mtm.New, mtm.Copy, mtm.ThenDisconnect))
		Expect(uids(b.inbox())).To(Equal([]string{"u5", "u4", "u3", "u2"}))
		Expect(uids(b.mailbox())).To(Equal([]string{"u5", "u4", "u3", "u2"}))
		b.sound()
	})
})
