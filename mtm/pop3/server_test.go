package pop3_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/edit"
	"pop3mtm/fakeserver/maildrop"
	"pop3mtm/fixtures"
	"pop3mtm/mtm/pop3"
)

// collects is a sink that keeps every message.
type collects struct {
	bytes.Buffer
	got map[int]string
}

func (c *collects) Message(int) (io.Writer, error) {
	c.Reset()
	return c, nil
}

func (c *collects) Done(n int, _ int64, err error) error {
	c.got[n] = c.String()
	return err
}

var _ = Describe("With a correct server", func() {
	ctx := context.Background()

	login := func(srv *fakeserver.Server) *pop3.Session {
		GinkgoHelper()
		conn, err := net.Dial("tcp", srv.Addr())
		Expect(err).NotTo(HaveOccurred())
		s, err := pop3.NewSession(ctx, conn, nil)
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(s.Close)
		Expect(s.Apop(ctx, "demo", "demo")).To(Succeed())
		return s
	}

	// served returns a message as a client must store it: with a CRLF at its end.
	served := func(m maildrop.Message) string {
		GinkgoHelper()
		raw, err := maildrop.Read(m)
		Expect(err).NotTo(HaveOccurred())
		if len(raw) > 0 && !bytes.HasSuffix(raw, []byte("\r\n")) {
			raw = append(bytes.Clone(raw), "\r\n"...)
		}
		return string(raw)
	}

	It("fetches every nasty message exactly, one by one and pipelined, with the sizes in LIST", func() {
		mail := fixtures.Nasty()
		s := login(fakeserver.Start(GinkgoTB(), fakeserver.NewMaildrop(mail...), nil))
		list, err := s.List(ctx)
		Expect(err).NotTo(HaveOccurred())
		uids, err := s.Uidl(ctx)
		Expect(err).NotTo(HaveOccurred())
		stat, err := s.Stat(ctx)
		Expect(err).NotTo(HaveOccurred())
		Expect(stat.Count).To(Equal(len(mail)))
		Expect(list).To(HaveLen(len(mail)))
		for i, m := range mail {
			want := served(m)
			Expect(uids[i]).To(Equal(pop3.UID{Number: i + 1, UID: m.UID()}))
			Expect(list[i]).To(Equal(pop3.Listing{Number: i + 1, Octets: int64(len(want))}), m.UID())
			stat.Octets -= list[i].Octets
			var w bytes.Buffer
			_, err := s.Retr(ctx, i+1, &w)
			Expect(err).NotTo(HaveOccurred())
			Expect(w.String() == want).To(BeTrue(), "one by one: %s", m.UID())
		}
		Expect(stat.Octets).To(BeZero())

		caps, err := s.Capa(ctx)
		Expect(err).NotTo(HaveOccurred())
		Expect(caps.Has("PIPELINING")).To(BeTrue())
		all := &collects{got: map[int]string{}}
		Expect(s.RetrAll(ctx, numbers(len(mail)), all)).To(Succeed())
		for i, m := range mail {
			Expect(all.got[i+1] == served(m)).To(BeTrue(), "pipelined: %s", m.UID())
		}
		Expect(s.Quit(ctx)).To(Succeed())
	})

	It("deletes at QUIT, but not when the connection is closed without it", func() {
		drop := fakeserver.NewMaildrop(fixtures.Nasty()[:4]...)
		srv := fakeserver.Start(GinkgoTB(), drop, nil)
		none := func(_ int, err error) error { return err }

		s := login(srv)
		Expect(s.DeleAll(ctx, []int{1, 2}, none)).To(Succeed())
		Expect(s.Close()).To(Succeed())
		Eventually(drop.Locked).WithTimeout(patience).Should(BeFalse())
		Expect(drop.UIDs()).To(HaveLen(4))

		s = login(srv)
		Expect(s.DeleAll(ctx, []int{1, 2, 3}, none)).To(Succeed())
		Expect(s.Rset(ctx)).To(Succeed())
		Expect(s.Dele(ctx, 4)).To(Succeed())
		Expect(s.Dele(ctx, 4)).To(BeAssignableToTypeOf(&pop3.ReplyError{}))
		Expect(s.Quit(ctx)).To(Succeed())
		Expect(drop.UIDs()).To(HaveLen(3))
	})

	It("returns the response code of a locked mailbox (quirk 28)", func() {
		srv := fakeserver.Start(GinkgoTB(), fakeserver.NewMaildrop(fixtures.Nasty()[0]), &fakeserver.Options{LockWait: -1})
		login(srv)
		conn, err := net.Dial("tcp", srv.Addr())
		Expect(err).NotTo(HaveOccurred())
		s, err := pop3.NewSession(ctx, conn, nil)
		Expect(err).NotTo(HaveOccurred())
		defer func() { Expect(s.Close()).To(Succeed()) }()
		Expect(s.User(ctx, "demo")).To(Succeed())
		var refused *pop3.ReplyError
		Expect(errors.As(s.Pass(ctx, "demo"), &refused)).To(BeTrue())
		Expect(refused.Code).To(Equal("IN-USE"))
	})

	It("reports in which message the connection was cut, and earlier messages are complete", func() {
		srv := fakeserver.Start(GinkgoTB(), fakeserver.NewMaildrop(fixtures.Nasty()[:3]...), nil)
		srv.On(fakeserver.Match{Verb: "RETR", Args: "2"}, fakeserver.Auto.With(edit.CutAfter(100, edit.Close))).Must()
		s := login(srv)
		_, err := s.Capa(ctx)
		Expect(err).NotTo(HaveOccurred())
		all := &collects{got: map[int]string{}}
		err = s.RetrAll(ctx, []int{1, 2, 3}, all)
		var cut *pop3.LineError
		Expect(errors.As(err, &cut)).To(BeTrue())
		Expect(cut.Number).To(Equal(2))
		Expect(all.got).To(HaveLen(1))
		Expect(s.Err()).To(BeIdenticalTo(err))
	})
})
