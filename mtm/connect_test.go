package mtm_test

import (
	"context"
	"errors"
	"net"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/edit"
	"pop3mtm/mtm"
	"pop3mtm/mtm/account"
	"pop3mtm/mtm/progress"
	"pop3mtm/mtm/store"
)

var _ = Describe("Connecting", func() {
	It("logs in, fetches the headers and stays online", func() {
		b := newBench(nil, nil, mails(3))
		op := b.mustDo(mtm.Connect{})
		Expect(b.box.Connected()).To(BeTrue())
		Expect(b.box.Busy()).To(BeFalse())
		Expect(op.Progress()).To(Equal(progress.Snapshot{
			Phase: progress.Refreshing, SubPhase: progress.Refreshing, TotalMessages: 3, Service: int64(b.id),
		}))
		entries := b.mailbox()
		Expect(uids(entries)).To(Equal([]string{"u3", "u2", "u1"}), "behaviour section 4: highest number first")
		e := entries[2]
		Expect(e.Details).To(Equal("Writer 1 <w1@example.org>"))
		Expect(e.Description).To(Equal("Letter 1"))
		Expect(e.MessageID).To(Equal("1@example.org"))
		Expect(e.Size).To(BeEquivalentTo(len(raw(1))))
		Expect(e.Flags).To(Equal(store.New | store.Unread))
		Expect(e.Sending).To(Equal(store.SendNotApplicable))
		Expect(e.Body.Kind).To(Equal(store.BodyHeader))
		Expect(string(b.body(e.ID))).To(HaveSuffix("\r\n\r\n"))
		service, err := b.store.Entry(context.Background(), b.id)
		Expect(err).NotTo(HaveOccurred())
		Expect(service.Flags.Has(store.Connected)).To(BeTrue())
		Expect(service.RemoteCount).To(Equal(3))
		b.sound()
	})

	It("asks for capabilities before and after the login", func() {
		b := newBench(nil, nil, mails(1))
		b.mustDo(mtm.Connect{})
		b.mustDo(mtm.Disconnect{})
		Expect(b.commands()).To(HaveExactElements(
			"CAPA", "USER demo", HavePrefix("PASS "), "CAPA", "STAT", "LIST", "UIDL", "TOP 1 1", "STAT", "QUIT"))
	})

	It("hides the mailbox when the session ends, and shows it in disconnected mode", func() {
		b := newBench(nil, nil, mails(1))
		b.mustDo(mtm.Connect{})
		b.mustDo(mtm.Disconnect{})
		Expect(b.mailbox()[0].Flags).To(Equal(store.New | store.Invisible))
		Expect(b.box.Connected()).To(BeFalse())
		b = newBench(nil, nil, mails(1), func(p *account.POP3) { p.DisconnectedMode = true })
		b.mustDo(mtm.Connect{})
		b.mustDo(mtm.Disconnect{})
		Expect(b.mailbox()[0].Flags).To(Equal(store.New | store.Unread))
	})

	DescribeTable("chooses how to log in", func(auth account.Auth, command string) {
		b := newBench(nil, nil, nil, func(p *account.POP3) { p.Auth = auth })
		b.mustDo(mtm.Connect{})
		b.mustDo(mtm.Disconnect{})
		Expect(b.commands()[1]).To(HavePrefix(command))
	},
		Entry("the strongest of what is offered, by itself", account.Auto, "AUTH SCRAM-SHA-256"),
		Entry("USER/PASS when told", account.UserPass, "USER demo"),
		Entry("APOP when told", account.APOP, "APOP demo "),
	)

	It("prefers APOP where somebody could listen, and refuses clear text there", func() {
		elsewhere := func(p *account.POP3) { p.Host, p.Auth = "mail.example.org", account.Auto }
		var dialler net.Dialer
		for _, without := range [][]string{nil, {"APOP"}} {
			options := &mtm.Options{}
			b := newBench(&fakeserver.Options{Without: without, Mechanisms: []string{}}, options, nil, elsewhere)
			options.Dial = func(ctx context.Context, network, _ string) (net.Conn, error) {
				return dialler.DialContext(ctx, network, b.srv.Addr())
			}
			b.open(options)
			_, err := b.do(mtm.Connect{})
			if without == nil {
				Expect(err).NotTo(HaveOccurred())
				continue
			}
			Expect(err).To(MatchError(mtm.ErrAuthenticationFailed))
			Expect(err).To(MatchError(ContainSubstring("allow-plaintext")))
		}
	})

	DescribeTable("tells why it failed", func(match fakeserver.Match, edit edit.Edit, auth account.Auth, want error, code int) {
		b := newBench(nil, nil, mails(1), func(p *account.POP3) { p.Auth = auth })
		b.srv.On(match, fakeserver.Auto.With(edit)).Once().Must()
		op, err := b.do(mtm.Connect{})
		Expect(err).To(MatchError(want))
		Expect(mtm.Code(err)).To(Equal(code))
		Expect(op.Progress().Code).To(BeEquivalentTo(code))
		Expect(b.box.Connected()).To(BeFalse())
		service, err := b.store.Entry(context.Background(), b.id)
		Expect(err).NotTo(HaveOccurred())
		Expect(service.Flags.Has(store.Connected)).To(BeFalse())
		Expect(b.commands()).NotTo(ContainElement("QUIT"), "behaviour section 3: no QUIT after a failure")
		_, err = b.do(mtm.Connect{})
		Expect(err).NotTo(HaveOccurred(), "the client can connect again")
	},
		Entry("greeting (1)", fakeserver.Match{Verb: "CONNECT"}, edit.Refuse("not you"), account.UserPass, mtm.ErrCannotConnect, -170),
		Entry("USER", fakeserver.Match{Verb: "USER"}, edit.Refuse("who?"), account.UserPass, mtm.ErrInvalidUser, -171),
		Entry("PASS", fakeserver.Match{Verb: "PASS"}, edit.Refuse("no"), account.UserPass, mtm.ErrInvalidLogin, -172),
		Entry("APOP", fakeserver.Match{Verb: "APOP"}, edit.Refuse("no"), account.APOP, mtm.ErrInvalidAPOP, -177),
		Entry("in use (28)", fakeserver.Match{Verb: "PASS"}, edit.Refuse("[IN-USE] later"), account.UserPass, mtm.ErrInUse, -14),
		Entry("STAT", fakeserver.Match{Verb: "STAT"}, edit.Refuse("no"), account.UserPass, mtm.ErrServer, -174),
		Entry("LIST", fakeserver.Match{Verb: "LIST"}, edit.Refuse("no"), account.UserPass, mtm.ErrServer, -174),
		Entry("nonsense", fakeserver.Match{Verb: "STAT"}, edit.Raw("what?\r\n"), account.UserPass, mtm.ErrServer, -174),
		Entry("a lost line", fakeserver.Match{Verb: "UIDL"}, edit.CutAfter(4, edit.Close), account.UserPass, mtm.ErrDisconnected, -36),
	)

	It("never shows the password in an error or a transcript", func() {
		b := newBench(nil, nil, nil, func(p *account.POP3) { p.Password.Literal = "sesame-1234" })
		_, err := b.do(mtm.Connect{})
		Expect(err).To(MatchError(mtm.ErrInvalidLogin))
		Expect(err.Error()).NotTo(ContainSubstring("sesame"))
		for _, transcript := range b.srv.Transcripts() {
			Expect(transcript.String()).NotTo(ContainSubstring("sesame"))
		}
	})

	It("says which server does not answer", func() {
		options := &mtm.Options{Dial: func(context.Context, string, string) (net.Conn, error) {
			return nil, &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
		}}
		b := newBench(nil, options, nil)
		_, err := b.do(mtm.Connect{})
		Expect(err).To(MatchError(mtm.ErrCannotConnect))
		Expect(err).To(MatchError(ContainSubstring("connect, connecting")))
		options.Dial = func(context.Context, string, string) (net.Conn, error) {
			return nil, &net.DNSError{Err: "no such host", Name: "mail.invalid", IsNotFound: true}
		}
		b.open(options)
		_, err = b.do(mtm.Connect{})
		Expect(err).To(MatchError(mtm.ErrHostNotFound))
	})

	It("with a sync limit of 0 logs in, looks at nothing and can disconnect", func() {
		b := newBench(nil, nil, mails(3), func(p *account.POP3) { p.SyncLimit = 0 })
		b.mustDo(mtm.Connect{})
		Expect(b.box.Connected()).To(BeTrue())
		Expect(b.mailbox()).To(BeEmpty())
		b.mustDo(mtm.Disconnect{})
		Expect(b.commands()).To(HaveExactElements("CAPA", "USER demo", HavePrefix("PASS "), "CAPA", "QUIT"))
	})
})

var _ = Describe("Commands that cannot start", func() {
	invoke := func(b *bench, cmd mtm.Command) error {
		_, err := b.box.InvokeAsync(context.Background(), cmd)
		return err
	}

	It("are refused by the state of the line", func() {
		b := newBench(nil, nil, mails(1))
		Expect(invoke(b, get(mtm.All, mtm.Copy, mtm.WhileConnected))).To(MatchError(mtm.ErrDisconnected))
		b.mustDo(mtm.Connect{})
		Expect(invoke(b, mtm.Connect{})).To(MatchError(mtm.ErrAlreadyConnected))
		Expect(mtm.Code(invoke(b, get(mtm.All, mtm.Copy, mtm.StayOnline)))).To(Equal(-214))
	})

	It("are refused while another one runs", func() {
		b := newBench(nil, nil, mails(1))
		b.srv.On(fakeserver.Match{Verb: "STAT"}, fakeserver.Auto.With(edit.CutAfter(0, edit.Stall)))
		op, err := b.box.InvokeAsync(context.Background(), mtm.Connect{})
		Expect(err).NotTo(HaveOccurred())
		Expect(b.box.Busy()).To(BeTrue())
		Expect(invoke(b, mtm.Connect{})).To(MatchError(mtm.ErrBusy))
		op.Cancel()
		Expect(op.Wait()).To(MatchError(mtm.ErrCancelled))
		Expect(op.Progress().Code).To(BeEquivalentTo(-3))
	})

	It("are refused for wrong parameters before the server hears of it", func() {
		b := newBench(nil, nil, mails(1))
		Expect(invoke(b, mtm.GetMail{Link: mtm.ThenDisconnect, Into: 999})).To(MatchError(mtm.ErrNotFound))
		Expect(invoke(b, mtm.GetMail{Link: mtm.ThenDisconnect, Into: b.id})).To(MatchError(mtm.ErrNotSupported))
		Expect(invoke(b, mtm.GetMail{Which: 7, Into: store.Inbox})).To(MatchError(mtm.ErrArgument))
		Expect(b.srv.Transcripts()).To(BeEmpty())
		_, err := mtm.Open(b.store, store.Inbox, nil)
		Expect(err).To(MatchError(mtm.ErrCannotOpenService))
		Expect(b.box.Close()).To(Succeed())
		Expect(invoke(b, mtm.Connect{})).To(MatchError(ContainSubstring("closed")))
	})
})

var _ = Describe("Disconnecting", func() {
	It("succeeds offline at once", func() {
		b := newBench(nil, nil, nil)
		b.mustDo(mtm.Disconnect{})
		Expect(b.srv.Transcripts()).To(BeEmpty())
	})

	It("ends what runs and drops the line without QUIT", func() {
		b := newBench(nil, nil, mails(1))
		silent := b.srv.On(fakeserver.Match{Verb: "STAT"}, fakeserver.Auto.With(edit.CutAfter(0, edit.Stall))).Once().Must()
		op, err := b.box.InvokeAsync(context.Background(), mtm.Connect{})
		Expect(err).NotTo(HaveOccurred())
		Eventually(silent.Fired).WithTimeout(patience).Should(Equal(1))
		b.mustDo(mtm.Disconnect{})
		Expect(op.Wait()).To(MatchError(mtm.ErrCancelled))
		Expect(b.box.Connected()).To(BeFalse())
		Expect(b.commands()).NotTo(ContainElement("QUIT"))
		b.mustDo(mtm.Connect{})
	})

	It("takes a refused QUIT for done", func() {
		b := newBench(nil, nil, mails(1))
		b.srv.On(fakeserver.Match{Verb: "QUIT"}, fakeserver.Auto.With(edit.Refuse("some mail was not deleted"))).Must()
		b.mustDo(mtm.Connect{})
		b.mustDo(mtm.Disconnect{})
		Expect(b.box.Connected()).To(BeFalse())
	})
})
