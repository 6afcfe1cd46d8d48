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

var _ = Describe("Fetching a message", func() {
	ctx := context.Background()

	DescribeTable("writes its exact octets", func(reply, want string) {
		s := open(hear("RETR 7"), say(reply), hear("TOP 7 0"), say(reply), hear("NOOP"), say("+OK\r\n"))
		for _, fetch := range []func(w io.Writer) (int64, error){
			func(w io.Writer) (int64, error) { return s.Retr(ctx, 7, w) },
			func(w io.Writer) (int64, error) { return s.Top(ctx, 7, 0, w) },
		} {
			var w strings.Builder
			n, err := fetch(&w)
			Expect(err).NotTo(HaveOccurred())
			Expect(n).To(BeEquivalentTo(len(want)))
			Expect(w.String()).To(Equal(want))
		}
		Expect(s.Noop(ctx)).To(Succeed())
	},
		Entry("plain", "+OK 8 octets\r\nA: b\r\n\r\n.\r\n", "A: b\r\n\r\n"),
		Entry("empty (quirk 87)", "+OK\r\n.\r\n", ""),
		Entry("an extra blank line at its end (quirk 73)", "+OK\r\na\r\n\r\n.\r\n", "a\r\n\r\n"),
		Entry("dots that the server did not stuff (quirk 74)", "+OK\r\n.a\r\n.\r\n", ".a\r\n"),
		Entry("a lone dot after a bare LF (quirk 75)", "+OK\r\na\n.\r\nb\r\n.\r\n", "a\n.\r\nb\r\n"),
		Entry("bare LF throughout (quirk 76)", "+OK\nA: b\n\n..\n.\n", "A: b\n\n.\n"),
		Entry("a final dot with a bare LF (quirk 76)", "+OK\r\na\r\n.\n", "a\r\n"),
		Entry("NUL and 8-bit octets (quirk 78)", "+OK\r\n\x00\xff\r\n.\r\n", "\x00\xff\r\n"),
		Entry("a body line that looks like a reply (quirk 82)", "+OK\r\n-ERR no\r\n.\r\n", "-ERR no\r\n"),
		Entry("a message that begins like a reply (quirk 82)", "+OK 19 octets\r\n+OK, see you at 5\r\n.\r\n", "+OK, see you at 5\r\n"),
		Entry("a message that begins like a reply with a number (quirk 82)", "+OK 10 octets\r\n+OK 5 pm\r\n.\r\n", "+OK 5 pm\r\n"),
		Entry("two status lines (quirk 85)", "+OK 3 octets\r\n+OK 3 octets\r\na\r\n.\r\n", "a\r\n"),
		Entry("two status lines, the first of which has no octet count (quirks 85, 86)", "+OK\r\n+OK 3 octets\r\na\r\n.\r\n", "a\r\n"),
		Entry("a wrong octet count (quirk 89)", "+OK 4000000 octets\r\na\r\n.\r\n", "a\r\n"),
		Entry("a line of 1 MiB", "+OK\r\n"+strings.Repeat("x", 1<<20)+"\r\n.\r\n", strings.Repeat("x", 1<<20)+"\r\n"),
	)

	It("reads replies in any pieces (quirks 15, 77, 93)", func() {
		var steps []any
		steps = append(steps, hear("RETR 1"))
		for c := range strings.SplitSeq("+OK\r\n..a\r\n.\r\n", "") {
			steps = append(steps, say(c))
		}
		var w strings.Builder
		s := open(append(steps, hear("NOOP"), say("+OK\r\n"))...)
		_, err := s.Retr(ctx, 1, &w)
		Expect(err).NotTo(HaveOccurred())
		Expect(w.String()).To(Equal(".a\r\n"))
		Expect(s.Noop(ctx)).To(Succeed())
	})

	It("returns the writer's error unchanged, and stays usable", func() {
		full := errors.New("disk full")
		s := open(hear("RETR 1"), say("+OK\r\n"+strings.Repeat("x\r\n", 1<<17)+".\r\n"), hear("QUIT"), say("+OK\r\n"))
		_, err := s.Retr(ctx, 1, writerFunc(func([]byte) (int, error) { return 0, full }))
		Expect(err).To(BeIdenticalTo(full))
		Expect(s.Err()).NotTo(HaveOccurred())
		Expect(s.Quit(ctx)).To(Succeed())
	})

	It("returns a refusal", func() {
		s := open(hear("RETR 9"), say("-ERR no such message\r\n"), hear("STAT"), say("+OK 2 320\r\n"), hear("STAT"), say("+OK 2 320\r\n"),
			hear("TOP 1 99999999999"), say("-ERR too many\r\n"), hear("STAT"), say("+OK 2 320\r\n"))
		_, err := s.Retr(ctx, 9, io.Discard)
		Expect(err).To(MatchError("RETR 9: the server refused: no such message"))
		_, err = s.Top(ctx, 1, 99999999999, io.Discard) // quirk 70
		Expect(err).To(MatchError("TOP 1: the server refused: too many"))
	})

	It("limits a message, and the error names the option", func() {
		s := openWith(&pop3.Options{MaxBody: 4}, hear("RETR 1"), say("+OK\r\nab\r\n.\r\n"), hear("RETR 2"), say("+OK\r\nabc\r\n.\r\n"))
		_, err := s.Retr(ctx, 1, io.Discard)
		Expect(err).NotTo(HaveOccurred())
		_, err = s.Retr(ctx, 2, io.Discard)
		Expect(err).To(MatchError("RETR 2: expected a message of at most 4 octets, a limit of this client"))
		spoiled(ctx, s, err)
	})

	DescribeTable("accepts a refusal when STAT is answered as before, or twice alike (quirk 86)", func(stats []string, why string) {
		steps := []any{hear("STAT"), say("+OK 2 320\r\n"), hear("RETR 1"), say("-ERR no\r\n")}
		for i, said := range stats {
			verb := "STAT"
			if i == 2 {
				verb = "NOOP" // STAT says something else each time
			}
			steps = append(steps, hear(verb), say(said))
		}
		s := open(steps...)
		_, err := s.Stat(ctx)
		Expect(err).NotTo(HaveOccurred())
		_, err = s.Retr(ctx, 1, io.Discard)
		if why == "" {
			Expect(err).To(MatchError("RETR 1: the server refused: no"))
			Expect(s.Err()).NotTo(HaveOccurred())
			return
		}
		Expect(err).To(MatchError("RETR 1: expected " + why))
		spoiled(ctx, s, err)
	},
		Entry("as before", []string{"+OK 2 320\r\n"}, ""),
		Entry("as before, in other words", []string{"+OK 2 320 octets\r\n"}, ""),
		Entry("mail has come", []string{"+OK 3 400\r\n", "+OK 3 400\r\n"}, ""),
		Entry("other numbers each time, as NOOP and STAT show (quirk 109)", []string{"+OK 3 400\r\n", "+OK 2 320\r\n", "+OK\r\n", "+OK 3 1\r\n"}, ""),
		Entry("other numbers each time, and NOOP's reply is missing", []string{"+OK 3 400\r\n", "+OK 2 320\r\n", "+OK 3 1\r\n"},
			`the answer to NOOP after it (the answers no longer match the commands), got "+OK 3 1"`),
		Entry("other numbers each time, and STAT's reply after NOOP's is missing", []string{"+OK 3 400\r\n", "+OK 2 320\r\n", "+OK\r\n", "+OK\r\n"},
			`the answer to STAT after it (the answers no longer match the commands), got "+OK"`),
		Entry("refused", []string{"-ERR no\r\n"}, `the answer to STAT after it (the answers no longer match the commands), got "-ERR no"`),
		Entry("the message after all", []string{"+OK 3 octets\r\na\r\n.\r\n"},
			`the answer to STAT after it (the answers no longer match the commands), got "+OK 3 octets"`),
		Entry("no answer", []string{"what?\r\n"}, `the answer to STAT after it (the answers no longer match the commands), got "what?"`))

	It("skips a few blank lines after the dot, in any pieces (quirk 86)", func() {
		blank := strings.Repeat("\r\n", 4)
		s := open(hear("RETR 1"), say("+OK\r\na\r\n.\r\n"+blank+"\r"), hear("RETR 2"), say("\n"+blank+"+OK\r\nb\r\n.\r\n\n\n"),
			hear("NOOP"), say("+OK\r\n"))
		sink := &skips{}
		Expect(s.RetrAll(ctx, []int{1, 2}, sink)).To(Succeed())
		Expect(sink.done).To(Equal(2))
		Expect(s.Noop(ctx)).To(Succeed())
		for _, late := range []bool{false, true} {
			blank := strings.Repeat("\r\n", 20)
			steps := []any{hear("RETR 1"), say("+OK\r\na\r\n.\r\n"), hear("RETR 2"), say(blank)}
			if !late {
				steps = []any{hear("RETR 1"), say("+OK\r\na\r\n.\r\n" + blank)}
			}
			steps = append(steps, hear("STAT"), say("+OK 2 6\r\n"), hear("NOOP"), say("+OK\r\n"))
			if late {
				s = open(append(steps, hear("RETR 2"), say("+OK\r\nb\r\n.\r\n"), hear("STAT"), say("+OK 2 6\r\n"))...)
			} else {
				s = open(append(steps, hear("RETR 1"), say("+OK\r\na\r\n.\r\n"), hear("STAT"), say("+OK 2 6\r\n"),
					hear("RETR 2"), say("+OK\r\nb\r\n.\r\n"))...)
			}
			Expect(s.RetrAll(ctx, []int{1, 2}, sink)).To(Succeed())
		}
		Expect(sink.done).To(Equal(6))
	})

	It("detects an extra line after the dot before the next command (quirk 86)", func() {
		s := open(hear("RETR 1"), say("+OK\r\na\r\n.\r\n-ERR that was not all\r\n"))
		var w strings.Builder
		_, err := s.Retr(ctx, 1, &w)
		Expect(err).NotTo(HaveOccurred())
		Expect(w.String()).To(Equal("a\r\n"))
		err = s.Dele(ctx, 1)
		Expect(err).To(MatchError(`DELE 1: expected nothing before this command, got "-ERR that was not all\x0d\x0a"`))
		spoiled(ctx, s, err)

		s = open(hear("RETR 1"), say("+OK\r\na\r\n.\r\n-ERR that was not all\r\n"), hear("STAT"), say("+OK 2 6\r\n"), hear("NOOP"), say("+OK\r\n"),
			hear("RETR 1"), say("+OK\r\na\r\n.\r\n"), hear("STAT"), say("+OK 2 6\r\n"), hear("RETR 2"), say("+OK\r\nb\r\n.\r\n"))
		sink := &skips{}
		Expect(s.RetrAll(ctx, []int{1, 2}, sink)).To(Succeed())
		Expect(sink.done).To(Equal(2))
	})
})

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }
