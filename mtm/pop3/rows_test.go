package pop3_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/mtm/pop3"
)

var _ = Describe("STAT", func() {
	ctx := context.Background()

	DescribeTable("is read", func(reply string, want pop3.Stat) {
		Expect(open(hear("STAT"), say(reply)).Stat(ctx)).To(Equal(want))
	},
		Entry("as RFC 1939 says", "+OK 2 320\r\n", pop3.Stat{Count: 2, Octets: 320}),
		Entry("with text after it", "+OK 2 320 octets\r\n", pop3.Stat{Count: 2, Octets: 320}),
		Entry("with blanks and a NUL (quirk 44)", "+OK  2   320\x00\r\n", pop3.Stat{Count: 2, Octets: 320}),
		Entry("above 2^32 octets (quirk 58)", "+OK 3 4294967800\r\n", pop3.Stat{Count: 3, Octets: 4294967800}),
		Entry("the largest", "+OK 2147483647 9223372036854775807\r\n", pop3.Stat{Count: 1<<31 - 1, Octets: 1<<63 - 1}),
	)

	DescribeTable("spoils the session when the reply is invalid (quirks 58, 59)", func(text string) {
		s := open(hear("STAT"), say("+OK "+text+"\r\n"))
		_, err := s.Stat(ctx)
		var nonsense *pop3.ProtocolError
		Expect(errors.As(err, &nonsense)).To(BeTrue())
		Expect(nonsense.Verb).To(Equal("STAT"))
		Expect(nonsense.Got).To(Equal(text))
		spoiled(ctx, s, err)
	},
		Entry("negative", "-1 320"), Entry("negative size", "2 -320"), Entry("no size", "2"), Entry("nothing", ""),
		Entry("words", "two messages"), Entry("too many messages", "2147483648 1"), Entry("too many octets", "1 9223372036854775808"),
		Entry("glued", "2x 320"))
})

var _ = Describe("LIST", func() {
	ctx := context.Background()

	DescribeTable("is read", func(reply string, want ...pop3.Listing) {
		list, err := open(hear("LIST"), say(reply)).List(ctx)
		Expect(err).NotTo(HaveOccurred())
		Expect(list).To(HaveExactElements(want))
	},
		Entry("as RFC 1939 says", "+OK 2 messages\r\n1 120\r\n2 200\r\n.\r\n", pop3.Listing{1, 120}, pop3.Listing{2, 200}),
		Entry("empty (quirk 60)", "+OK 0 messages\r\n.\r\n"),
		Entry("with text after the size (quirk 43)", "+OK\r\n1 120 octets\r\n.\r\n", pop3.Listing{1, 120}),
		Entry("with a trailing NUL and doubled blanks (quirk 44)", "+OK\r\n1  120 \x00\r\n.\r\n", pop3.Listing{1, 120}),
		Entry("with tabs and a leading blank", "+OK\r\n 1\t120\r\n.\r\n", pop3.Listing{1, 120}),
		Entry("with +OK before each row (quirk 46)", "+OK\r\n+OK 1 120\r\n+OK 2 200\r\n.\r\n", pop3.Listing{1, 120}, pop3.Listing{2, 200}),
		Entry("with gaps, repeats and any order (quirks 47, 57)", "+OK\r\n9 1\r\n2 2\r\n2 3\r\n.\r\n", pop3.Listing{9, 1}, pop3.Listing{2, 2}, pop3.Listing{2, 3}),
		Entry("with an empty first row (quirk 48)", "+OK\r\n\r\n1 120\r\n.\r\n", pop3.Listing{1, 120}),
		Entry("with bare LF (quirk 76)", "+OK\n1 120\n.\n", pop3.Listing{1, 120}),
	)

	DescribeTable("reports unreadable numbers of a row as unknown, and reads the others (quirk 104)", func(row string, want pop3.Listing) {
		s := open(hear("LIST"), say("+OK\r\n1 120\r\n"+row+"\r\n3 99\r\n.\r\n"), hear("NOOP"), say("+OK\r\n"))
		Expect(s.List(ctx)).To(HaveExactElements(pop3.Listing{1, 120}, want, pop3.Listing{3, 99}))
		Expect(s.Noop(ctx)).To(Succeed())
	},
		Entry("no size", "2", pop3.Listing{2, pop3.UnknownOctets}), Entry("negative size", "2 -1", pop3.Listing{2, pop3.UnknownOctets}),
		Entry("a word for a size", "2 NaN", pop3.Listing{2, pop3.UnknownOctets}),
		Entry("huge size", "2 99999999999999999999", pop3.Listing{2, pop3.UnknownOctets}),
		Entry("negative number", "-2 1", pop3.Listing{0, pop3.UnknownOctets}), Entry("number 0", "0 1", pop3.Listing{0, pop3.UnknownOctets}),
		Entry("words", "two 200", pop3.Listing{0, pop3.UnknownOctets}),
		Entry("huge number (quirk 59)", "99999999999 1", pop3.Listing{0, pop3.UnknownOctets}),
		Entry("a refusal inside (quirk 63)", "-ERR expunged", pop3.Listing{0, pop3.UnknownOctets}),
		Entry("octets that are not text", "\xff\xfe\x01", pop3.Listing{0, pop3.UnknownOctets}))

	It("rejects a list without any message number", func() {
		s := open(hear("LIST"), say("+OK\r\nSubject: Lunch\r\n\r\nAt noon.\r\n.\r\n"))
		list, err := s.List(ctx)
		Expect(list).To(BeNil())
		Expect(err).To(MatchError(`LIST: row 1: expected a message number and a size in octets, got "Subject: Lunch"`))
		spoiled(ctx, s, err)
	})

	It("limits the rows, and the error names the option", func() {
		s := openWith(&pop3.Options{MaxRows: 2}, hear("LIST"), say("+OK\r\n1 1\r\n2 2\r\n.\r\n"), hear("LIST"), say("+OK\r\n1 1\r\n2 2\r\n3 3\r\n"))
		Expect(s.List(ctx)).To(HaveLen(2))
		_, err := s.List(ctx)
		Expect(err).To(MatchError("LIST: row 3: expected at most 2 rows, a limit of this client"))
	})

	It("reports an end inside the list, never a shorter list (quirk 92)", func() {
		_, err := open(hear("LIST"), say("+OK\r\n1 120\r\n"), hangUp{}).List(ctx)
		Expect(err).To(MatchError(io.ErrUnexpectedEOF))
	})

	It("asks for one message, whose number the reply may lack (quirk 55)", func() {
		s := open(hear("LIST 2"), say("+OK 2 200\r\n"), hear("LIST 2"), say("+OK 200\r\n"), hear("LIST 3"), say("-ERR no such message\r\n"), hear("LIST 2"), say("+OK 1 120\r\n"))
		Expect(s.ListOne(ctx, 2)).To(Equal(pop3.Listing{2, 200}))
		Expect(s.ListOne(ctx, 2)).To(Equal(pop3.Listing{2, 200}))
		_, err := s.ListOne(ctx, 3)
		Expect(err).To(MatchError("LIST 3: the server refused: no such message"))
		_, err = s.ListOne(ctx, 2)
		Expect(err).To(MatchError(`LIST 2: expected this message number and a size in octets, got "1 120"`))
	})
})

var _ = Describe("UIDL", func() {
	ctx := context.Background()

	DescribeTable("is read", func(reply string, want ...pop3.UID) {
		list, err := open(hear("UIDL"), say(reply)).Uidl(ctx)
		Expect(err).NotTo(HaveOccurred())
		Expect(list).To(HaveExactElements(want))
	},
		Entry("as RFC 1939 says", "+OK\r\n1 whqtswO00WBw418f9t5JxYwZ\r\n2 QhdPYR:00WBw1Ph7x7\r\n.\r\n",
			pop3.UID{1, "whqtswO00WBw418f9t5JxYwZ"}, pop3.UID{2, "QhdPYR:00WBw1Ph7x7"}),
		Entry("empty", "+OK\r\n.\r\n"),
		Entry("with a trailing NUL and doubled blanks (quirk 44)", "+OK\r\n1  a \x00\r\n.\r\n", pop3.UID{1, "a"}),
		Entry("with three blanks before the id (quirk 45)", "+OK\r\n1   a\r\n.\r\n", pop3.UID{1, "a"}),
		Entry("with +OK before each row (quirk 46)", "+OK\r\n+OK 1 a\r\n+OK 2 b\r\n.\r\n", pop3.UID{1, "a"}, pop3.UID{2, "b"}),
		Entry("with an empty first row (quirk 48)", "+OK\r\n\r\n1 a\r\n.\r\n", pop3.UID{1, "a"}),
		Entry("with a row without id (quirk 49)", "+OK\r\n1 a1\r\n2\r\n.\r\n", pop3.UID{1, "a1"}, pop3.UID{2, ""}),
		Entry("with repeated ids (quirk 50)", "+OK\r\n1 a\r\n2 a\r\n.\r\n", pop3.UID{1, "a"}, pop3.UID{2, "a"}),
		Entry("with a long id (quirk 51)", "+OK\r\n1 "+strings.Repeat("u", 500)+"\r\n.\r\n", pop3.UID{1, strings.Repeat("u", 500)}),
		Entry("with blanks, slashes and 8-bit octets (quirk 52)", "+OK\r\n1 a b/c \xe4\r\n.\r\n", pop3.UID{1, "a b/c \xe4"}),
		Entry("without the rows that have no number (behaviour section 4)", "+OK\r\nfoo bar\r\n0 x\r\n-1 y\r\n2 b\r\n.\r\n", pop3.UID{2, "b"}),
		Entry("with an id of dots", "+OK\r\n1 ..\r\n.\r\n", pop3.UID{1, ".."}),
		Entry("with bare LF (quirk 76)", "+OK\n1 a\n.\n", pop3.UID{1, "a"}),
	)

	It("reads thousands of ids", func() {
		var reply strings.Builder
		var want []pop3.UID
		reply.WriteString("+OK\r\n")
		for i := 1; i <= 20000; i++ {
			uid := fmt.Sprintf("uid-%d-%s", i, strings.Repeat("x", i%17))
			want = append(want, pop3.UID{Number: i, UID: uid})
			fmt.Fprintf(&reply, "%d %s\r\n", i, uid)
		}
		Expect(open(hear("UIDL"), say(reply.String()+".\r\n")).Uidl(ctx)).To(Equal(want))
	})

	It("limits the line of an id, all ids together, and the rows", func() {
		_, err := open(hear("UIDL"), say("+OK\r\n1 "+strings.Repeat("u", 9000))).Uidl(ctx)
		Expect(err).To(MatchError("UIDL: row 1: expected a line of at most 8192 octets, a limit of this client"))
		_, err = openWith(&pop3.Options{MaxUIDOctets: 4}, hear("UIDL"), say("+OK\r\n1 aa\r\n2 bb\r\n3 c\r\n")).Uidl(ctx)
		Expect(err).To(MatchError("UIDL: row 3: expected at most 4 octets of UIDs, a limit of this client"))
		_, err = openWith(&pop3.Options{MaxRows: 1}, hear("UIDL"), say("+OK\r\nx\r\nx\r\n")).Uidl(ctx)
		Expect(err).To(MatchError(ContainSubstring("at most 1 rows")))
	})

	It("returns the response code of a temporary failure (quirk 61)", func() {
		s := open(hear("UIDL"), say("-ERR [SYS/TEMP] later\r\n"), hear("STAT"), say("+OK 2 320\r\n"), hear("STAT"), say("+OK 2 320\r\n"))
		_, err := s.Uidl(ctx)
		var refused *pop3.ReplyError
		Expect(errors.As(err, &refused)).To(BeTrue())
		Expect(refused.Code).To(Equal("SYS/TEMP"))
	})

	It("does not take an extra line after LIST for a refusal (quirk 86)", func() {
		s := open(hear("LIST"), say("+OK\r\n1 120\r\n.\r\n"), hear("UIDL"), say("-ERR no\r\n"), hear("STAT"), say("+OK\r\n1 a\r\n.\r\n"))
		_, err := s.List(ctx)
		Expect(err).NotTo(HaveOccurred())
		_, err = s.Uidl(ctx)
		Expect(err).To(MatchError(`UIDL: expected the answer to STAT after it (the answers no longer match the commands), got "+OK"`))
		spoiled(ctx, s, err)
	})

	DescribeTable("asks for one message", func(reply, want string) {
		Expect(open(hear("UIDL 2"), say(reply)).UidlOne(ctx, 2)).To(Equal(pop3.UID{2, want}))
	},
		Entry("as RFC 1939 says", "+OK 2 QhdPYR\r\n", "QhdPYR"),
		Entry("without the number (quirk 55)", "+OK QhdPYR\r\n", "QhdPYR"),
		Entry("without the number, a numeric id (quirk 55)", "+OK 77\r\n", "77"),
		Entry("without the id (quirk 49)", "+OK 2\r\n", ""),
	)

	DescribeTable("rejects a reply about another message (quirk 54), or without an id", func(reply string) {
		s := open(hear("UIDL 2"), say(reply))
		_, err := s.UidlOne(ctx, 2)
		Expect(err).To(MatchError(HavePrefix("UIDL 2: expected this message number and a unique id, got ")))
		spoiled(ctx, s, err)
	},
		Entry("another number", "+OK 1 whqtswO\r\n"), Entry("nothing", "+OK\r\n"), Entry("a sentence", "+OK ids follow\r\n"))
})

var _ = Describe("CAPA", func() {
	ctx := context.Background()

	It("reads words in any case, with their arguments, and keeps them (quirk 14)", func() {
		s := open(hear("CAPA"), say("+OK\r\ntop\r\n\r\nUIDL\r\nSASL PLAIN  LOGIN\r\nsasl XOAUTH2\r\n..dot\r\n.word\r\n.\r\n"))
		Expect(s.Capabilities()).To(BeEmpty())
		caps, err := s.Capa(ctx)
		Expect(err).NotTo(HaveOccurred())
		Expect(caps.Has("Top")).To(BeTrue())
		Expect(caps.Has("PIPELINING")).To(BeFalse())
		Expect(caps["SASL"]).To(Equal([]string{"PLAIN", "LOGIN", "XOAUTH2"}))
		Expect(caps).To(HaveKey(".DOT"))
		Expect(caps).To(HaveKey(".WORD")) // quirk 15
		caps["X"] = nil
		Expect(s.Capabilities().Has("X")).To(BeFalse())
	})

	It("returns an empty set when refused (quirk 8), and keeps the capabilities of an earlier CAPA (quirk 9)", func() {
		s := open(hear("CAPA"), say("-ERR\r\n"), hear("CAPA"), say("+OK\r\nPIPELINING\r\n.\r\n"), hear("CAPA"), say("-ERR\r\n"))
		Expect(s.Capa(ctx)).To(BeEmpty())
		Expect(s.Capa(ctx)).To(HaveLen(1))
		Expect(s.Capa(ctx)).To(HaveLen(1))
	})

	It("is limited when it never ends (quirk 16)", func() {
		s := open(hear("CAPA"), say("+OK\r\n"+strings.Repeat("X\r\n", 1001)))
		_, err := s.Capa(ctx)
		Expect(err).To(MatchError("CAPA: row 1001: expected at most 1000 rows, a limit of this client"))
	})

	It("returns an error when the server closes the connection (quirk 8)", func() {
		_, err := open(hear("CAPA"), hangUp{}).Capa(ctx)
		Expect(err).To(MatchError("the server closed the connection during CAPA"))
	})
})
