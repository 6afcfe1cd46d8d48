package pop3_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"net"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/fakeserver"
	"pop3mtm/fixtures"
	"pop3mtm/mtm/pop3"
)

var _ = Describe("With a server that sends its replies in pieces", func() {
	ctx := context.Background()

	// everything that a client can learn, one by one and pipelined
	everything := func(fragment fakeserver.Fragment, secure bool) []any {
		GinkgoHelper()
		ca := fixtures.NewCA()
		srv := fakeserver.Start(GinkgoTB(), fakeserver.NewMaildrop(fixtures.Mail()...),
			&fakeserver.Options{Fragment: fragment, TLS: ca.Server(), Without: []string{"APOP"}})
		conn, err := net.Dial("tcp", srv.Addr())
		Expect(err).NotTo(HaveOccurred())
		s, err := pop3.NewSession(ctx, conn, nil)
		Expect(err).NotTo(HaveOccurred())
		defer func() { Expect(s.Close()).To(Succeed()) }()
		if secure {
			Expect(s.Stls(ctx, &tls.Config{RootCAs: ca.Pool(), ServerName: "localhost", MinVersion: tls.VersionTLS12})).To(Succeed())
		}
		Expect(s.User(ctx, "demo")).To(Succeed())
		Expect(s.Pass(ctx, "demo")).To(Succeed())
		capa, err := s.Capa(ctx)
		Expect(err).NotTo(HaveOccurred())
		list, err := s.List(ctx)
		Expect(err).NotTo(HaveOccurred())
		uids, err := s.Uidl(ctx)
		Expect(err).NotTo(HaveOccurred())
		var top bytes.Buffer
		_, err = s.Top(ctx, 1, 2, &top)
		Expect(err).NotTo(HaveOccurred())
		got := map[int]string{}
		numbers := make([]int, len(list))
		for i := range list {
			numbers[i] = list[i].Number
		}
		Expect(s.RetrAll(ctx, numbers, &collects{got: got})).To(Succeed())
		Expect(s.Quit(ctx)).To(Succeed())
		return []any{capa, list, uids, top.String(), got}
	}

	It("the client reads the same, whatever the pieces are", func() {
		whole := everything(fakeserver.Whole, false)
		for _, fragment := range fakeserver.Fragments() {
			Expect(everything(fragment, false)).To(Equal(whole), fragment.String())
			Expect(everything(fragment, true)[1:]).To(Equal(whole[1:]), fragment.String()+" over TLS")
		}
	})
})
