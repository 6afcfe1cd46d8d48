package mtm_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/edit"
	"pop3mtm/fakeserver/maildrop"
	"pop3mtm/mtm"
	"pop3mtm/mtm/account"
	"pop3mtm/mtm/store"
)

// twin is another message of the same size as raw(i).
func twin(i int) []byte {
	raw := bytes.ReplaceAll(raw(i), fmt.Appendf(nil, "<%d@example.org>", i), fmt.Appendf(nil, "<%d@example.com>", i))
	return bytes.ReplaceAll(raw, []byte("Letter"), []byte("Change"))
}

// anonymous is raw(i) without a Message-ID, with another subject for each flavour.
func anonymous(i int, flavour string) []byte {
	raw := bytes.ReplaceAll(raw(i), fmt.Appendf(nil, "Message-ID: <%d@example.org>\r\n", i), nil)
	return bytes.ReplaceAll(raw, []byte("Letter"), []byte(flavour))
}

// give has the server give a unique-id to another message.
func (b *bench) give(uid string, raw []byte) {
	GinkgoHelper()
	Expect(b.drop.Remove(uid)).To(Succeed())
	Expect(b.drop.Deliver(maildrop.Bytes(uid, raw))).To(Succeed())
}

// subjects lists those of entries.
func subjects(entries []store.Entry) []string {
	var list []string
	for _, e := range entries {
		list = append(list, e.Description)
	}
	return list
}

// asked lists the TOPs for headers alone of the newest session.
func (b *bench) asked() []string {
	GinkgoHelper()
	var list []string
	for _, c := range b.commands() {
		if strings.HasPrefix(c, "TOP ") && strings.HasSuffix(c, " 0") {
			list = append(list, c)
		}
	}
	return list
}

var _ = Describe("A message is who it is, not what it is called", func() {
	move, fetch := get(mtm.New, mtm.Move, mtm.ThenDisconnect), get(mtm.New, mtm.Copy, mtm.ThenDisconnect)
	erase := func(b *bench, uid string) error {
		GinkgoHelper()
		b.mustDo(mtm.Connect{})
		_, err := b.do(mtm.Delete{Messages: []store.ID{b.find(b.id, uid).ID}})
		_, queued := b.do(mtm.Disconnect{}) // in disconnected mode it is deleted here
		return errors.Join(err, queued)
	}

	It("a deletion goes to the message that was listed, of which only the header is here", func() {
		b := newBench(nil, nil, mails(3), stay)
		b.session()
		Expect(erase(b, "u2")).To(Succeed())
		Expect(b.asked()).To(Equal([]string{"TOP 2 0"}))
		Expect(b.drop.UIDs()).To(Equal([]string{"u1", "u3"}))
	})

	It("and never to another one of the same name and size, whose entry takes its place", func() {
		b := newBench(nil, nil, mails(3), stay)
		b.session()
		b.give("u2", twin(2))
		err := erase(b, "u2")
		Expect(err).To(MatchError(mtm.ErrServer))
		Expect(err).To(MatchError(ContainSubstring("has given its unique-id to another message")))
		Expect(b.drop.UIDs()).To(ConsistOf("u1", "u2", "u3"))
		Expect(b.commands()).NotTo(ContainElement(HavePrefix("DELE")))
		Expect(subjects(b.mailbox())).To(ConsistOf("Letter 1", "Change 2", "Letter 3"))
		Expect(erase(b, "u2")).To(Succeed())
		Expect(b.drop.UIDs()).To(Equal([]string{"u1", "u3"}))
		b.sound()
	})

	It("nor does one that waited for the end of the session", func() {
		b := newBench(nil, nil, mails(3), stay)
		b.session()
		b.mustDo(mtm.Delete{Messages: []store.ID{b.find(b.id, "u2").ID, b.find(b.id, "u3").ID}})
		b.give("u2", twin(2))
		b.mustDo(mtm.Connect{})
		_, err := b.do(mtm.Disconnect{})
		Expect(err).To(MatchError(ContainSubstring("has given its unique-id to another message")))
		Expect(b.drop.UIDs()).To(ConsistOf("u1", "u2"))
		Expect(b.waiting()).To(BeEmpty())
		Expect(subjects(b.mailbox())).To(ConsistOf("Letter 1", "Change 2"))
		b.sound()
	})

	DescribeTable("a move that was interrupted before its deletion deletes nothing that came under its name",
		func(other []byte) {
			b := newBench(nil, nil, mails(2), stay)
			b.srv.On(fakeserver.Match{Verb: "DELE"}, fakeserver.Auto.With(edit.CutAfter(0, edit.Close))).Once().Must()
			_, err := b.do(move)
			Expect(err).To(MatchError(mtm.ErrDisconnected))
			b.give("u2", other)
			b.mustDo(move)
			Expect(b.inbox()).To(HaveLen(3))
			var raws []string
			for _, e := range b.inbox() {
				raws = append(raws, string(b.body(e.ID)))
			}
			Expect(raws).To(ConsistOf(string(raw(1)), string(raw(2)), string(other)))
			Expect(b.drop.UIDs()).To(BeEmpty(), "all of it is here")
			Expect(b.mailbox()).To(BeEmpty())
			b.sound()
		},
		Entry("of the same size", twin(2)),
		Entry("of another size", raw(7)),
		Entry("without a Message-ID", anonymous(2, "Letter")))

	It("a move of what was populated earlier fetches what came under its name", func() {
		b := newBench(nil, nil, mails(2), stay)
		b.mustDo(mtm.Connect{})
		b.mustDo(mtm.Populate{Which: mtm.All})
		b.mustDo(mtm.Disconnect{})
		b.give("u1", twin(1))
		b.mustDo(get(mtm.All, mtm.Move, mtm.ThenDisconnect))
		Expect(subjects(b.inbox())).To(ConsistOf("Letter 2", "Change 1"))
		Expect(b.body(b.find(store.Inbox, "u1").ID)).To(Equal(twin(1)))
		Expect(b.commands()).To(ContainElements("TOP 1 0", "TOP 2 0"))
		Expect(b.drop.UIDs()).To(BeEmpty())
		b.sound()
	})

	It("what was fetched in the session is deleted without a question", func() {
		b := newBench(nil, nil, mails(2), stay)
		b.mustDo(move)
		Expect(b.commands()[7:]).To(Equal([]string{"RETR 2", "STAT", "RETR 1", "STAT", "DELE 2", "DELE 1", "QUIT"}))
		b = newBench(nil, nil, mails(2), stay)
		b.mustDo(mtm.Connect{}) // TOP shows the headers
		b.mustDo(mtm.Delete{Messages: []store.ID{b.find(b.id, "u1").ID}})
		Expect(b.asked()).To(BeEmpty())
	})

	It("a server without TOP proves by name and size alone", func() {
		b := newBench(&fakeserver.Options{Without: []string{"TOP"}}, nil, mails(2), stay)
		b.session()
		Expect(erase(b, "u1")).To(Succeed())
		Expect(b.drop.UIDs()).To(Equal([]string{"u2"}))
		b.give("u2", raw(9))
		b.mustDo(fetch)
		Expect(subjects(b.inbox())).To(Equal([]string{"Letter 9"}))
		Expect(b.drop.UIDs()).To(Equal([]string{"u2"}))
	})

	It("a message that cannot be proven stays there, and a move fetches it first", func() {
		b := newBench(&fakeserver.Options{Without: []string{"TOP"}}, nil, mails(2), stay)
		b.srv.On(fakeserver.Match{Verb: "LIST"}, fakeserver.Auto.With(edit.ReplaceRow(1, "1 NaN"))).Must()
		b.mustDo(fetch)
		err := erase(b, "u1")
		Expect(err).To(MatchError(ContainSubstring("move it instead")))
		Expect(b.drop.UIDs()).To(HaveLen(2))
		b.mustDo(get(mtm.All, mtm.Move, mtm.ThenDisconnect))
		Expect(b.drop.UIDs()).To(BeEmpty())
		Expect(b.inbox()).To(HaveLen(2), "equal octets are kept once")
		b.sound()
	})

	It("without a Message-ID equal octets are kept once, and others are fetched", func() {
		b := newBench(nil, nil, []maildrop.Message{maildrop.Bytes("u1", anonymous(1, "Note")), maildrop.Bytes("u2", anonymous(2, "Note"))}, stay)
		b.srv.On(fakeserver.Match{Verb: "DELE"}, fakeserver.Auto.With(edit.CutAfter(0, edit.Close))).Once().Must()
		_, err := b.do(move)
		Expect(err).To(HaveOccurred())
		b.give("u1", anonymous(1, "Memo"))
		op := b.mustDo(move)
		Expect(op.Result().AlreadyThere).To(Equal(1))
		Expect(subjects(b.inbox())).To(ConsistOf("Note 1", "Note 2", "Memo 1"))
		Expect(b.drop.UIDs()).To(BeEmpty())
		b.sound()
	})

	It("without a Message-ID equal octets are kept once when messages that are all still there swap their names", func() {
		for _, take := range []mtm.Take{mtm.Copy, mtm.Move} {
			notes := [][]byte{anonymous(1, "Note"), anonymous(2, "Memo"), anonymous(3, "Bill")}
			b := newBench(nil, nil, []maildrop.Message{
				maildrop.Bytes("u1", notes[0]), maildrop.Bytes("u2", notes[1]), maildrop.Bytes("u3", notes[2])}, stay)
			b.mustDo(get(mtm.All, mtm.Copy, mtm.ThenDisconnect))
			b.give("u1", notes[2])
			b.give("u2", notes[0])
			b.give("u3", notes[1])
			for range 2 {
				b.mustDo(get(mtm.All, mtm.Copy, mtm.ThenDisconnect))
				Expect(subjects(b.inbox())).To(ConsistOf("Note 1", "Memo 2", "Bill 3"))
			}
			b.mustDo(get(mtm.All, take, mtm.ThenDisconnect))
			Expect(subjects(b.inbox())).To(ConsistOf("Note 1", "Memo 2", "Bill 3"))
			b.sound()
		}
	})

	It("a populated message whose name goes to another one is gone, unless it is to be kept; the other is new", func() {
		for _, keep := range []bool{true, false} {
			b := newBench(nil, nil, mails(2), stay)
			b.mustDo(mtm.Connect{})
			b.mustDo(mtm.Populate{Which: mtm.All})
			b.mustDo(mtm.Disconnect{})
			was := b.find(b.id, "u1")
			b.give("u1", raw(8))
			connect := mtm.Connect{}
			if keep {
				connect.Keep = []store.ID{was.ID}
			}
			b.mustDo(connect)
			want := []string{"Letter 2", "Letter 8"}
			if keep {
				want = append(want, "Letter 1")
			}
			Expect(subjects(b.mailbox())).To(ConsistOf(want))
			op := b.mustDo(get(mtm.New, mtm.Copy, mtm.WhileConnected))
			Expect(op.Result().Messages).To(HaveLen(1))
			Expect(b.body(op.Result().Messages[0])).To(Equal(raw(8)))
			b.mustDo(mtm.Disconnect{})
			if keep { // two entries of one name: the size says whose message is there
				connect.Keep = []store.ID{was.ID}
				b.mustDo(connect)
				Expect(subjects(b.mailbox())).To(ConsistOf(want))
				Expect(b.body(was.ID)).To(Equal(raw(1)))
			}
			b.sound()
		}
	})

	It("of two with one name and size, the header says which one another program deleted", func() {
		b := newBench(nil, nil, []maildrop.Message{mail(1), maildrop.Bytes("x2", raw(2)), maildrop.Bytes("x3", twin(2))}, stay)
		b.srv.On(fakeserver.Match{Verb: "UIDL"}, fakeserver.Auto.With(edit.ReplaceRow(2, "2 same")).With(edit.ReplaceRow(3, "3 same"))).Times(1).Must()
		b.session()
		Expect(b.drop.Remove("x2")).To(Succeed())
		b.srv.On(fakeserver.Match{Verb: "UIDL"}, fakeserver.Auto.With(edit.ReplaceRow(2, "2 same"))).Must()
		b.mustDo(mtm.Connect{})
		Expect(subjects(b.mailbox())).To(ConsistOf("Letter 1", "Change 2"))
		b.mustDo(mtm.Disconnect{})
		b.sound()
	})

	It("sizes that change with each visit mean nothing from the fourth on", func() {
		b := newBench(nil, nil, mails(3), stay)
		for visit := range 6 {
			b.srv.On(fakeserver.Match{Verb: "LIST", Session: visit + 1}, fakeserver.Auto.With(
				edit.Raw(fmt.Sprintf("+OK\r\n1 %d\r\n2 %d\r\n3 %d\r\n.\r\n", 100+visit, 200+visit, 300+visit)))).Must()
			b.mustDo(fetch)
			switch {
			case visit >= 1 && visit <= 3:
				Expect(b.asked()).To(HaveLen(3), "visit %d", visit)
			default:
				Expect(b.asked()).To(BeEmpty(), "visit %d", visit)
			}
		}
		Expect(b.inbox()).To(HaveLen(3))
		b.mustDo(fetch) // the last ones again, and the right ones from here on
		b.give("u2", raw(20))
		b.mustDo(fetch)
		b.mustDo(fetch)
		b.sound()
	})

	It("costs nothing when nothing is new, and two headers where names are plain numbers", func() {
		b := newBench(nil, nil, mails(5), stay)
		b.mustDo(fetch)
		b.mustDo(fetch)
		Expect(b.commands()[4:]).To(Equal([]string{"STAT", "LIST", "UIDL", "QUIT"}))
		var counted []maildrop.Message
		for i := 1; i <= 5; i++ {
			counted = append(counted, maildrop.Bytes(fmt.Sprint(i), raw(i)))
		}
		b = newBench(nil, nil, counted, stay)
		b.mustDo(fetch)
		b.mustDo(fetch)
		Expect(b.asked()).To(ConsistOf("TOP 1 0", "TOP 5 0"))
	})

	It("TOP that is not listed is tried once on a suspicion, and again only when it worked", func() {
		for _, works := range []bool{true, false} {
			o := &fakeserver.Options{Capabilities: []string{"UIDL"}}
			if !works {
				o.Without = []string{"TOP"}
			}
			b := newBench(o, nil, []maildrop.Message{maildrop.Bytes("7", raw(7)), maildrop.Bytes("8", raw(8))}, stay)
			b.mustDo(fetch)
			b.mustDo(fetch)
			if works {
				Expect(b.asked()).To(HaveLen(2))
			} else {
				Expect(b.asked()).To(HaveLen(1))
			}
			b.mustDo(fetch)
			if works {
				Expect(b.asked()).To(HaveLen(2))
			} else {
				Expect(b.asked()).To(BeEmpty())
			}
			Expect(b.inbox()).To(HaveLen(2))
		}
	})

	It("a server that closes the line at a TOP it does not know does so once", func() {
		o := &fakeserver.Options{Capabilities: []string{"UIDL"}, Without: []string{"TOP"}}
		b := newBench(o, nil, []maildrop.Message{maildrop.Bytes("7", raw(7))}, stay)
		b.mustDo(fetch)
		b.srv.On(fakeserver.Match{Verb: "TOP"}, fakeserver.Auto.With(edit.CutAfter(0, edit.Close))).Must()
		b.mustDo(fetch) // on another connection
		Expect(b.store.Breaks(context.Background(), b.id)).To(BeEmpty(), "no message is to blame")
		Expect(b.drop.Deliver(maildrop.Bytes("8", raw(8)))).To(Succeed())
		b.mustDo(fetch)
		Expect(b.inbox()).To(HaveLen(2))
	})

	It("without names, Message-ID and date a message is fetched rather than deleted unseen", func() {
		bare := func(text string) []byte { return []byte("Subject: Job\r\n\r\n" + text + "\r\n") }
		b := newBench(&fakeserver.Options{Without: []string{"UIDL"}}, nil, []maildrop.Message{maildrop.Bytes("a", bare("one"))}, stay)
		b.mustDo(move)
		Expect(b.drop.Deliver(maildrop.Bytes("b", bare("two")))).To(Succeed())
		b.mustDo(move)
		Expect(b.inbox()).To(HaveLen(2))
		Expect(b.drop.UIDs()).To(BeEmpty())
		Expect(b.drop.Deliver(maildrop.Bytes("c", bare("two")))).To(Succeed())
		Expect(b.mustDo(move).Result().AlreadyThere).To(Equal(1), "the same octets")
		Expect(b.inbox()).To(HaveLen(2))
		b.sound()
	})

	It("a selected message whose name has gone to another one is reported, and the other is not touched", func() {
		b := newBench(nil, nil, mails(2), stay)
		b.mustDo(get(mtm.All, mtm.Copy, mtm.ThenDisconnect))
		id := b.find(b.id, "u1").ID
		b.give("u1", twin(1))
		_, err := b.do(mtm.GetMail{Which: mtm.Selection, Take: mtm.Move, Link: mtm.ThenDisconnect, Into: store.Inbox, Messages: []store.ID{id}})
		Expect(err).To(MatchError(ContainSubstring("has given its unique-id to another message")))
		Expect(b.drop.UIDs()).To(ConsistOf("u1", "u2"))
		Expect(subjects(b.inbox())).To(ConsistOf("Letter 1", "Letter 2"))
		Expect(subjects(b.mailbox())).To(ConsistOf("Change 1", "Letter 2"))
		b.sound()
	})

	It("a server that reused a name is asked for the outermost messages from then on", func() {
		var list []maildrop.Message
		for i := 1; i <= 100; i++ {
			list = append(list, mail(i))
		}
		b := newBench(nil, nil, list, stay)
		b.mustDo(fetch)
		b.give("u50", raw(150))
		b.mustDo(fetch)
		Expect(b.store.Facts(context.Background(), b.id)).To(HaveKeyWithValue(store.FactReusesIDs, int64(1)))
		Expect(b.inbox()).To(HaveLen(101))
		b.mustDo(fetch)
		Expect(b.asked()).To(HaveLen(64))
		b.give("u90", twin(90)) // of the same size: the last message now
		op := b.mustDo(fetch)
		Expect(op.Result().Messages).To(HaveLen(1))
		Expect(b.body(op.Result().Messages[0])).To(Equal(twin(90)))
		b.sound()
	})

	It("without names two messages of one size and no Message-ID are two", func() {
		b := newBench(&fakeserver.Options{Without: []string{"UIDL"}}, nil, []maildrop.Message{maildrop.Bytes("a", anonymous(1, "Note"))}, stay)
		b.mustDo(fetch)
		b.give("a", anonymous(1, "Memo"))
		b.mustDo(fetch)
		Expect(subjects(b.inbox())).To(Equal([]string{"Note 1", "Memo 1"}))
		b.mustDo(fetch)
		Expect(b.inbox()).To(HaveLen(2))
		b.sound()
	})

	It("a copy that waited is not filled with what came under its name", func() {
		b := newBench(nil, nil, mails(2), stay)
		b.session()
		b.mustDo(mtm.GetMail{Which: mtm.Selection, Into: store.Inbox, Messages: []store.ID{b.find(b.id, "u1").ID}})
		b.give("u1", raw(5))
		_, err := b.do(mtm.Connect{})
		Expect(err).To(MatchError(ContainSubstring("cannot copy")))
		Expect(b.inbox()).To(BeEmpty())
		Expect(subjects(b.mailbox())).To(ConsistOf("Letter 2", "Letter 5"))
		b.mustDo(mtm.Disconnect{})
		b.sound()
	})

	It("a number that was proven in one connection proves nothing in the next", func() {
		b := newBench(&fakeserver.Options{Without: []string{"PIPELINING"}}, nil, mails(2), stay)
		cut := fakeserver.Auto.With(edit.CutAfter(60, edit.Close))
		b.srv.On(fakeserver.Match{Verb: "RETR", Args: "1"}, func(x *fakeserver.Exchange) edit.Reply {
			b.give("u2", twin(2)) // number 2 still, with the same size
			return cut(x)
		}).Once().Must()
		b.mustDo(move)
		Expect(subjects(b.inbox())).To(ConsistOf("Letter 2", "Change 2", "Letter 1"))
		Expect(b.drop.UIDs()).To(BeEmpty())
	})

	It("ignoring names is the same decision without them", func() {
		b := newBench(nil, nil, mails(2), stay, func(p *account.POP3) { p.IgnoreUIDL = true })
		b.mustDo(fetch)
		b.give("u2", raw(6))
		b.mustDo(fetch)
		Expect(subjects(b.inbox())).To(Equal([]string{"Letter 2", "Letter 1", "Letter 6"}))
		b.mustDo(get(mtm.All, mtm.Move, mtm.ThenDisconnect))
		Expect(b.inbox()).To(HaveLen(3))
		Expect(b.drop.UIDs()).To(BeEmpty())
		b.sound()
	})

	It("and stays so when names come that were missing in one visit, also without a Message-ID", func() {
		list := []maildrop.Message{maildrop.Bytes("a", anonymous(1, "Note")), maildrop.Bytes("b", anonymous(2, "Memo"))}
		b := newBench(nil, nil, list, stay)
		b.srv.On(fakeserver.Match{Verb: "UIDL"}, fakeserver.Auto.With(edit.Raw("+OK\r\n.\r\n"))).Once().Must()
		b.mustDo(fetch)
		Expect(b.inbox()).To(HaveLen(2))
		b.mustDo(get(mtm.All, mtm.Move, mtm.ThenDisconnect))
		Expect(subjects(b.inbox())).To(ConsistOf("Note 1", "Memo 2"))
		Expect(b.drop.UIDs()).To(BeEmpty())
		b.sound()
	})

	It("and its copy goes with it to another name, not that of one that had its name before", func() {
		b := newBench(nil, nil, mails(2), stay)
		b.mustDo(fetch)
		b.give("u2", raw(3))
		b.mustDo(fetch)
		Expect(b.inbox()).To(HaveLen(3))
		b.srv.On(fakeserver.Match{Verb: "UIDL"}, fakeserver.Auto.With(edit.Raw("+OK\r\n1 u1\r\n2 u9\r\n.\r\n"))).Must()
		b.mustDo(fetch)
		Expect(b.mustDo(get(mtm.All, mtm.Copy, mtm.ThenDisconnect)).Result().AlreadyThere).To(Equal(2))
		Expect(subjects(b.inbox())).To(ConsistOf("Letter 1", "Letter 2", "Letter 3"))
		b.sound()
	})
})

var _ = Describe("A server that tells no sizes", func() {
	// body is the answer to RETR with a message, stuffed.
	body := func(raw []byte) edit.Edit {
		return edit.Raw("+OK\r\n" + strings.ReplaceAll(string(raw), "\r\n.", "\r\n..") + ".\r\n")
	}

	DescribeTable("does not have another message, or nothing, taken for the one whose header it showed", func(zero string, without []string) {
		b := newBench(&fakeserver.Options{Without: without}, nil, mails(2))
		b.srv.On(fakeserver.Match{Verb: "LIST"}, fakeserver.Auto.With(edit.Raw("+OK\r\n1 "+zero+"\r\n2 "+zero+"\r\n.\r\n")))
		b.mustDo(mtm.Connect{})
		b.mustDo(mtm.Disconnect{})
		b.srv.On(fakeserver.Match{Verb: "RETR", Args: "1", Session: 2}, fakeserver.Auto.With(body(raw(2)))).Must()
		b.srv.On(fakeserver.Match{Verb: "RETR", Args: "2", Session: 2}, fakeserver.Auto.With(edit.Raw("+OK\r\n.\r\n"))).Must()
		_, err := b.do(get(mtm.All, mtm.Move, mtm.ThenDisconnect))
		Expect(err).To(MatchError(mtm.ErrServer))
		Expect(b.inbox()).To(BeEmpty())
		Expect(b.drop.UIDs()).To(Equal([]string{"u1", "u2"}))
		b.mustDo(get(mtm.All, mtm.Move, mtm.ThenDisconnect))
		Expect(b.drop.UIDs()).To(BeEmpty())
		for _, e := range b.inbox() {
			Expect(b.body(e.ID)).To(Equal(raw(int(e.UID[1] - '0'))))
		}
		Expect(b.inbox()).To(HaveLen(2))
		b.sound()
	},
		Entry("0 octets", "0", nil),
		Entry("0 octets, one at a time", "0", []string{"PIPELINING"}),
		Entry("no number", "?", nil),
		Entry("no number, one at a time", "?", []string{"PIPELINING"}),
	)

	It("does not have an arrival taken that comes empty", func() {
		b := newBench(nil, nil, mails(1))
		b.srv.On(fakeserver.Match{Verb: "LIST"}, fakeserver.Auto.With(edit.Raw("+OK\r\n1 ?\r\n.\r\n")))
		b.srv.On(fakeserver.Match{Verb: "RETR", Session: 1}, fakeserver.Auto.With(edit.Raw("+OK\r\n.\r\n"))).Must()
		_, err := b.do(get(mtm.New, mtm.Move, mtm.ThenDisconnect))
		Expect(err).To(HaveOccurred(), strings.Join(b.commands(), " "))
		Expect(b.inbox()).To(BeEmpty())
		b.mustDo(get(mtm.New, mtm.Move, mtm.ThenDisconnect))
		Expect(b.body(b.inbox()[0].ID)).To(Equal(raw(1)))
		Expect(b.drop.UIDs()).To(BeEmpty())
	})
})
