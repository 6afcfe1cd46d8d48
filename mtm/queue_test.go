package mtm_test

import (
	"context"
	"database/sql"
	"path/filepath"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	_ "modernc.org/sqlite"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/edit"
	"pop3mtm/mtm"
	"pop3mtm/mtm/account"
	"pop3mtm/mtm/progress"
	"pop3mtm/mtm/store"
)

var _ = Describe("What waits for the next session (behaviour section 6)", func() {
	var b *bench
	start := func(n int) {
		GinkgoHelper()
		b = newBench(nil, nil, mails(n), stay)
		b.session()
	}
	box := func(uid string) store.ID { GinkgoHelper(); return b.find(b.id, uid).ID }
	into := func(take mtm.Take, folder store.ID, uids ...string) mtm.GetMail {
		GinkgoHelper()
		g := mtm.GetMail{Which: mtm.Selection, Take: take, Link: mtm.WhileConnected, Into: folder}
		for _, uid := range uids {
			g.Messages = append(g.Messages, box(uid))
		}
		return g
	}
	op := func(uid string) store.EmailFlags { GinkgoHelper(); return b.find(b.id, uid).Email.Operation() }

	It("is a copy that shows a ghost, which the next session fills: the same entry", func() {
		start(3)
		o := b.mustDo(into(mtm.Copy, store.Inbox, "u2", "u1"))
		Expect(o.Progress()).To(And(HaveField("Phase", progress.Copying), HaveField("TotalMessages", 2), HaveField("MessagesToProcess", 0)))
		Expect(o.Result().Queued).To(Equal([]store.ID{box("u2"), box("u1")}))
		Expect(b.waiting()).To(Equal(map[string][]string{"u1": {"copy into 3"}, "u2": {"copy into 3"}}))
		Expect(op("u1")).To(Equal(store.OpCopyTo))
		ghost := b.find(store.Inbox, "u2")
		Expect(ghost).To(And(HaveField("Related", box("u2")), HaveField("Description", "Letter 2")))
		Expect(ghost.Flags.Has(store.Complete) || ghost.Flags.Has(store.Operation)).To(BeFalse())
		b.sound()
		b.open(nil) // another process
		o = b.mustDo(mtm.Connect{})
		Expect(o.Progress()).To(And(HaveField("Phase", progress.Copying), HaveField("TotalMessages", 2), HaveField("MessagesToProcess", 0)))
		Expect(o.Result().Messages).To(ConsistOf(ghost.ID, b.find(store.Inbox, "u1").ID))
		Expect(b.body(ghost.ID)).To(Equal(raw(2)))
		Expect(b.find(store.Inbox, "u2").Flags.Has(store.Complete)).To(BeTrue())
		Expect(b.waiting()).To(BeEmpty())
		Expect(op("u1")).To(Equal(store.OpNone))
		b.mustDo(mtm.Disconnect{})
		Expect(b.drop.UIDs()).To(HaveLen(3))
		b.sound()
	})

	It("of a move is copied at the beginning, and deleted at the end of the session", func() {
		start(3)
		b.mustDo(into(mtm.Move, store.Inbox, "u3"))
		Expect(op("u3")).To(Equal(store.OpMoveTo))
		b.mustDo(mtm.Connect{})
		Expect(uids(b.inbox())).To(Equal([]string{"u3"}))
		Expect(b.waiting()).To(Equal(map[string][]string{"u3": {"delete"}}))
		Expect(b.mustDo(mtm.Disconnect{}).Result().Deleted).To(Equal(1))
		Expect(b.drop.UIDs()).To(Equal([]string{"u1", "u2"}))
		Expect(b.mailbox()).To(HaveLen(2))
		Expect(b.inbox()[0].Related).To(BeZero())
		b.sound()
	})

	It("goes in order: populate, the beginnings, copy, move, and delete at the end", func() {
		start(5)
		b.mustDo(mtm.Delete{Messages: []store.ID{box("u1")}})
		b.mustDo(into(mtm.Move, store.Inbox, "u2"))
		b.mustDo(into(mtm.Copy, store.Inbox, "u3"))
		b.mustDo(mtm.Populate{Which: mtm.Selection, Messages: []store.ID{box("u4")}, Top: true, Lines: 1})
		b.mustDo(mtm.Populate{Which: mtm.Selection, Messages: []store.ID{box("u5")}})
		Expect(op("u4")).To(Equal(store.OpCopyWithin))
		b.session()
		commands := b.commandsBut("STAT") // which proves what came
		Expect(commands[len(commands)-8:]).To(Equal([]string{"RETR 5", "TOP 4 1", "RETR 3", "RETR 2", "TOP 1 0", "DELE 2", "DELE 1", "QUIT"}))
		Expect(b.find(b.id, "u5").Body.Kind).To(Equal(store.BodyWhole))
		Expect(b.find(b.id, "u4").Body.Kind).To(Equal(store.BodyPartial))
		Expect(b.waiting()).To(BeEmpty())
		b.sound()
	})

	It("asks the server once for a message that is wanted in several places", func() {
		start(2)
		bills := b.folder("Bills")
		b.mustDo(into(mtm.Copy, store.Inbox, "u1"))
		b.mustDo(into(mtm.Copy, bills, "u1", "u2"))
		b.mustDo(into(mtm.Move, store.Sent, "u1"))
		Expect(op("u1")).To(Equal(store.OpMultiple))
		b.session()
		Expect(b.commands()).To(ContainElements("RETR 1", "RETR 2", "DELE 1"))
		retrieved := 0
		for _, c := range b.commands() {
			if c == "RETR 1" {
				retrieved++
			}
		}
		Expect(retrieved).To(Equal(1))
		for _, place := range []store.ID{store.Inbox, bills, store.Sent} {
			Expect(b.body(b.find(place, "u1").ID)).To(Equal(raw(1)))
		}
		Expect(b.drop.UIDs()).To(Equal([]string{"u2"}))
		b.sound()
	})

	It("does at once what is whole here; of a move the delete waits", func() {
		start(3)
		b.mustDo(mtm.Connect{})
		b.mustDo(mtm.Populate{Which: mtm.All})
		b.mustDo(mtm.Disconnect{})
		o := b.mustDo(into(mtm.Copy, store.Inbox, "u1"))
		Expect(o.Result().Messages).To(HaveLen(1))
		Expect(b.waiting()).To(BeEmpty())
		b.mustDo(into(mtm.Move, store.Inbox, "u1", "u2"))
		Expect(b.waiting()).To(Equal(map[string][]string{"u1": {"delete"}, "u2": {"delete"}}))
		Expect(b.inbox()).To(HaveLen(2), "a copy that is there is not made again")
		b.session()
		Expect(b.commands()).NotTo(ContainElement(HavePrefix("RETR")))
		Expect(b.drop.UIDs()).To(Equal([]string{"u3"}))
	})

	DescribeTable("obeys the rules of conflict",
		func(want []string, after []string, commands ...func() mtm.Command) {
			start(2)
			for _, c := range commands {
				b.mustDo(c())
			}
			Expect(b.waiting()["u1"]).To(Equal(want))
			b.session()
			b.sound()
			Expect(b.waiting()).To(BeEmpty())
			Expect(b.drop.UIDs()).To(Equal(after))
			for _, place := range []store.ID{store.Inbox, store.Sent} {
				for _, e := range b.children(place) {
					Expect(b.body(e.ID)).To(Equal(raw(1)))
				}
				Expect(len(b.children(place))).To(BeNumerically("<=", 1))
			}
		},
		Entry("a move after a move copies", []string{"move into 3", "copy into 6"}, []string{"u2"},
			func() mtm.Command { return into(mtm.Move, store.Inbox, "u1") }, func() mtm.Command { return into(mtm.Move, store.Sent, "u1") }),
		Entry("a move after a delete copies", []string{"delete", "copy into 3"}, []string{"u2"},
			func() mtm.Command { return mtm.Delete{Messages: []store.ID{box("u1")}} }, func() mtm.Command { return into(mtm.Move, store.Inbox, "u1") }),
		Entry("a delete after a move is dropped", []string{"move into 3"}, []string{"u2"},
			func() mtm.Command { return into(mtm.Move, store.Inbox, "u1") }, func() mtm.Command { return mtm.Delete{Messages: []store.ID{box("u1")}} }),
		Entry("a delete after a delete is dropped", []string{"delete"}, []string{"u2"},
			func() mtm.Command { return mtm.Delete{Messages: []store.ID{box("u1")}} }, func() mtm.Command { return mtm.Delete{Messages: []store.ID{box("u1")}} }),
		Entry("a delete after a copy waits beside it", []string{"copy into 3", "delete"}, []string{"u2"},
			func() mtm.Command { return into(mtm.Copy, store.Inbox, "u1") }, func() mtm.Command { return mtm.Delete{Messages: []store.ID{box("u1")}} }),
		Entry("the same copy twice waits once", []string{"copy into 3"}, []string{"u1", "u2"},
			func() mtm.Command { return into(mtm.Copy, store.Inbox, "u1") }, func() mtm.Command { return into(mtm.Copy, store.Inbox, "u1") }),
		Entry("a move into the folder that a copy goes to adds the delete", []string{"copy into 3", "delete"}, []string{"u2"},
			func() mtm.Command { return into(mtm.Copy, store.Inbox, "u1") }, func() mtm.Command { return into(mtm.Move, store.Inbox, "u1") }),
		Entry("all of a message takes the place of its beginning", []string{"populate"}, []string{"u1", "u2"},
			func() mtm.Command {
				return mtm.Populate{Which: mtm.Selection, Messages: []store.ID{box("u1")}, Top: true, Lines: 1}
			},
			func() mtm.Command { return mtm.Populate{Which: mtm.Selection, Messages: []store.ID{box("u1")}} }),
		Entry("the beginning adds nothing to all of a message", []string{"populate"}, []string{"u1", "u2"},
			func() mtm.Command { return mtm.Populate{Which: mtm.Selection, Messages: []store.ID{box("u1")}} },
			func() mtm.Command {
				return mtm.Populate{Which: mtm.Selection, Messages: []store.ID{box("u1")}, Top: true, Lines: 1}
			}),
	)

	It("is refused without disconnected mode: not connected", func() {
		b = newBench(nil, nil, mails(1))
		b.session()
		for _, cmd := range []mtm.Command{into(mtm.Copy, store.Inbox, "u1"), mtm.Populate{Which: mtm.All}, mtm.Delete{}} {
			_, err := b.box.InvokeAsync(context.Background(), cmd)
			Expect(err).To(MatchError(mtm.ErrDisconnected))
			Expect(mtm.Code(err)).To(Equal(-36))
		}
		Expect(b.inbox()).To(BeEmpty())
	})

	It("is not queued online, deletes apart", func() {
		start(2)
		b.mustDo(mtm.Connect{})
		b.mustDo(into(mtm.Copy, store.Inbox, "u1"))
		Expect(b.waiting()).To(BeEmpty())
		Expect(b.find(store.Inbox, "u1").Body.Kind).To(Equal(store.BodyWhole))
	})

	It("is taken back by cancel with its ghost, online and offline", func() {
		start(3)
		b.mustDo(into(mtm.Copy, store.Inbox, "u1", "u2", "u3"))
		b.mustDo(mtm.Delete{Messages: []store.ID{box("u1")}})
		o := b.mustDo(mtm.CancelOffline{Messages: []store.ID{box("u1"), b.find(store.Inbox, "u3").ID}})
		Expect(o.Progress()).To(And(HaveField("Phase", progress.CancellingOfflineOps), HaveField("TotalMessages", 3)))
		Expect(uids(b.inbox())).To(Equal([]string{"u2"}))
		Expect(b.find(b.id, "u1").Flags.Has(store.Operation)).To(BeFalse())
		b.srv.On(fakeserver.Match{Verb: "RETR"}, fakeserver.Auto.With(edit.Refuse("not now"))).Once().Must()
		_, err := b.do(mtm.Connect{})
		Expect(err).To(MatchError(mtm.ErrServer))
		Expect(b.box.Connected()).To(BeTrue())
		b.mustDo(mtm.CancelOffline{Messages: []store.ID{box("u2")}})
		Expect(b.inbox()).To(BeEmpty())
		b.mustDo(mtm.Disconnect{})
		Expect(b.drop.UIDs()).To(HaveLen(3))
		b.sound()
	})

	It("is dropped when its ghost is deleted", func() {
		start(1)
		b.mustDo(into(mtm.Move, store.Inbox, "u1"))
		batch := b.store.NewBatch()
		batch.Delete(b.inbox()[0].ID)
		Expect(batch.Commit(context.Background())).To(Succeed())
		b.session()
		Expect(b.inbox()).To(BeEmpty())
		Expect(b.drop.UIDs()).To(HaveLen(1))
	})

	It("waits on when the server refuses it, and the rest goes on; its delete is held back", func() {
		start(3)
		b.mustDo(into(mtm.Copy, store.Inbox, "u1", "u2"))
		b.mustDo(mtm.Delete{Messages: []store.ID{box("u1")}})
		b.mustDo(into(mtm.Move, store.Inbox, "u3"))
		b.srv.On(fakeserver.Match{Verb: "RETR", Args: "1"}, fakeserver.Auto.With(edit.Refuse("not now"))).Once().Must()
		_, err := b.do(mtm.Connect{})
		Expect(err).To(MatchError(ContainSubstring(`1 message failed, the first is "u1"`)))
		b.mustDo(mtm.Disconnect{})
		Expect(b.drop.UIDs()).To(Equal([]string{"u1", "u2"}), "nothing is deleted that is not here")
		Expect(b.waiting()).To(Equal(map[string][]string{"u1": {"copy into 3", "delete"}}))
		b.session()
		Expect(b.drop.UIDs()).To(Equal([]string{"u2"}))
		Expect(b.inbox()).To(HaveLen(3))
	})

	It("waits on, all that is left of it, when the line breaks", func() {
		for _, batch := range []int{1, 1000} {
			b = newBench(nil, &mtm.Options{BatchMessages: batch}, mails(4), stay)
			b.session()
			b.mustDo(into(mtm.Copy, store.Inbox, "u1", "u2", "u3"))
			b.mustDo(into(mtm.Move, store.Sent, "u4"))
			b.breakOff("RETR", "2", edit.CutAfter(90, edit.Close))
			_, err := b.do(mtm.Connect{})
			Expect(err).To(MatchError(mtm.ErrDisconnected))
			Expect(b.box.Connected()).To(BeFalse())
			Expect(b.waiting()).To(Equal(map[string][]string{"u2": {"copy into 3"}, "u3": {"copy into 3"}, "u4": {"move into 6"}}))
			b.session()
			Expect(b.inbox()).To(HaveLen(3))
			Expect(b.drop.UIDs()).To(Equal([]string{"u1", "u2", "u3"}))
			b.sound()
		}
	})

	It("waits on when the answer to QUIT is lost: the next refresh knows", func() {
		for _, octets := range []int64{0, 3} { // before and after the server carried it out
			b = newBench(nil, nil, mails(3), stay)
			b.session()
			b.mustDo(into(mtm.Move, store.Inbox, "u1"))
			b.mustDo(mtm.Delete{Messages: []store.ID{box("u2")}})
			b.srv.On(fakeserver.Match{Verb: "QUIT"}, fakeserver.Auto.With(edit.CutAfter(octets, edit.Close))).Once().Must()
			b.mustDo(mtm.Connect{})
			_, err := b.do(mtm.Disconnect{})
			Expect(err).To(HaveOccurred())
			Expect(b.mailbox()).To(HaveLen(3))
			b.session()
			Expect(b.drop.UIDs()).To(Equal([]string{"u3"}))
			Expect(uids(b.mailbox())).To(Equal([]string{"u3"}))
			Expect(b.inbox()).To(HaveLen(1))
			b.sound()
		}
	})

	It("goes with a message that the server has lost, and Connect reports what was to come", func() {
		start(3)
		b.mustDo(into(mtm.Copy, store.Inbox, "u1"))
		b.mustDo(mtm.Delete{Messages: []store.ID{box("u2")}})
		Expect(b.drop.Remove("u1", "u2")).To(Succeed())
		_, err := b.do(mtm.Connect{})
		Expect(err).To(MatchError(ContainSubstring(`1 message failed, the first is "u1": cannot copy: the message is no longer on the server`)))
		Expect(b.inbox()).To(BeEmpty())
		Expect(b.box.Connected()).To(BeTrue())
		b.mustDo(mtm.Disconnect{})
		b.session()
		b.sound()
	})

	It("stays out of the sync limit's reach, and stays queued with a limit of 0", func() {
		start(3)
		b.mustDo(into(mtm.Copy, store.Inbox, "u1"))
		limit := func(n int) {
			a, err := mtm.FindAccount(context.Background(), b.store, "work")
			Expect(err).NotTo(HaveOccurred())
			a.POP3.SyncLimit = n
			Expect(mtm.SetAccount(context.Background(), b.store, a.ID, a.POP3)).To(Succeed())
		}
		limit(0)
		b.session()
		Expect(b.waiting()).To(HaveLen(1))
		limit(1)
		b.session()
		Expect(b.body(b.find(store.Inbox, "u1").ID)).To(Equal(raw(1)))
		Expect(b.waiting()).To(BeEmpty())
	})

	It("works on a server without unique-ids", func() {
		b = newBench(&fakeserver.Options{Without: []string{"UIDL"}}, nil, mails(3), stay)
		b.session()
		move := into(mtm.Move, store.Inbox)
		move.Messages = []store.ID{b.mailbox()[1].ID}
		b.mustDo(move)
		b.session()
		Expect(b.drop.UIDs()).To(Equal([]string{"u1", "u3"}))
		Expect(b.body(b.inbox()[0].ID)).To(Equal(raw(2)))
		b.sound()
	})

	It("is done by a get mail that brings the same copy", func() {
		start(2)
		b.mustDo(into(mtm.Copy, store.Inbox, "u1"))
		ghost := b.find(store.Inbox, "u1").ID
		b.srv.On(fakeserver.Match{Verb: "RETR", Args: "1"}, fakeserver.Auto.With(edit.Refuse("not now"))).Once().Must()
		_, err := b.do(get(mtm.All, mtm.Copy, mtm.ThenDisconnect))
		Expect(err).To(HaveOccurred())
		Expect(b.waiting()).To(BeEmpty())
		Expect(b.body(ghost)).To(Equal(raw(1)))
		Expect(b.inbox()).To(HaveLen(2))
	})

	It("leaves a message that waits to be moved out of no copy", func() {
		b = newBench(nil, nil, mails(2), stay, func(p *account.POP3) { p.SyncLimit = -1 })
		b.session()
		b.mustDo(into(mtm.Move, store.Sent, "u1"))
		b.mustDo(get(mtm.All, mtm.Copy, mtm.ThenDisconnect))
		Expect(uids(b.children(store.Sent))).To(Equal([]string{"u1"}))
		Expect(b.drop.UIDs()).To(Equal([]string{"u2"}))
	})

	DescribeTable("is reported and set aside when it makes no sense; the rest goes on",
		func(damage, problem string) {
			start(3)
			bills := b.folder("Bills")
			b.mustDo(into(mtm.Copy, bills, "u1"))
			b.mustDo(into(mtm.Copy, store.Inbox, "u2"))
			db, err := sql.Open("sqlite", filepath.Join(b.dir, "index.db"))
			Expect(err).NotTo(HaveOccurred())
			_, err = db.Exec(damage)
			Expect(err).NotTo(HaveOccurred())
			Expect(db.Close()).To(Succeed())
			_, err = b.do(mtm.Connect{})
			Expect(err).To(MatchError(ContainSubstring(problem)))
			Expect(b.box.Connected()).To(BeTrue())
			Expect(b.body(b.find(store.Inbox, "u2").ID)).To(Equal(raw(2)))
			b.mustDo(mtm.Disconnect{})
			b.session()
			Expect(b.waiting()).To(HaveLen(1), "it is still to be seen, and told once")
			Expect(b.find(b.id, "u1").Flags.Has(store.Operation)).To(BeTrue())
			b.mustDo(mtm.CancelOffline{Messages: []store.ID{box("u1")}})
			Expect(b.waiting()).To(BeEmpty())
			b.sound()
		},
		Entry("an unknown kind", "UPDATE operations SET kind = 77 WHERE id = 1", "set aside: unknown operation kind-77"),
		Entry("a folder that is gone", "UPDATE operations SET folder = 4711 WHERE id = 1", "folder 4711, the destination of the copy, is gone"),
		Entry("an entry that is not a folder", "UPDATE operations SET folder = 1 WHERE id = 1", "entry 1, the destination of the copy, is not a folder"),
		Entry("lines that cannot be", "UPDATE operations SET kind = 4, lines = -5 WHERE id = 1", "-5 lines cannot be fetched"),
	)
})
