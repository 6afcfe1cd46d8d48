package mtm_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/edit"
	"pop3mtm/mtm"
	"pop3mtm/mtm/store"
)

// RFC 1939 section 6: a server that refuses QUIT may have left some of the messages
// that it was to delete.
var _ = Describe("A refused QUIT", func() {
	refuse := func(b *bench) {
		b.srv.On(fakeserver.Match{Verb: "QUIT"}, fakeserver.Auto.With(edit.Refuse("some deleted messages not removed"))).Once().Must()
	}
	const said = "QUIT: the server refused: some deleted messages not removed"

	It("is reported by a move, and the next one deletes what is left", func() {
		b := newBench(nil, nil, mails(3))
		refuse(b)
		op := b.mustDo(get(mtm.New, mtm.Move, mtm.ThenDisconnect))
		Expect(op.Result().QuitRefused).To(MatchError(said))
		Expect(op.Result().Deleted).To(Equal(3))
		Expect(b.drop.UIDs()).To(HaveLen(3))
		op = b.mustDo(get(mtm.New, mtm.Move, mtm.ThenDisconnect))
		Expect(op.Result().QuitRefused).NotTo(HaveOccurred())
		Expect(op.Result().AlreadyThere).To(Equal(3))
		Expect(b.drop.UIDs()).To(BeEmpty())
		Expect(b.inbox()).To(HaveLen(3))
	})

	It("is reported by the disconnect behind a delete", func() {
		b := newBench(nil, nil, mails(2))
		b.mustDo(mtm.Connect{})
		b.mustDo(mtm.Delete{Messages: []store.ID{b.mailbox()[0].ID}})
		refuse(b)
		Expect(b.mustDo(mtm.Disconnect{}).Result().QuitRefused).To(MatchError(said))
		b.mustDo(mtm.Connect{})
		Expect(b.mailbox()).To(HaveLen(2), "what is left is listed again")
	})

	It("is reported by the session that carries out deletes which waited, and they wait on", func() {
		b := newBench(nil, nil, mails(2), stay)
		b.mustDo(mtm.Connect{})
		b.mustDo(mtm.Disconnect{})
		b.mustDo(mtm.Delete{Messages: []store.ID{b.mailbox()[0].ID}})
		b.mustDo(mtm.Connect{})
		refuse(b)
		op := b.mustDo(mtm.Disconnect{})
		Expect(op.Result().QuitRefused).To(MatchError(said))
		Expect(op.Result().Deleted).To(BeZero())
		b.mustDo(mtm.Connect{})
		Expect(b.mustDo(mtm.Disconnect{}).Result().Deleted).To(Equal(1))
		Expect(b.drop.UIDs()).To(HaveLen(1))
	})

	It("is reported when another connection follows, for a message that breaks it", func() {
		b := newBench(nil, nil, mails(3))
		b.srv.On(fakeserver.Match{Verb: "RETR", Args: "2"}, fakeserver.Auto.With(edit.CutAfter(60, edit.Close))).Once().Must()
		b.srv.On(fakeserver.Match{Verb: "QUIT", Session: 2}, fakeserver.Auto.With(edit.Refuse("some deleted messages not removed"))).Once().Must()
		op := b.mustDo(get(mtm.New, mtm.Move, mtm.ThenDisconnect))
		Expect(op.Result().QuitRefused).To(MatchError(said))
		Expect(b.inbox()).To(HaveLen(3))
	})

	It("means nothing where nothing was to be deleted", func() {
		b := newBench(nil, nil, mails(2))
		refuse(b)
		Expect(b.mustDo(get(mtm.New, mtm.Copy, mtm.ThenDisconnect)).Result().QuitRefused).NotTo(HaveOccurred())
	})
})
