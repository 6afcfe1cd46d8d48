package mtm_test

import (
	"context"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/edit"
	"pop3mtm/fakeserver/maildrop"
	"pop3mtm/mtm"
	"pop3mtm/mtm/account"
	"pop3mtm/mtm/progress"
	"pop3mtm/mtm/store"
)

func stay(p *account.POP3) { p.DisconnectedMode = true }

// long returns a message of n body lines.
func long(n int) maildrop.Message {
	text := "From: a@example.org\r\nSubject: long\r\nMessage-ID: <long@example.org>\r\n\r\n" +
		strings.Repeat("a line of the long letter\r\n", n)
	return maildrop.Bytes("long", []byte(text))
}

var _ = Describe("Populate (behaviour section 5)", func() {
	It("fetches messages in place and leaves them on the server", func() {
		b := newBench(nil, nil, mails(3), stay)
		b.mustDo(mtm.Connect{})
		op := b.mustDo(mtm.Populate{Which: mtm.All})
		Expect(op.Result().Messages).To(HaveLen(3))
		Expect(op.Progress().Phase).To(Equal(progress.Populating))
		for _, e := range b.mailbox() {
			Expect(b.body(e.ID)).To(Equal(raw(int(e.UID[1] - '0'))))
			Expect(e.Flags).To(Equal(store.New|store.Unread|store.Complete), "populate leaves New")
			Expect(e.Email).To(Equal(store.BodyTextComplete))
			Expect(e.Size).To(BeEquivalentTo(len(raw(int(e.UID[1]-'0')))), "Size stays that of the wire")
		}
		Expect(b.inbox()).To(BeEmpty())
		b.mustDo(mtm.Disconnect{})
		Expect(b.drop.UIDs()).To(HaveLen(3))
		b.sound()
	})

	It("passes over what is complete", func() {
		b := newBench(nil, nil, mails(2), stay)
		b.mustDo(mtm.Connect{})
		b.mustDo(mtm.Populate{Which: mtm.Selection, Messages: []store.ID{b.mailbox()[0].ID}})
		op := b.mustDo(mtm.Populate{Which: mtm.All})
		Expect(op.Result().AlreadyThere).To(Equal(1))
		b.mustDo(mtm.Disconnect{})
		Expect(b.commands()).To(ContainElements("RETR 2", "RETR 1"))
		Expect(strings.Join(b.commandsBut("STAT"), ",")).To(HaveSuffix(",TOP 1 1,RETR 2,RETR 1,QUIT"))
	})

	It("a copy of a populated message does not ask the server again", func() {
		b := newBench(nil, nil, mails(2), stay)
		b.mustDo(mtm.Connect{})
		b.mustDo(mtm.Populate{Which: mtm.All})
		b.mustDo(get(mtm.All, mtm.Move, mtm.WhileConnected))
		b.mustDo(mtm.Disconnect{})
		Expect(b.inbox()).To(HaveLen(2))
		for _, e := range b.inbox() {
			Expect(b.body(e.ID)).To(Equal(raw(int(e.UID[1] - '0'))))
		}
		Expect(strings.Count(strings.Join(b.commands(), " "), "RETR")).To(Equal(2))
		Expect(b.drop.UIDs()).To(BeEmpty())
		b.sound()
	})

	It("of new messages takes those of this connection only", func() {
		b := newBench(nil, nil, mails(2), stay)
		b.mustDo(mtm.Connect{})
		b.mustDo(mtm.Disconnect{})
		Expect(b.drop.Deliver(mail(3))).To(Succeed())
		b.mustDo(mtm.Connect{})
		op := b.mustDo(mtm.Populate{Which: mtm.New})
		Expect(op.Result().Messages).To(HaveLen(1))
	})

	It("by lines marks a message that has more as complete in part", func() {
		b := newBench(nil, nil, []maildrop.Message{long(500), mail(1)}, stay)
		b.mustDo(mtm.Connect{})
		op := b.mustDo(mtm.Populate{Which: mtm.All, Top: true, Lines: 10})
		Expect(op.Progress().Phase).To(Equal(progress.TopPopulating))
		for _, e := range b.mailbox() {
			partial := e.UID == "long"
			Expect(e.Flags.Has(store.Complete)).To(BeTrue())
			Expect(e.Email.Has(store.BodyTextComplete)).To(BeTrue())
			Expect(e.Email.Has(store.PartialDownload)).To(Equal(partial))
			Expect(e.Flags.Has(store.New)).To(Equal(!partial))
			if partial {
				Expect(strings.Count(string(b.body(e.ID)), "a line of")).To(Equal(10))
			}
		}
		op = b.mustDo(mtm.Populate{Which: mtm.All, Top: true, Lines: 20})
		Expect(op.Result().AlreadyThere).To(Equal(2), "complete in part is passed over by TOP")
		op = b.mustDo(mtm.Populate{Which: mtm.All})
		Expect(op.Result().Messages).To(HaveLen(1), "and fetched again as a whole")
		for _, e := range b.mailbox() {
			Expect(e.Email.Has(store.PartialDownload)).To(BeFalse())
			Expect(e.Body.Kind).To(Equal(store.BodyWhole))
		}
		b.sound()
	})

	It("a refused message keeps its header, the rest go on", func() {
		b := newBench(nil, nil, mails(3), stay)
		b.srv.On(fakeserver.Match{Verb: "RETR", Args: "2"}, fakeserver.Auto.With(edit.Refuse("no"))).Must()
		b.mustDo(mtm.Connect{})
		_, err := b.do(mtm.Populate{Which: mtm.All})
		Expect(err).To(MatchError(mtm.ErrServer))
		Expect(b.box.Connected()).To(BeTrue())
		for _, e := range b.mailbox() {
			Expect(e.Flags.Has(store.Complete)).To(Equal(e.UID != "u2"))
		}
	})

	It("survives the message's deletion elsewhere when it is to be kept", func() {
		for _, keep := range []bool{true, false} {
			b := newBench(nil, nil, mails(2), stay)
			b.mustDo(mtm.Connect{})
			b.mustDo(mtm.Populate{Which: mtm.All})
			b.mustDo(mtm.Disconnect{})
			var cmd mtm.Connect
			if keep {
				cmd.Keep = []store.ID{b.mailbox()[0].ID}
			}
			Expect(b.drop.Remove("u1", "u2")).To(Succeed())
			b.mustDo(cmd)
			if keep {
				Expect(uids(b.mailbox())).To(Equal([]string{"u2"}))
			} else {
				Expect(b.mailbox()).To(BeEmpty())
			}
		}
	})
})

var _ = Describe("Delete (behaviour section 5)", func() {
	It("removes messages from the server at QUIT, and their entries", func() {
		b := newBench(nil, nil, mails(3))
		b.mustDo(mtm.Connect{})
		entries := b.mailbox()
		op := b.mustDo(mtm.Delete{Messages: []store.ID{entries[2].ID, entries[0].ID}})
		Expect(op.Result().Deleted).To(Equal(2))
		Expect(op.Progress()).To(Equal(progress.Snapshot{
			Phase: progress.Deleting, SubPhase: progress.Deleting, TotalMessages: 2, Service: int64(b.id),
		}))
		Expect(uids(b.mailbox())).To(Equal([]string{"u2"}))
		Expect(b.drop.UIDs()).To(HaveLen(3), "not before QUIT")
		b.mustDo(mtm.Disconnect{})
		Expect(b.drop.UIDs()).To(Equal([]string{"u2"}))
		Expect(strings.Join(b.commands(), ",")).To(ContainSubstring("DELE 1,DELE 3"), "in the order of the selection")
	})

	It("keeps the entry of a message that the server refuses to delete", func() {
		b := newBench(nil, nil, mails(2))
		b.srv.On(fakeserver.Match{Verb: "DELE", Args: "1"}, fakeserver.Auto.With(edit.Refuse("no"))).Must()
		b.mustDo(mtm.Connect{})
		_, err := b.do(mtm.Delete{Messages: []store.ID{b.mailbox()[0].ID, b.mailbox()[1].ID}})
		Expect(err).To(MatchError(mtm.ErrServer))
		Expect(uids(b.mailbox())).To(Equal([]string{"u1"}))
	})

	It("of nothing, or of what is not in the mailbox, does nothing", func() {
		b := newBench(nil, nil, mails(1))
		b.mustDo(get(mtm.All, mtm.Copy, mtm.StayOnline))
		b.mustDo(mtm.Delete{Messages: []store.ID{b.inbox()[0].ID, 999}})
		b.mustDo(mtm.Delete{})
		Expect(b.mailbox()).To(HaveLen(1))
		Expect(b.inbox()).To(HaveLen(1))
	})

	It("needs a connection", func() {
		b := newBench(nil, nil, mails(1))
		_, err := b.box.InvokeAsync(context.Background(), mtm.Delete{})
		Expect(err).To(MatchError(mtm.ErrDisconnected))
		_, err = b.box.InvokeAsync(context.Background(), mtm.Populate{Top: true, Lines: -1})
		Expect(err).To(MatchError(mtm.ErrArgument))
	})
})
