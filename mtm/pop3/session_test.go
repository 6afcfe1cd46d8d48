package pop3_test

import (
	"context"
	"errors"
	"io"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/mtm/pop3"
)

var _ = Describe("A session", func() {
	ctx := context.Background()

	Describe("greeting", func() {
		greet := func(greeting string) (*pop3.Session, error) {
			return pop3.NewSession(ctx, play(say(greeting)), nil)
		}

		DescribeTable("is accepted when it is +OK", func(greeting, text string) {
			s, err := greet(greeting)
			Expect(err).NotTo(HaveOccurred())
			Expect(s.Greeting()).To(Equal(text))
			Expect(s.Close()).To(Succeed())
		},
			Entry("with a text", "+OK POP3 ready\r\n", "POP3 ready"),
			Entry("bare (quirk 21)", "+OK\r\n", ""),
			Entry("in lower case", "+ok hello\r\n", "hello"),
			Entry("with a bare LF (quirk 76)", "+OK hello\n", "hello"),
			Entry("ending in brackets (quirk 7)", "+OK The Exchange service [YQ==]\r\n", "The Exchange service [YQ==]"),
		)

		DescribeTable("contains the timestamp from the first < to the next > (behaviour section 3)", func(greeting, want string) {
			s, err := greet(greeting)
			Expect(err).NotTo(HaveOccurred())
			stamp, ok := s.Timestamp()
			Expect(ok).To(Equal(want != ""))
			if ok {
				Expect(stamp).To(Equal(want))
			}
			Expect(s.Close()).To(Succeed())
		},
			Entry("as in RFC 1939", "+OK POP3 server ready <1896.697170952@dbc.mtview.ca.us>\r\n", "<1896.697170952@dbc.mtview.ca.us>"),
			Entry("none (quirk 2)", "+OK ready\r\n", ""),
			Entry("without @ (quirk 3)", "+OK <123>\r\n", "<123>"),
			Entry("after and before text (quirk 4)", "+OK a <1@b> c\r\n", "<1@b>"),
			Entry("the first of several (quirk 5)", "+OK <1@b> <2@c>\r\n", "<1@b>"),
			Entry("opened only", "+OK a < b\r\n", ""),
			Entry("closed before it opens", "+OK > <1@b>\r\n", "<1@b>"),
			Entry("8-bit octets (quirk 6)", "+OK <\x05\xe4@b>\r\n", ""),
			Entry("nothing inside", "+OK <> <1@b>\r\n", ""),
			Entry("CR", "+OK <1\r2@b>\r\n", ""),
			Entry("NUL", "+OK <1\x002@b>\r\n", ""),
			Entry("DEL", "+OK <1\x7f2@b>\r\n", ""),
		)

		It("is a refusal when it is -ERR, and closes the connection (quirk 1)", func() {
			_, err := greet("-ERR Permission denied - do not try again\r\n")
			var refused *pop3.ReplyError
			Expect(errors.As(err, &refused)).To(BeTrue())
			Expect(*refused).To(Equal(pop3.ReplyError{Verb: pop3.Greeting, Text: "Permission denied - do not try again"}))
			Expect(err).To(MatchError("greeting: the server refused: Permission denied - do not try again"))
		})

		DescribeTable("is invalid otherwise", func(greeting string) {
			_, err := greet(greeting)
			var nonsense *pop3.ProtocolError
			Expect(errors.As(err, &nonsense)).To(BeTrue())
			Expect(nonsense.Verb).To(Equal(pop3.Greeting))
		},
			Entry("another protocol", "220 smtp.example.org ESMTP\r\n"),
			Entry("a glued word", "+OKAY\r\n"),
			Entry("only a plus", "+ \r\n"),
			Entry("an empty line", "\r\n"),
			Entry("NUL", "\x00\r\n"),
		)

		It("must not exceed the line limit, and the error names the option", func() {
			endless := say("+OK " + strings.Repeat("x", 8<<10))
			_, err := pop3.NewSession(ctx, play(endless, hangUp{}), nil)
			Expect(err).To(MatchError("greeting: expected a line of at most 8192 octets, a limit of this client"))
		})

		It("is an unexpected end when the connection closes before it", func() {
			_, err := pop3.NewSession(ctx, play(hangUp{}), nil)
			Expect(err).To(MatchError(io.ErrUnexpectedEOF))
			Expect(err).To(MatchError("the server closed the connection during greeting"))
			_, err = pop3.NewSession(ctx, play(say("+OK he"), hangUp{}), nil)
			Expect(err).To(MatchError(io.ErrUnexpectedEOF))
		})
	})

	DescribeTable("reads refusals", func(line string, want pop3.ReplyError, text string) {
		s := open(hear("NOOP"), say(line), hear("NOOP"), say("+OK\r\n"))
		err := s.Noop(ctx)
		var refused *pop3.ReplyError
		Expect(errors.As(err, &refused)).To(BeTrue())
		want.Verb = "NOOP"
		Expect(*refused).To(Equal(want))
		Expect(err).To(MatchError("NOOP: the server refused: " + text))
		Expect(s.Err()).NotTo(HaveOccurred())
		Expect(s.Noop(ctx)).To(Succeed())
	},
		Entry("with a text", "-ERR no\r\n", pop3.ReplyError{Text: "no"}, "no"),
		Entry("bare (quirk 21)", "-ERR\r\n", pop3.ReplyError{}, "no reason given"),
		Entry("+ERR (quirk 31)", "+ERR no\r\n", pop3.ReplyError{Text: "no"}, "no"),
		Entry("in lower case", "-err no\r\n", pop3.ReplyError{Text: "no"}, "no"),
		Entry("with a bare LF (quirk 76)", "-ERR no\n", pop3.ReplyError{Text: "no"}, "no"),
		Entry("with a response code", "-ERR [in-use] locked\r\n", pop3.ReplyError{Code: "IN-USE", Text: "locked"}, "[IN-USE] locked"),
		Entry("with a code of two levels (RFC 3206)", "-ERR [SYS/TEMP]\r\n", pop3.ReplyError{Code: "SYS/TEMP"}, "[SYS/TEMP]"),
		Entry("with brackets that are not a code", "-ERR [not one] no\r\n", pop3.ReplyError{Text: "[not one] no"}, "[not one] no"),
		Entry("with an open bracket", "-ERR [IN-USE\r\n", pop3.ReplyError{Text: "[IN-USE"}, "[IN-USE"),
		Entry("with octets that are not text", "-ERR \x1b[31m\xffgrün\x00\r\n",
			pop3.ReplyError{Text: `\x1b[31m\xffgrün\x00`}, `\x1b[31m\xffgrün\x00`),
	)

	It("is spoiled by any other status line, and keeps that error (quirk 99)", func() {
		s := open(hear("NOOP"), say("421 timeout\x07"+strings.Repeat("x", 200)+"\r\n"))
		err := s.Noop(ctx)
		var nonsense *pop3.ProtocolError
		Expect(errors.As(err, &nonsense)).To(BeTrue())
		Expect(nonsense.Got).To(HavePrefix(`421 timeout\x07xxx`))
		Expect(len(nonsense.Got)).To(BeNumerically("<", 90))
		Expect(err.Error()).To(HavePrefix(`NOOP: expected a line that starts with "+OK" or "-ERR", got "421 timeout`))
		spoiled(ctx, s, err)
	})

	It("limits status lines", func() {
		s := openWith(&pop3.Options{MaxLine: 40}, hear("NOOP"), say("+OK "+strings.Repeat("x", 36)+"\r\n"),
			hear("NOOP"), say("+OK "+strings.Repeat("x", 37)+"\r\n"))
		Expect(s.Noop(ctx)).To(Succeed())
		err := s.Noop(ctx)
		Expect(err).To(MatchError(ContainSubstring("at most 40 octets")))
		spoiled(ctx, s, err)
	})

	It("reports during which command the connection closed", func() {
		s := open(hear("RETR 2"), say("+OK\r\nhalf a mess"), hangUp{})
		var w strings.Builder
		n, err := s.Retr(ctx, 2, &w)
		Expect(err).To(MatchError("the server closed the connection during RETR 2"))
		Expect(err).To(MatchError(io.ErrUnexpectedEOF))
		var broken *pop3.LineError
		Expect(errors.As(err, &broken)).To(BeTrue())
		Expect(broken.Timeout()).To(BeFalse())
		Expect(n).To(BeEquivalentTo(11))
		spoiled(ctx, s, err)
	})

	It("ends with QUIT, and is closed afterwards in any case", func() {
		s := open(hear("QUIT"), say("+OK bye\r\n"))
		Expect(s.Quit(ctx)).To(Succeed())
		Expect(s.Quit(ctx)).To(Equal(pop3.ErrClosed))
		Expect(s.Noop(ctx)).To(Equal(pop3.ErrClosed))
		Expect(s.Close()).To(Succeed())

		s = open(hear("QUIT"), say("-ERR some deleted messages not removed\r\n"))
		var refused *pop3.ReplyError
		Expect(errors.As(s.Quit(ctx), &refused)).To(BeTrue())
		Expect(s.Err()).To(Equal(pop3.ErrClosed))

		s = open(hear("QUIT"), hangUp{}) // quirk 95: no answer to QUIT
		Expect(s.Quit(ctx)).To(MatchError(io.ErrUnexpectedEOF))
	})

	It("is closed without QUIT by Close", func() {
		s := open()
		Expect(s.Close()).To(Succeed())
		Expect(s.Err()).To(Equal(pop3.ErrClosed))
		Expect(s.Noop(ctx)).To(Equal(pop3.ErrClosed))
	})

	It("sends NOOP, RSET and DELE", func() {
		s := open(hear("DELE 3"), say("+OK\r\n"), hear("DELE 4"), say("-ERR gone\r\n"), hear("RSET"), say("+OK\r\n"), hear("NOOP"), say("+OK\r\n"))
		Expect(s.Dele(ctx, 3)).To(Succeed())
		Expect(s.Dele(ctx, 4)).To(MatchError("DELE 4: the server refused: gone"))
		Expect(s.Rset(ctx)).To(Succeed())
		Expect(s.Noop(ctx)).To(Succeed())
	})

	It("rejects arguments that cannot be sent, sends nothing and stays usable", func() {
		s := open(hear("NOOP"), say("+OK\r\n"))
		w := io.Discard
		errs := []error{s.Dele(ctx, 0), s.RetrAll(ctx, []int{1, -1}, nil), s.TopAll(ctx, []int{1}, -1, nil), s.DeleAll(ctx, []int{0}, nil)}
		_, err := s.Retr(ctx, -5, w)
		errs = append(errs, err)
		_, err = s.Top(ctx, 1, -1, w)
		errs = append(errs, err)
		_, err = s.ListOne(ctx, 0)
		errs = append(errs, err)
		_, err = s.UidlOne(ctx, 0)
		for _, err := range append(errs, err) {
			Expect(err).To(MatchError(pop3.ErrArgument))
		}
		Expect(s.Noop(ctx)).To(Succeed())
	})
})
