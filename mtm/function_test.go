package mtm_test

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/edit"
	"pop3mtm/mtm"
	"pop3mtm/mtm/store"
	"pop3mtm/mtm/symbian"
)

var _ = Describe("The original's command table (behaviour section 1)", func() {
	selection := []store.ID{7, 8, 9}
	info := mtm.GetMailInfo{MaxSize: 100, Into: store.Inbox}
	some := mtm.PopulateOptions{MaxSize: 100, Limit: 5}
	messages := []store.ID{8, 9}
	mail := func(which mtm.Which, take mtm.Take, link mtm.Link) mtm.Command {
		return mtm.GetMail{Which: which, Take: take, Link: link, Into: store.Inbox, Messages: messages, MaxSize: 100}
	}
	made := mtm.CreateOptions{Parts: 0xF, Types: symbian.TypeInPreparation}
	populate := func(which mtm.Which) mtm.Command {
		return mtm.Populate{Which: which, Messages: messages, MaxSize: 100, Top: true, Lines: 5}
	}

	DescribeTable("has a command for each number that the original carries out",
		func(id int, parameter any, want mtm.Command) {
			Expect(mtm.Function(id, selection, parameter)).To(Equal(want))
		},
		Entry("IsConnected", 1048576, nil, mtm.IsConnected{}),
		Entry("Connect", 1048577, nil, mtm.Connect{Keep: messages}),
		Entry("Disconnect", 1048578, nil, mtm.Disconnect{}),
		Entry("CopyNew already connected", 1048580, info, mail(mtm.New, mtm.Copy, mtm.WhileConnected)),
		Entry("CopyNew stay online", 1048581, info, mail(mtm.New, mtm.Copy, mtm.StayOnline)),
		Entry("CopyNew disconnect", 1048582, info, mail(mtm.New, mtm.Copy, mtm.ThenDisconnect)),
		Entry("MoveNew already connected", 1048583, info, mail(mtm.New, mtm.Move, mtm.WhileConnected)),
		Entry("MoveNew stay online", 1048584, info, mail(mtm.New, mtm.Move, mtm.StayOnline)),
		Entry("MoveNew disconnect", 1048585, info, mail(mtm.New, mtm.Move, mtm.ThenDisconnect)),
		Entry("CopySelection already connected", 1048586, info, mail(mtm.Selection, mtm.Copy, mtm.WhileConnected)),
		Entry("CopySelection stay online", 1048587, info, mail(mtm.Selection, mtm.Copy, mtm.StayOnline)),
		Entry("CopySelection disconnect", 1048588, info, mail(mtm.Selection, mtm.Copy, mtm.ThenDisconnect)),
		Entry("MoveSelection already connected", 1048589, info, mail(mtm.Selection, mtm.Move, mtm.WhileConnected)),
		Entry("MoveSelection stay online", 1048590, info, mail(mtm.Selection, mtm.Move, mtm.StayOnline)),
		Entry("MoveSelection disconnect", 1048591, info, mail(mtm.Selection, mtm.Move, mtm.ThenDisconnect)),
		Entry("CopyAll already connected", 1048592, info, mail(mtm.All, mtm.Copy, mtm.WhileConnected)),
		Entry("CopyAll stay online", 1048593, info, mail(mtm.All, mtm.Copy, mtm.StayOnline)),
		Entry("CopyAll disconnect", 1048594, info, mail(mtm.All, mtm.Copy, mtm.ThenDisconnect)),
		Entry("MoveAll already connected", 1048595, info, mail(mtm.All, mtm.Move, mtm.WhileConnected)),
		Entry("MoveAll stay online", 1048596, info, mail(mtm.All, mtm.Move, mtm.StayOnline)),
		Entry("MoveAll disconnect", 1048597, info, mail(mtm.All, mtm.Move, mtm.ThenDisconnect)),
		Entry("CancelOfflineOperations", 1048598, nil, mtm.CancelOffline{Messages: selection}),
		Entry("CreateNewEmail", 1048600, made, mtm.CreateNew{Into: 7, CreateOptions: made}),
		Entry("CreateReplyEmail", 1048601, made, mtm.CreateReply{Into: 7, Original: 8, CreateOptions: made}),
		Entry("CreateForwardEmail", 1048602, made, mtm.CreateForward{Into: 7, Original: 8, CreateOptions: made}),
		Entry("CreateForwardAsAttachmentEmail", 1048603, made, mtm.CreateForwardAsAttachment{Into: 7, Original: 8, CreateOptions: made}),
		Entry("CreateReceiptEmail", 1048604, made, mtm.CreateReceipt{Into: 7, Original: 8, Types: symbian.TypeInPreparation}),
		Entry("Populate", 1048605, some, populate(mtm.Selection)),
		Entry("PopulateNew", 1048606, some, populate(mtm.New)),
		Entry("PopulateAll", 1048607, some, populate(mtm.All)),
		Entry("PopulateAll without a limit", 1048607, mtm.PopulateOptions{Limit: -1}, mtm.Populate{Which: mtm.All, Messages: messages}),
		Entry("PopulateAll without options", 1048607, mtm.PopulateOptions{}, mtm.Populate{Which: mtm.All, Messages: messages}),
		Entry("PopulateAll with headers only", 1048607, mtm.PopulateOptions{HeadersOnly: true}, mtm.Populate{Which: mtm.All, Messages: messages, Top: true}),
	)

	DescribeTable("refuses the others", func(id int, code int) {
		_, err := mtm.Function(id, selection, nil)
		Expect(mtm.Code(err)).To(Equal(code))
	},
		Entry("CreateReceipt, dead in the original", 1048579, -5),
		Entry("CancelSendOnNextConnection, dead in the original", 1048599, -5),
		Entry("below the table", 1048575, -5),
		Entry("above the table", 1048608, -5),
		Entry("get mail without its parameter", 1048580, -6),
		Entry("populate without its parameter", 1048605, -6),
		Entry("a reply without its parameter", 1048601, -6),
	)

	It("needs the service entry, and the original of an answer", func() {
		_, err := mtm.Function(1048577, nil, nil)
		Expect(err).To(MatchError(mtm.ErrArgument))
		_, err = mtm.Function(1048602, selection[:1], mtm.CreateOptions{})
		Expect(err).To(MatchError(mtm.ErrArgument))
	})
})

var _ = Describe("Status queries (behaviour section 0)", func() {
	It("answer truly, at any time", func() {
		ctx := context.Background()
		b := newBench(nil, nil, mails(1))
		Expect(b.box.InvokeSync(ctx, mtm.IsConnected{})).To(MatchError(mtm.ErrDisconnected))
		Expect(b.box.InvokeSync(ctx, mtm.Busy{})).To(Succeed())
		b.srv.On(fakeserver.Match{Verb: "RETR"}, fakeserver.Auto.With(edit.CutAfter(0, edit.Stall)))
		b.mustDo(mtm.Connect{})
		Expect(b.box.InvokeSync(ctx, mtm.IsConnected{})).To(Succeed())
		op, err := b.box.InvokeAsync(ctx, mtm.Populate{Which: mtm.All})
		Expect(err).NotTo(HaveOccurred())
		Expect(b.box.InvokeSync(ctx, mtm.Busy{})).To(MatchError(mtm.ErrBusy))
		Expect(b.box.InvokeSync(ctx, mtm.IsConnected{})).To(Succeed())
		op.Cancel()
		Expect(op.Wait()).To(MatchError(mtm.ErrCancelled))
		Expect(b.box.InvokeSync(ctx, mtm.IsConnected{})).To(MatchError(mtm.ErrDisconnected))
		Expect(b.box.InvokeSync(ctx, mtm.Busy{})).To(Succeed())
	})
})
