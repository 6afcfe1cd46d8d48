package pop3_test

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/mtm/pop3"
)

var _ = Describe("Logging in", func() {
	ctx := context.Background()

	It("sends USER and PASS; a password may hold blanks and 8-bit octets, or be empty (RFC 1939 section 7, quirk 33)", func() {
		s := open(hear("USER mrose"), say("+OK\r\n"), hear("PASS  two words \xe4 "), say("+OK\r\n"), hear("PASS "), say("-ERR\r\n"))
		Expect(s.User(ctx, "mrose")).To(Succeed())
		Expect(s.Pass(ctx, " two words \xe4 ")).To(Succeed())
		Expect(s.Pass(ctx, "")).To(MatchError("PASS: the server refused: no reason given"))
	})

	It("makes the digest of RFC 1939 section 7", func() {
		s, err := pop3.NewSession(ctx, play(say("+OK POP3 server ready <1896.697170952@dbc.mtview.ca.us>\r\n"),
			hear("APOP mrose c4c9334bac560ecc979e58001b3e22fb"), say("+OK\r\n")), nil)
		Expect(err).NotTo(HaveOccurred())
		Expect(s.Apop(ctx, "mrose", "tanstaaf")).To(Succeed())
	})

	It("reports that APOP is impossible without a timestamp, and sends nothing", func() {
		s, err := pop3.NewSession(ctx, play(say("+OK\r\n")), nil)
		Expect(err).NotTo(HaveOccurred())
		Expect(s.Apop(ctx, "mrose", "tanstaaf")).To(MatchError(pop3.ErrNoTimestamp))
		Expect(s.Err()).NotTo(HaveOccurred())
	})

	DescribeTable("does not sign a timestamp that may reveal the password, and sends nothing (CVE-2007-1558)", func(stamp string) {
		s, err := pop3.NewSession(ctx, play(say("+OK "+stamp+"\r\n")), nil)
		Expect(err).NotTo(HaveOccurred())
		Expect(s.Apop(ctx, "mrose", "tanstaaf")).To(MatchError(pop3.ErrBadTimestamp))
		Expect(s.Err()).NotTo(HaveOccurred())
	},
		Entry("empty", "<>"), Entry("CR", "<a\rb@c>"), Entry("NUL", "<\x00@c>"), Entry("8-bit octets", "<\xe4@c>"))

	DescribeTable("rejects CR, LF and NUL before it sends anything, and does not show them", func(bad string) {
		s := open(hear("NOOP"), say("+OK\r\n"))
		Expect(s.User(ctx, bad)).To(MatchError(pop3.ErrArgument))
		Expect(s.Apop(ctx, bad, "x")).To(MatchError(pop3.ErrArgument))
		for _, err := range []error{s.Pass(ctx, bad), s.Apop(ctx, "x", bad)} {
			Expect(err).To(MatchError(pop3.ErrArgument))
			Expect(err.Error()).NotTo(ContainSubstring("sesame"))
		}
		Expect(s.Noop(ctx)).To(Succeed())
	},
		Entry("CR", "sesame\r"), Entry("LF", "sesame\nDELE 1"), Entry("NUL", "sesame\x00"))

	It("never shows a password that the server repeats", func() {
		s := open(hear("PASS sesame"), say("-ERR [AUTH] unknown command PASS sesame\r\n"), hear("PASS sesame"), say("PASS sesame?\r\n"))
		Expect(s.Pass(ctx, "sesame")).To(MatchError("PASS: the server refused: [AUTH] (left out: it repeats the password)"))
		Expect(s.Pass(ctx, "sesame")).To(MatchError(`PASS: expected a line that starts with "+OK" or "-ERR", got "(left out: it repeats the password)"`))
	})
})
