package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/cmd/bench/internal/report"
	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/edit"
	"pop3mtm/fakeserver/maildrop"
	"pop3mtm/fixtures"
)

var _ = Describe("bench with a target", func() {
	// mail ends without a line end and begins lines with dots: what a server may hold.
	mail := fixtures.Mail("plain", "dots", "html")

	target := func(o *fakeserver.Options) *fakeserver.Server {
		o.Users = map[string]fakeserver.User{}
		for i := range 3 {
			o.Users[fmt.Sprintf("user%d", i+1)] = fakeserver.User{Password: "secret", Maildrop: fakeserver.NewMaildrop(mail...)}
		}
		return fakeserver.Start(GinkgoTB(), nil, o)
	}
	at := func(s *fakeserver.Server, command string, more ...string) outcome {
		return bench(append([]string{command, "--target", s.Addr(), "--user", "user{n}", "--password", "secret", "--runs", "1", "--format", "json"}, more...)...)
	}
	found := func(r outcome) *report.Results {
		Expect(r.errOut).To(BeEmpty())
		Expect(r.status).To(Equal(0))
		Expect(r.out).NotTo(ContainSubstring("secret"))
		var f report.Results
		Expect(json.Unmarshal([]byte(r.out), &f)).To(Succeed())
		return &f
	}

	It("measures any server's mailbox, and compares with a copy that it has made before", func() {
		s := target(&fakeserver.Options{})
		f := found(at(s, "retrieve", "--accounts", "2"))
		Expect(f.Target).To(Equal(s.Addr()))
		Expect(f.Trials[0].Messages).To(Equal(6))
		f = found(at(s, "refresh"))
		Expect(f.Trials).To(HaveLen(3))
		Expect(f.Trials[1].Visit).To(Equal(nothingNew))
	})

	It("reaches it over TLS", func() {
		ca := fixtures.NewCA()
		path := filepath.Join(GinkgoT().TempDir(), "ca.pem")
		Expect(os.WriteFile(path, ca.PEM(), 0o600)).To(Succeed())
		s := target(&fakeserver.Options{TLS: ca.Server(), PlaintextNeedsTLS: true})
		Expect(found(at(s, "retrieve", "--tls", "stls", "--tls-ca", path)).Trials[0].Messages).To(Equal(3))
	})

	It("opens sessions at it, for as many users as there are", func() {
		f := found(at(target(&fakeserver.Options{}), "sessions", "--at-once", "1,3", "--idle", "2", "--time", "20ms"))
		Expect(f.Unit).To(Equal("sessions"))
		Expect(f.Summary).To(HaveLen(4))
		Expect(f.Trials[0].Latency.Count).To(BeEquivalentTo(f.Trials[0].Messages))
	})

	It("refuses figures of mail that is not the same each time", func() {
		s := target(&fakeserver.Options{})
		first := true
		s.On(fakeserver.Match{Verb: "RETR", Args: "2"}, func(x *fakeserver.Exchange) edit.Reply {
			if first {
				first = false
				return fakeserver.Auto(x)
			}
			return edit.Reply{{Bytes: []byte("+OK\r\nSubject: other\r\n\r\nnot the same\r\n.\r\n")}}
		})
		r := at(s, "retrieve")
		Expect(r.status).To(Equal(1))
		Expect(r.out).To(BeEmpty())
		Expect(r.errOut).To(ContainSubstring("mtm did not store what was served: message "))
	})

	DescribeTable("says before anything runs what is wrong with it",
		func(want string, make func() string) {
			r := bench("retrieve", "--target", make(), "--runs", "1", "--dir", GinkgoT().TempDir())
			Expect(r.status).To(Equal(1))
			Expect(r.errOut).To(MatchRegexp(`^bench: --target \S+, before anything is measured: ` + want))
		},
		Entry("nobody listens", `.*connection refused\n$`, func() string {
			l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
			Expect(err).NotTo(HaveOccurred())
			Expect(l.Close()).To(Succeed())
			return l.Addr().String()
		}),
		Entry("a password that is wrong", `.*PASS.*\n$`, func() string {
			return fakeserver.Start(GinkgoTB(), nil, &fakeserver.Options{Users: map[string]fakeserver.User{"demo": {Password: "x", Maildrop: fakeserver.NewMaildrop(mail...)}}}).Addr()
		}),
		Entry("no mail", "its mailbox is empty: put mail into it first\n$", func() string {
			return fakeserver.Start(GinkgoTB(), fakeserver.MaildropOf(maildrop.Memory()), nil).Addr()
		}),
	)
})
