package mtm_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"sync/atomic"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/edit"
	"pop3mtm/fakeserver/maildrop"
	"pop3mtm/mtm"
	"pop3mtm/mtm/store"
)

var _ = Describe("When something fails", func() {
	cut := func(octets int64, how edit.End) fakeserver.Handler {
		return fakeserver.Auto.With(edit.CutAfter(octets, how))
	}

	It("half a message is never visible, and the next get mail fetches what is missing", func() {
		for _, take := range []mtm.Take{mtm.Copy, mtm.Move} {
			for _, batch := range []int{1, 1000} {
				b := newBench(nil, &mtm.Options{BatchMessages: batch}, mails(5))
				b.breakOff("RETR", "3", edit.CutAfter(120, edit.Reset))
				op, err := b.do(get(mtm.New, take, mtm.ThenDisconnect))
				Expect(err).To(MatchError(mtm.ErrDisconnected))
				Expect(uids(b.inbox())).To(Equal([]string{"u5", "u4"}))
				Expect(op.Result().Messages).To(HaveLen(2))
				for _, session := range b.srv.Transcripts() {
					Expect(session.String()).NotTo(ContainSubstring("C: DELE"))
				}
				Expect(b.drop.UIDs()).To(HaveLen(5))
				b.sound()
				b.mustDo(get(mtm.New, take, mtm.ThenDisconnect))
				Expect(uids(b.inbox())).To(ConsistOf("u1", "u2", "u3", "u4", "u5"))
				for _, e := range b.inbox() {
					Expect(b.body(e.ID)).To(Equal(raw(int(e.UID[1] - '0'))))
				}
				b.sound()
				if take == mtm.Move {
					Expect(b.drop.UIDs()).To(BeEmpty(), "what the first one stored is moved too")
				}
			}
		}
	})

	It("a refused message is counted, the rest go on and QUIT follows", func() {
		b := newBench(nil, nil, mails(5))
		b.srv.On(fakeserver.Match{Verb: "RETR", Args: "2"}, fakeserver.Auto.With(edit.Refuse("cannot read it"))).Once().Must()
		_, err := b.do(get(mtm.New, mtm.Move, mtm.ThenDisconnect))
		Expect(err).To(MatchError(mtm.ErrServer))
		failure, ok := errors.AsType[*mtm.Error](err)
		Expect(ok).To(BeTrue())
		Expect(failure.Failed).To(HaveLen(1))
		Expect(failure.Failed[0].UID).To(Equal("u2"))
		Expect(err).To(MatchError(ContainSubstring("cannot read it")))
		Expect(uids(b.inbox())).To(Equal([]string{"u5", "u4", "u3", "u1"}))
		Expect(b.commands()).To(ContainElement("QUIT"))
		Expect(b.drop.UIDs()).To(Equal([]string{"u2"}))
		b.mustDo(get(mtm.New, mtm.Move, mtm.ThenDisconnect))
		Expect(b.inbox()).To(HaveLen(5))
		Expect(b.drop.UIDs()).To(BeEmpty())
	})

	It("a refused DELE keeps the entry and is counted", func() {
		b := newBench(nil, nil, mails(3))
		b.srv.On(fakeserver.Match{Verb: "DELE", Args: "2"}, fakeserver.Auto.With(edit.Refuse("no"))).Once().Must()
		_, err := b.do(get(mtm.All, mtm.Move, mtm.ThenDisconnect))
		Expect(err).To(MatchError(mtm.ErrServer))
		Expect(b.drop.UIDs()).To(Equal([]string{"u2"}))
		Expect(uids(b.mailbox())).To(Equal([]string{"u2"}))
		Expect(b.inbox()).To(HaveLen(3))
	})

	It("a line lost between DELE and QUIT loses nothing and fetches nothing again", func() {
		b := newBench(nil, nil, mails(3))
		b.srv.On(fakeserver.Match{Verb: "QUIT"}, cut(0, edit.Reset)).Once().Must()
		_, err := b.do(get(mtm.All, mtm.Move, mtm.ThenDisconnect))
		Expect(err).To(HaveOccurred())
		op := b.mustDo(get(mtm.All, mtm.Move, mtm.ThenDisconnect))
		Expect(op.Result().Messages).To(BeEmpty())
		Expect(b.inbox()).To(HaveLen(3))
		Expect(b.drop.UIDs()).To(BeEmpty())
	})

	It("a move whose QUIT is not answered is still asked for, whoever looks at the mailbox next", func() {
		for _, listed := range []bool{false, true} {
			b := newBench(nil, nil, mails(3))
			if listed {
				b.mustDo(mtm.Connect{})
				b.mustDo(mtm.Disconnect{})
			}
			var asked atomic.Bool // when the server hears QUIT: a program that is killed then leaves this
			b.srv.On(fakeserver.Match{Verb: "QUIT"}, func(x *fakeserver.Exchange) edit.Reply {
				facts, err := b.store.Facts(context.Background(), b.id)
				_, found := facts[store.FactGetAsked]
				asked.Store(found && err == nil)
				return cut(0, edit.Reset)(x)
			}).Once().Must()
			_, err := b.do(get(mtm.All, mtm.Move, mtm.ThenDisconnect))
			Expect(err).To(HaveOccurred())
			Expect(asked.Load()).To(BeTrue(), "listed before: %v", listed)
			for range 2 {
				b.mustDo(mtm.Connect{})
				b.mustDo(mtm.Disconnect{})
			}
			op := b.mustDo(get(mtm.New, mtm.Move, mtm.ThenDisconnect))
			Expect(op.Result().Messages).To(BeEmpty())
			Expect(b.inbox()).To(HaveLen(3))
			Expect(b.drop.UIDs()).To(BeEmpty(), "listed before: %v", listed)
			Expect(b.store.Facts(context.Background(), b.id)).NotTo(HaveKey(store.FactGetAsked))
		}
	})

	It("nothing of a failed refresh shows, and its messages are still new next time", func() {
		b := newBench(nil, nil, mails(5))
		b.breakOff("TOP", "2 1", edit.CutAfter(60, edit.Close))
		_, err := b.do(mtm.Connect{})
		Expect(err).To(MatchError(mtm.ErrDisconnected))
		for _, e := range b.mailbox() {
			Expect(e.Flags.Has(store.Invisible)).To(BeTrue())
		}
		Expect(b.inbox()).To(BeEmpty())
		b.mustDo(get(mtm.New, mtm.Copy, mtm.ThenDisconnect))
		Expect(b.inbox()).To(HaveLen(5))
	})

	It("a cancel drops the line without QUIT and keeps what is whole", func() {
		b := newBench(nil, nil, mails(5))
		b.srv.On(fakeserver.Match{Verb: "RETR", Args: "1"}, cut(100, edit.Stall)).Once().Must()
		op, err := b.box.InvokeAsync(context.Background(), get(mtm.All, mtm.Move, mtm.StayOnline))
		Expect(err).NotTo(HaveOccurred())
		for range op.Changed() {
			if p := op.Progress(); p.TotalMessages == 5 && p.MessagesToProcess == 1 && p.TotalSize > 0 {
				break
			}
		}
		op.Cancel()
		Expect(op.Wait()).To(MatchError(mtm.ErrCancelled))
		Expect(b.box.Connected()).To(BeFalse())
		Expect(uids(b.inbox())).To(Equal([]string{"u5", "u4", "u3", "u2"}))
		Expect(b.commands()).NotTo(ContainElement("QUIT"))
		Expect(b.drop.UIDs()).To(HaveLen(5))
		b.mustDo(get(mtm.All, mtm.Move, mtm.ThenDisconnect))
		Expect(b.inbox()).To(HaveLen(5))
		Expect(b.drop.UIDs()).To(BeEmpty())
	})

	It("a context that ends says cancelled or timed out", func() {
		b := newBench(nil, nil, mails(1))
		b.srv.On(fakeserver.Match{Verb: "LIST"}, cut(0, edit.Stall))
		ctx, cancel := context.WithCancel(context.Background())
		op, err := b.box.InvokeAsync(ctx, mtm.Connect{})
		Expect(err).NotTo(HaveOccurred())
		cancel()
		Expect(op.Wait()).To(MatchError(mtm.ErrCancelled))
	})

	It("a full disk ends it before any message, with QUIT", func() {
		b := newBench(nil, nil, mails(2))
		b.mustDo(mtm.Connect{})
		b.mustDo(mtm.Disconnect{})
		b.reopen(&store.Options{FreeSpace: func(string) (int64, error) { return 65000, nil }})
		_, err := b.do(get(mtm.All, mtm.Move, mtm.ThenDisconnect))
		Expect(err).To(MatchError(mtm.ErrDiskFull))
		Expect(mtm.Code(err)).To(Equal(-26))
		Expect(err.Error()).To(MatchRegexp(`^move mail, moving messages: the disk is full: 65000 octets are free, \d+ are needed$`))
		Expect(b.commands()).To(ContainElement("QUIT"))
		Expect(b.commands()).NotTo(ContainElement(HavePrefix("RETR")))
		Expect(b.inbox()).To(BeEmpty())
	})

	DescribeTable("what a full disk kept away comes with the next get mail",
		func(which mtm.Which, connected bool, between ...mtm.Command) {
			b := newBench(nil, nil, mails(5))
			if connected { // the messages are not new any more
				b.mustDo(mtm.Connect{})
				b.mustDo(mtm.Disconnect{})
			}
			// Room for headers, none for messages.
			b.reopen(&store.Options{FreeSpace: func(string) (int64, error) { return 65536, nil }})
			_, err := b.do(get(which, mtm.Copy, mtm.ThenDisconnect))
			Expect(err).To(MatchError(mtm.ErrDiskFull))
			b.reopen(nil)
			for _, cmd := range between {
				b.mustDo(cmd)
			}
			b.mustDo(get(mtm.New, mtm.Copy, mtm.ThenDisconnect))
			Expect(b.inbox()).To(HaveLen(5))
			for _, e := range b.inbox() {
				Expect(e.Flags.Has(store.New)).To(Equal(!connected), "a copy is new when the message was")
			}
			op := b.mustDo(get(mtm.New, mtm.Copy, mtm.ThenDisconnect))
			Expect(op.Result()).To(Equal(mtm.Result{}), "nothing is asked for any more")
		},
		Entry("of new messages", mtm.New, false),
		Entry("of all messages", mtm.All, false),
		Entry("of all messages, when none is new", mtm.All, true),
		Entry("with a connection between", mtm.New, false, mtm.Connect{}, mtm.Disconnect{}),
	)

	It("a store that another program keeps locked is in use", func() {
		b := newBench(nil, nil, mails(1))
		Expect(b.store.Close()).To(Succeed())
		var err error
		b.store, err = store.Open(b.dir, &store.Options{BusyTimeout: 10 * time.Millisecond})
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(b.store.Close)
		b.open(nil)
		other, err := sql.Open("sqlite", filepath.Join(b.dir, "index.db"))
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(other.Close)
		other.SetMaxOpenConns(1)
		_, err = other.Exec("BEGIN EXCLUSIVE")
		Expect(err).NotTo(HaveOccurred())
		_, err = b.do(get(mtm.New, mtm.Copy, mtm.ThenDisconnect))
		Expect(err).To(MatchError(mtm.ErrInUse))
		Expect(err).To(MatchError(store.ErrLocked))
		_, err = other.Exec("ROLLBACK")
		Expect(err).NotTo(HaveOccurred())
		b.mustDo(get(mtm.New, mtm.Copy, mtm.ThenDisconnect))
		Expect(b.inbox()).To(HaveLen(1))
	})

	It("a message larger than asked for is not asked for", func() {
		b := newBench(nil, nil, mails(5))
		small := get(mtm.New, mtm.Copy, mtm.ThenDisconnect)
		small.MaxSize = int64(len(raw(2)))
		b.mustDo(small)
		n := len(b.inbox())
		Expect(n).To(BeNumerically("<", 5))
		b.mustDo(get(mtm.New, mtm.Copy, mtm.ThenDisconnect))
		Expect(b.inbox()).To(HaveLen(n))
	})

	It("a message whose copy is here already is not asked for for ever", func() {
		b := newBench(nil, nil, mails(3))
		b.mustDo(get(mtm.New, mtm.Copy, mtm.ThenDisconnect))
		for _, e := range b.mailbox() { // its list is lost
			batch := b.store.NewBatch()
			batch.Delete(e.ID)
			Expect(batch.Commit(context.Background())).To(Succeed())
		}
		Expect(b.mustDo(get(mtm.New, mtm.Copy, mtm.ThenDisconnect)).Result().AlreadyThere).To(Equal(3))
		Expect(b.mustDo(get(mtm.New, mtm.Copy, mtm.ThenDisconnect)).Result().AlreadyThere).To(BeZero())
	})

	It("a message that the server sends larger than it said is kept as it came", func() {
		big := bytes.Repeat([]byte("0123456789abcdef\r\n"), 20000)
		b := newBench(nil, nil, []maildrop.Message{maildrop.Bytes("big", append([]byte("Subject: big\r\n\r\n"), big...))})
		b.srv.On(fakeserver.Match{Verb: "LIST"}, fakeserver.Auto.With(edit.Raw("+OK\r\n1 10\r\n.\r\n"))).Must()
		b.mustDo(get(mtm.All, mtm.Copy, mtm.ThenDisconnect))
		Expect(b.body(b.inbox()[0].ID)).To(HaveLen(16 + len(big)))
	})
})
