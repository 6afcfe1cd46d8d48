package mtm_test

import (
	"context"
	"slices"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/edit"
	"pop3mtm/fakeserver/maildrop"
	"pop3mtm/mtm"
	"pop3mtm/mtm/store"
)

var _ = Describe("Sizes of LIST that are estimates", func() {
	// retrs counts how often the newest session asked for messages.
	retrs := func(b *bench) (n int) {
		for _, c := range b.commands() {
			if len(c) > 5 && c[:5] == "RETR " {
				n++
			}
		}
		return n
	}

	DescribeTable("cost the messages in flight once, and nothing from then on",
		func(without []string, first int) {
			b := newBench(&fakeserver.Options{Without: without}, nil, mails(3), stay)
			b.srv.On(fakeserver.Match{Verb: "LIST"}, fakeserver.Auto.With(edit.RowOctets(edit.To("8192")))).Must()
			b.mustDo(get(mtm.New, mtm.Copy, mtm.ThenDisconnect))
			Expect(retrs(b)).To(Equal(first))
			Expect(b.store.Facts(context.Background(), b.id)).To(HaveKeyWithValue(store.FactSizesEstimate, int64(1)))
			Expect(b.drop.Deliver(maildrop.Bytes("new", raw(8)), maildrop.Bytes("newer", raw(9)))).To(Succeed())
			b.mustDo(get(mtm.New, mtm.Copy, mtm.ThenDisconnect))
			Expect(retrs(b)).To(Equal(2))
			Expect(b.commands()).NotTo(ContainElement("NOOP"))
			for i, e := range b.inbox() {
				Expect(b.body(e.ID)).To(Equal(raw([]int{3, 2, 1, 9, 8}[i])))
			}
			b.sound()
		},
		Entry("the whole window", nil, 6),
		Entry("one at a time", []string{"PIPELINING"}, 4))

	It("are not remembered of a server whose sizes are exact", func() {
		b := newBench(nil, nil, mails(3), stay)
		b.mustDo(get(mtm.New, mtm.Copy, mtm.ThenDisconnect))
		Expect(b.store.Facts(context.Background(), b.id)).NotTo(HaveKey(store.FactSizesEstimate))
		Expect(slices.Contains(b.commands(), "NOOP")).To(BeFalse())
	})
})
