package autosend_test

import (
	"context"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/fakeserver/edit"
	"pop3mtm/fakeserver/smtpsink"
	"pop3mtm/fixtures"
	"pop3mtm/mtm/account"
	"pop3mtm/mtm/autosend"
	"pop3mtm/mtm/store"
	"pop3mtm/mtm/symbian"
)

var _ = Describe("Autosend", func() {
	ctx := context.Background()

	It("sends Waiting, Scheduled and Resend over one connection, and leaves the rest (T_imcm07)", func() {
		b := newBench(nil)
		sent := []store.ID{b.queue("waiting", store.SendWaiting), b.queue("scheduled", store.SendScheduled), b.queue("resend", store.SendResend)}
		left := map[store.ID]store.SendingState{
			b.queue("request", store.SendUponRequest): store.SendUponRequest, b.queue("suspended", store.SendSuspended): store.SendSuspended,
			b.queue("failed", store.SendFailed): store.SendFailed, b.queue("unknown", store.SendUnknown): store.SendUnknown,
		}
		Expect(b.run(nil)).To(Equal(autosend.Result{Sent: 3}))
		Expect(b.subjects()).To(Equal([]string{"waiting", "scheduled", "resend"}))
		Expect(b.sink.Sessions()).To(Equal(1))
		for _, id := range sent {
			Expect(b.entry(id)).To(And(HaveField("Parent", store.Sent), HaveField("Sending", store.SendSent)))
			Expect(b.outgoing(id)).To(And(HaveField("Lease", store.Lease{}), HaveField("Attempts", 1), HaveField("Reason", ""),
				HaveField("Recipients", HaveEach(HaveField("State", store.RecipientAccepted)))))
		}
		for id, state := range left {
			Expect(b.entry(id)).To(And(HaveField("Parent", store.Outbox), HaveField("Sending", state)))
		}
		Expect(b.fails(nil)).To(MatchError(symbian.ErrNothingToSend))
	})

	It("sends a selection whatever its state, but never what is sent or of another service", func() {
		b := newBench(nil)
		held := b.queue("held", store.SendSuspended)
		sent := b.queue("sent", store.SendSent)
		own := b.smtp
		b.smtp = own + 1000
		foreign := b.queue("foreign", store.SendWaiting)
		b.smtp = own
		Expect(b.run(&autosend.Options{Selection: []store.ID{held, sent, foreign, 9999}})).To(Equal(autosend.Result{Sent: 1}))
		Expect(b.subjects()).To(Equal([]string{"held"}))
		Expect(b.entry(foreign).Sending).To(Equal(store.SendWaiting))
	})

	It("needs the id of an SMTP service", func() {
		b := newBench(nil)
		for _, id := range []store.ID{0, store.Inbox, b.smtp - 1, 9999} {
			Expect(autosend.Run(ctx, b.store, id, nil)).Error().To(MatchError(symbian.ErrNotFound), "%d", id)
		}
	})

	It("sends to all, and names those of Bcc nowhere", func() {
		b := newBench(nil)
		text := "To: bob@example.org\r\nbCC : eve@example.org,\r\n zoe@example.org\r\nSubject: hidden\r\n\r\nBcc: not a field\r\n.\r\n"
		b.put(text, "hidden", store.SendWaiting, "bob@example.org", "eve@example.org", "zoe@example.org")
		Expect(b.run(nil)).To(Equal(autosend.Result{Sent: 1}))
		Expect(b.sink.Messages()[0].Recipients).To(Equal([]string{"bob@example.org", "eve@example.org", "zoe@example.org"}))
		Expect(string(b.sink.Messages()[0].Data)).To(Equal("To: bob@example.org\r\nSubject: hidden\r\n\r\nBcc: not a field\r\n.\r\n"))
	})

	It("gives every server the same line ends", func() {
		b := newBench(nil)
		b.put("Subject: ends\n\nbare LF\nbare CR\r.\r\n.\r\nlast\r", "ends", store.SendWaiting)
		Expect(b.run(nil)).To(Equal(autosend.Result{Sent: 1}))
		Expect(string(b.sink.Messages()[0].Data)).To(Equal("Subject: ends\r\n\r\nbare LF\r\nbare CR\r\n.\r\n.\r\nlast\r\n"))
	})

	It("streams a large message, a Bcc field of any length left out", func() {
		b := newBench(nil)
		head, tail := "Subject: large\r\n", "\r\n"+strings.Repeat(strings.Repeat("x", 70)+"\r\n", 15_000)
		b.put(head+"Bcc: "+strings.Repeat("eve@example.org, ", 20_000)+"\r\n"+tail, "large", store.SendWaiting)
		Expect(b.run(nil)).To(Equal(autosend.Result{Sent: 1}))
		Expect(string(b.sink.Messages()[0].Data) == head+tail).To(BeTrue())
	})

	It("marks what can never be sent as failed, and sends the rest", func() {
		b := newBench(nil)
		bad := map[store.ID]string{}
		for _, address := range []string{"bob", "@example.org", "bob@", "bob@example.org> SIZE=1 <x@y", "bob@example.org\r\nRSET", "a b@example.org"} {
			bad[b.queue("bad", store.SendWaiting, address)] = "is not an address"
		}
		empty := b.queue("nobody", store.SendWaiting)
		batch := b.store.NewBatch()
		batch.SetOutgoing(&store.Entry{ID: empty}, store.Outgoing{})
		bare := &store.Entry{Parent: store.Outbox, Type: store.TypeMessage, Service: b.smtp, Sending: store.SendWaiting}
		batch.Add(bare)
		batch.SetOutgoing(bare, store.Outgoing{Recipients: []store.Recipient{{Address: "bob@example.org"}}})
		Expect(batch.Commit(ctx)).To(Succeed())
		bad[empty], bad[bare.ID] = "no recipients", "its text is missing"
		b.queue("good", store.SendWaiting)
		result, err := b.run(nil)
		Expect(err).To(HaveOccurred())
		Expect(result).To(Equal(autosend.Result{Sent: 1, Failed: len(bad)}))
		Expect(b.subjects()).To(Equal([]string{"good"}))
		for id, reason := range bad {
			Expect(b.entry(id)).To(And(HaveField("Sending", store.SendFailed), HaveField("Parent", store.Outbox)))
			Expect(b.entry(id).Flags.Has(store.Failed)).To(BeTrue())
			Expect(b.outgoing(id).Reason).To(ContainSubstring(reason))
		}
		Expect(b.sink.Transcripts()[0].String()).NotTo(Or(ContainSubstring("RSET\\"), ContainSubstring("SIZE=1 <")))
	})

	DescribeTable("records a refusal with its reason and number; a permanent one is not tried again unasked",
		func(verb string, code int, number symbian.Code) {
			state := store.SendWaiting
			if code >= 500 {
				state = store.SendFailed
			}
			b := newBench(nil)
			b.on(verb, "", smtpsink.Refuse(code, "we will\thave none of it")).Once()
			first, second := b.queue("first", store.SendWaiting), b.queue("second", store.SendWaiting)
			result, err := b.run(nil)
			Expect(err).To(MatchError(number))
			Expect(result).To(Equal(autosend.Result{Sent: 1, Failed: 1}))
			Expect(b.entry(first)).To(And(HaveField("Parent", store.Outbox), HaveField("Sending", state)))
			Expect(b.entry(first).Flags.Has(store.Failed)).To(BeTrue())
			Expect(b.outgoing(first)).To(And(HaveField("Code", int(number)), HaveField("Lease", store.Lease{}),
				HaveField("Reason", ContainSubstring("we will have none of it"))))
			Expect(b.entry(second).Parent).To(Equal(store.Sent))
			Expect(b.sink.Sessions()).To(Equal(1))
			if state == store.SendFailed {
				Expect(b.fails(nil)).To(MatchError(symbian.ErrNothingToSend))
				return
			}
			Expect(b.run(nil)).To(Equal(autosend.Result{Sent: 1}))
			Expect(b.entry(first).Flags.Has(store.Failed)).To(BeFalse())
			Expect(b.subjects()).To(Equal([]string{"second", "first"}))
		},
		Entry(nil, "MAIL", 550, symbian.ErrAccessDenied), Entry(nil, "MAIL", 451, symbian.ErrBadMailFrom),
		Entry(nil, "RCPT", 553, symbian.ErrAccessDenied), Entry(nil, "RCPT", 450, symbian.ErrBadRcptTo),
		Entry(nil, "DATA", 452, symbian.ErrUnknown), Entry(nil, "DATA", 554, symbian.ErrAccessDenied),
		Entry(nil, ".", 554, symbian.ErrAccessDenied), Entry(nil, ".", 452, symbian.ErrUnknown),
	)

	It("sends to those whom the server takes, and later only to the others", func() {
		b := newBench(nil)
		b.on("RCPT", "TO:<eve@example.org>", smtpsink.Refuse(450, "busy")).Once()
		id := b.queue("hello", store.SendWaiting, "bob@example.org", "eve@example.org")
		Expect(b.fails(nil)).To(MatchError(And(ContainSubstring("eve@example.org: 450 busy"), Not(ContainSubstring("bob")))))
		Expect(b.entry(id)).To(And(HaveField("Parent", store.Outbox), HaveField("Sending", store.SendWaiting)))
		Expect(b.run(nil)).To(Equal(autosend.Result{Sent: 1}))
		Expect(b.sink.Messages()).To(HaveExactElements(HaveField("Recipients", []string{"bob@example.org"}), HaveField("Recipients", []string{"eve@example.org"})))
	})

	It("sends once more to those whom the server has no room for in one message", func() {
		b := newBench(&smtpsink.Options{MaxRecipients: 2})
		b.queue("many", store.SendWaiting, "a@example.org", "b@example.org", "c@example.org", "d@example.org", "e@example.org")
		Expect(b.run(nil)).To(Equal(autosend.Result{Sent: 1}))
		Expect(b.sink.Messages()).To(HaveExactElements(HaveField("Recipients", HaveLen(2)), HaveField("Recipients", HaveLen(2)),
			HaveField("Recipients", []string{"e@example.org"})))
	})

	DescribeTable("connects again after a line that broke, and the message stays with the reason",
		func(verb string, edit edit.Edit) {
			b := newBench(nil)
			b.on(verb, "", edit).Once()
			first, second := b.queue("first", store.SendWaiting), b.queue("second", store.SendWaiting)
			result, err := b.run(nil)
			Expect(err).To(HaveOccurred())
			Expect(result).To(Equal(autosend.Result{Sent: 1, Failed: 1}))
			Expect(b.entry(first).Sending).To(Equal(store.SendWaiting))
			Expect(b.outgoing(first).Reason).NotTo(BeEmpty())
			Expect(b.entry(second).Parent).To(Equal(store.Sent))
			Expect(b.sink.Sessions()).To(Equal(2))
		},
		Entry("at MAIL", "MAIL", edit.CutAfter(0, edit.Close)),
		Entry("at RCPT", "RCPT", edit.CutAfter(5, edit.Reset)),
		Entry("at DATA", "DATA", edit.CutAfter(0, edit.Reset)),
		Entry("after the dot", ".", edit.CutAfter(0, edit.Close)),
		Entry("with 421", "MAIL", smtpsink.Refuse(421, "going down")),
		Entry("with nonsense", "RCPT", edit.Raw("what?\r\n")),
		Entry("with a reply without end", "MAIL", edit.Raw(strings.Repeat("250-more\r\n", 40_000))),
	)

	It("sends a message again whose reply was lost: both copies have one Message-ID", func() {
		b := newBench(nil)
		b.on(".", "", smtpsink.LoseReply(edit.Close)).Once()
		id := b.queue("twice", store.SendWaiting)
		Expect(b.fails(nil)).To(MatchError(ContainSubstring("may have been delivered")))
		Expect(b.entry(id).Sending).To(Equal(store.SendWaiting))
		Expect(b.run(nil)).To(Equal(autosend.Result{Sent: 1}))
		Expect(b.sink.Messages()).To(HaveLen(2))
		Expect(b.sink.Messages()[0].Data).To(Equal(b.sink.Messages()[1].Data))
	})

	It("gives up when each connection breaks, and touches no more messages", func() {
		b := newBench(nil)
		b.on("MAIL", "", edit.CutAfter(0, edit.Close))
		for range 5 {
			b.queue("x", store.SendWaiting)
		}
		result, err := b.run(nil)
		Expect(err).To(HaveOccurred())
		Expect(result.Failed).To(Equal(3))
		Expect(b.sink.Sessions()).To(Equal(3))
	})

	DescribeTable("changes no message when it does not get to the server",
		func(verb string, edit edit.Edit, number symbian.Code) {
			b := newBench(&smtpsink.Options{TLS: fixtures.NewCA().Server()}, func(p *account.POP3) {
				if verb == "STARTTLS" || verb == "TLS" {
					p.SMTP.Security = account.Security{TLS: account.StartTLS, SkipVerify: true}
				}
			})
			b.on(verb, "", edit)
			id := b.queue("x", store.SendWaiting)
			Expect(b.fails(nil)).To(MatchError(number))
			Expect(b.entry(id)).To(And(HaveField("Sending", store.SendWaiting), HaveField("Flags", store.Complete)))
			Expect(b.outgoing(id).Attempts).To(BeZero())
		},
		Entry(nil, "CONNECT", smtpsink.Refuse(554, "no"), symbian.ErrCannotConnect),
		Entry(nil, "CONNECT", edit.Raw("hello\r\n"), symbian.ErrDisconnected),
		Entry(nil, "EHLO", smtpsink.Refuse(550, "no"), symbian.ErrCannotConnect),
		Entry(nil, "STARTTLS", smtpsink.Refuse(454, "no"), symbian.ErrSMTPTLS),
		Entry(nil, "TLS", edit.Raw("no TLS here"), symbian.ErrSMTPTLS),
	)

	It("ends well when QUIT fails", func() {
		b := newBench(nil)
		b.on("QUIT", "", smtpsink.Refuse(500, "no"))
		b.queue("x", store.SendWaiting)
		Expect(b.run(nil)).To(Equal(autosend.Result{Sent: 1}))
	})

	It("says when nobody answers", func() {
		b := newBench(nil, func(p *account.POP3) { p.SMTP.Port = 1 })
		b.queue("x", store.SendWaiting)
		Expect(b.fails(nil)).To(MatchError(symbian.ErrCannotConnect))
	})
})
