package mtm_test

import (
	"bytes"
	"context"
	"fmt"
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

var _ = Describe("Get mail", func() {
	It("stores every message byte for byte", func() {
		b := newBench(nil, nil, mails(25))
		op := b.mustDo(get(mtm.All, mtm.Copy, mtm.ThenDisconnect))
		Expect(op.Result().Messages).To(HaveLen(25))
		total := 0
		for i := 1; i <= 25; i++ {
			total += len(raw(i))
		}
		Expect(op.Result().Octets).To(BeEquivalentTo(total))
		entries := b.inbox()
		Expect(entries).To(HaveLen(25))
		for i, e := range entries {
			Expect(e.UID).To(Equal(uid(25-i)), "newest first")
			Expect(b.body(e.ID)).To(Equal(raw(25 - i)))
			Expect(e.Flags).To(Equal(store.New | store.Unread | store.Complete))
			Expect(e.Email).To(Equal(store.BodyTextComplete))
			Expect(e.Service).To(Equal(b.id))
			Expect(e.Size).To(BeEquivalentTo(len(raw(25 - i))))
		}
		Expect(b.drop.UIDs()).To(HaveLen(25))
		b.sound()
	})

	It("takes and leaves what each of the eighteen forms says", func() {
		for _, which := range []mtm.Which{mtm.New, mtm.Selection, mtm.All} {
			for _, take := range []mtm.Take{mtm.Copy, mtm.Move} {
				for _, link := range []mtm.Link{mtm.WhileConnected, mtm.StayOnline, mtm.ThenDisconnect} {
					By(fmt.Sprint(which, take, link))
					form(which, take, link)
				}
			}
		}
	})

	It("leaves out messages larger than the limit", func() {
		b := newBench(nil, nil, mails(3))
		cmd := get(mtm.All, mtm.Copy, mtm.ThenDisconnect)
		cmd.MaxSize = int64(len(raw(2)))
		b.mustDo(cmd)
		Expect(uids(b.inbox())).To(Equal([]string{"u2", "u1"}))
	})

	It("fetches the newest first, the oldest first, or a selection in its order", func() {
		retrs := func(b *bench) (list []string) {
			for _, c := range b.commands() {
				if strings.HasPrefix(c, "RETR") {
					list = append(list, c)
				}
			}
			return list
		}
		cmd := get(mtm.All, mtm.Copy, mtm.ThenDisconnect)
		for order, want := range map[mtm.Order][]string{
			mtm.NewestFirst: {"RETR 3", "RETR 2", "RETR 1"}, mtm.OldestFirst: {"RETR 1", "RETR 2", "RETR 3"},
		} {
			b := newBench(nil, nil, mails(3), stay)
			cmd.Order = order
			b.mustDo(cmd)
			Expect(retrs(b)).To(Equal(want))
			Expect(uids(b.mailbox())).To(Equal([]string{"u3", "u2", "u1"}))
			b = newBench(nil, nil, mails(3), stay)
			b.mustDo(mtm.Connect{})
			b.mustDo(mtm.Populate{Which: mtm.All, Order: order})
			b.mustDo(mtm.Disconnect{})
			Expect(retrs(b)).To(Equal(want))
		}
		b := newBench(nil, nil, mails(3), stay)
		b.mustDo(mtm.Connect{})
		ids := map[string]store.ID{}
		for _, e := range b.mailbox() {
			ids[e.UID] = e.ID
		}
		chosen := get(mtm.Selection, mtm.Move, mtm.WhileConnected)
		chosen.Messages = []store.ID{ids["u2"], ids["u3"], ids["u1"]}
		b.mustDo(chosen)
		b.mustDo(mtm.Disconnect{})
		Expect(b.commands()).To(ContainElements("DELE 3", "DELE 2", "DELE 1"))
		Expect(retrs(b)).To(Equal([]string{"RETR 2", "RETR 3", "RETR 1"}))
		Expect(uids(b.inbox())).To(Equal([]string{"u2", "u3", "u1"}))

		chosen.Order = mtm.OldestFirst
		Expect(b.box.InvokeSync(context.Background(), chosen)).To(MatchError(mtm.ErrArgument))
	})

	It("does nothing, and says so, when nothing matches", func() {
		b := newBench(nil, nil, nil)
		op := b.mustDo(get(mtm.New, mtm.Move, mtm.ThenDisconnect))
		Expect(op.Result()).To(Equal(mtm.Result{}))
		cmd := get(mtm.Selection, mtm.Copy, mtm.ThenDisconnect)
		b.mustDo(cmd)
	})

	It("does not store a message twice", func() {
		b := newBench(nil, nil, mails(3))
		b.mustDo(get(mtm.All, mtm.Copy, mtm.ThenDisconnect))
		Expect(b.drop.Deliver(mail(4))).To(Succeed())
		op := b.mustDo(get(mtm.All, mtm.Copy, mtm.ThenDisconnect))
		Expect(op.Result().AlreadyThere).To(Equal(3))
		Expect(uids(b.inbox())).To(Equal([]string{"u3", "u2", "u1", "u4"}))
		op = b.mustDo(get(mtm.All, mtm.Move, mtm.ThenDisconnect))
		Expect(op.Result().Deleted).To(Equal(4))
		Expect(uids(b.inbox())).To(Equal([]string{"u3", "u2", "u1", "u4"}))
		Expect(b.drop.UIDs()).To(BeEmpty())
	})

	It("fetches again what was deleted here and is still on the server", func() {
		b := newBench(nil, nil, mails(1))
		b.mustDo(get(mtm.All, mtm.Copy, mtm.ThenDisconnect))
		batch := b.store.NewBatch()
		batch.Delete(b.inbox()[0].ID)
		Expect(batch.Commit(context.Background())).To(Succeed())
		b.mustDo(get(mtm.All, mtm.Copy, mtm.ThenDisconnect))
		Expect(b.inbox()).To(HaveLen(1))
	})

	It("takes as new only what arrived in this connection", func() {
		b := newBench(nil, nil, mails(2))
		b.mustDo(mtm.Connect{})
		b.mustDo(mtm.Disconnect{})
		Expect(b.drop.Deliver(mail(3))).To(Succeed())
		b.mustDo(get(mtm.New, mtm.Copy, mtm.ThenDisconnect))
		Expect(uids(b.inbox())).To(Equal([]string{"u3"}))
	})

	It("tells its progress with the numbers of the original", func() {
		b := newBench(nil, nil, mails(5))
		op, err := b.box.InvokeAsync(context.Background(), get(mtm.New, mtm.Move, mtm.ThenDisconnect))
		Expect(err).NotTo(HaveOccurred())
		seen := map[progress.Phase]bool{}
		for range op.Changed() {
			p := op.Progress()
			Expect(p.Phase).To(Equal(progress.MoveNewMail))
			Expect(p.MessagesToProcess).To(And(BeNumerically(">=", 0), BeNumerically("<=", p.TotalMessages)))
			seen[p.SubPhase] = true
		}
		Expect(op.Wait()).To(Succeed())
		Expect(op.Progress().SubPhase).To(Equal(progress.Disconnecting))
		Expect(op.Progress().Phase).To(BeEquivalentTo(10))
	})

	It("shows counts and sizes of a copy on an open line", func() {
		b := newBench(nil, nil, mails(4))
		b.mustDo(mtm.Connect{})
		op := b.mustDo(get(mtm.All, mtm.Copy, mtm.WhileConnected))
		var total int64
		for i := 1; i <= 4; i++ {
			total += int64(len(raw(i)))
		}
		last := int64(len(raw(1)))
		Expect(op.Progress()).To(Equal(progress.Snapshot{
			Phase: progress.Copying, SubPhase: progress.Copying, TotalMessages: 4, MessagesToProcess: 0,
			BytesDone: last, TotalBytes: last, TotalSize: total, Service: int64(b.id),
		}))
	})

	It("shows the octets of a large message as they come, in ten steps and more", func() {
		const size = 400 << 10
		b := newBench(nil, nil, []maildrop.Message{maildrop.Bytes("large", bytes.Repeat([]byte("0123456789abcde\r\n"), size/17))})
		b.mustDo(mtm.Connect{})
		b.srv.On(fakeserver.Match{Verb: "RETR"}, fakeserver.Auto.With(edit.CutAfter(size*55/100, edit.Stall)))
		op, err := b.box.InvokeAsync(context.Background(), get(mtm.All, mtm.Copy, mtm.WhileConnected))
		Expect(err).NotTo(HaveOccurred())
		for range op.Changed() {
			if p := op.Progress(); p.BytesDone >= size*45/100 {
				Expect(p.BytesDone).To(BeNumerically("<=", size*55/100))
				break
			}
		}
		op.Cancel()
		Expect(op.Wait()).To(MatchError(mtm.ErrCancelled))
	})

	It("uses many small commits as well as one large one", func() {
		for _, batch := range []int{1, 2, 7, 1000} {
			b := newBench(nil, &mtm.Options{BatchMessages: batch}, mails(15))
			b.mustDo(get(mtm.All, mtm.Move, mtm.ThenDisconnect))
			Expect(b.inbox()).To(HaveLen(15))
			Expect(b.drop.UIDs()).To(BeEmpty())
			b.sound()
		}
	})
})

// form runs one of the eighteen on three messages of which the third is new.
func form(which mtm.Which, take mtm.Take, link mtm.Link) {
	GinkgoHelper()
	b := newBench(nil, nil, mails(2), func(p *account.POP3) { p.DisconnectedMode = true })
	b.mustDo(mtm.Connect{})
	b.mustDo(mtm.Disconnect{})
	Expect(b.drop.Deliver(mail(3))).To(Succeed())
	cmd := get(which, take, link)
	if which == mtm.Selection {
		cmd.Messages = []store.ID{b.mailbox()[0].ID} // u2, the newest then
	}
	if link == mtm.WhileConnected {
		b.mustDo(mtm.Connect{})
	}
	b.mustDo(cmd)
	want := map[mtm.Which][]string{mtm.New: {"u3"}, mtm.Selection: {"u2"}, mtm.All: {"u3", "u2", "u1"}}[which]
	Expect(uids(b.inbox())).To(Equal(want))
	Expect(b.box.Connected()).To(Equal(link != mtm.ThenDisconnect))
	b.mustDo(mtm.Disconnect{})
	left := 3
	if take == mtm.Move {
		left -= len(want)
		Expect(b.drop.UIDs()).NotTo(ContainElements(want))
	}
	Expect(b.drop.UIDs()).To(HaveLen(left))
	Expect(b.mailbox()).To(HaveLen(left))
}
