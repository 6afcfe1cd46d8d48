package pop3_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing/iotest"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/fakeserver"
	"pop3mtm/mtm/pop3"
)

var _ = Describe("XTND XMIT", func() {
	ctx := context.Background()
	open := func(o *fakeserver.Options) *pop3.Session {
		GinkgoHelper()
		srv := fakeserver.Start(GinkgoTB(), nil, o)
		conn, err := net.Dial("tcp", srv.Addr())
		Expect(err).NotTo(HaveOccurred())
		s, err := pop3.NewSession(ctx, conn, nil)
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(s.Close)
		Expect(s.Apop(ctx, "demo", "demo")).To(Succeed())
		return s
	}

	It("sends a message with every octet, and the session stays usable", func() {
		var sent []string
		s := open(&fakeserver.Options{Submit: func(_ string, message []byte) error {
			sent = append(sent, string(message))
			return nil
		}})
		for _, text := range []string{"To: b\r\n\r\n.\r\n..\r\nend\r\n", "no line end", strings.Repeat(".x\r\n", 50_000)} {
			Expect(s.XtndXmit(ctx, strings.NewReader(text))).To(Succeed())
			Expect(strings.TrimSuffix(sent[len(sent)-1], "\r\n")).To(Equal(strings.TrimSuffix(text, "\r\n")))
		}
		Expect(s.Quit(ctx)).To(Succeed())
	})

	It("returns a refusal, and the session stays usable", func() {
		var refused *pop3.ReplyError
		s := open(nil)
		Expect(errors.As(s.XtndXmit(ctx, strings.NewReader("a")), &refused)).To(BeTrue())
		Expect(s.Noop(ctx)).To(Succeed())
		s = open(&fakeserver.Options{Submit: func(string, []byte) error { return errors.New("nobody there") }})
		Expect(errors.As(s.XtndXmit(ctx, strings.NewReader("a")), &refused)).To(BeTrue())
		Expect(s.Noop(ctx)).To(Succeed())
	})

	It("does not complete a message that cannot be read to its end", func() {
		sent := 0
		s := open(&fakeserver.Options{Submit: func(string, []byte) error { sent++; return nil }})
		broken := errors.New("broken")
		Expect(s.XtndXmit(ctx, iotest.ErrReader(broken))).To(MatchError(broken))
		Expect(s.Err()).To(MatchError(broken))
		Expect(sent).To(BeZero())
	})
})
