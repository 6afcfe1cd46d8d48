package pop3_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/mtm/pop3"
)

// diary is a sink that records its calls, and fails where a spec wants it to.
type diary struct {
	lines   []string
	message map[int]error
	write   map[int]error
	done    map[int]error
}

func (d *diary) Message(n int) (io.Writer, error) {
	d.lines = append(d.lines, fmt.Sprint("message ", n))
	return writerFunc(func(b []byte) (int, error) {
		if err := d.write[n]; err != nil {
			return 0, err
		}
		d.lines = append(d.lines, fmt.Sprintf("%q", b))
		return len(b), nil
	}), d.message[n]
}

func (d *diary) Done(n int, octets int64, err error) error {
	d.lines = append(d.lines, fmt.Sprint("done ", n, " ", octets, " ", err))
	return d.done[n]
}

var _ = Describe("A pipelined run", func() {
	ctx := context.Background()

	// pipelined returns a session whose server has PIPELINING and has answered STAT.
	pipelined := func(o *pop3.Options, steps ...any) *pop3.Session {
		GinkgoHelper()
		s := openWith(o, append([]any{hear("CAPA"), say("+OK\r\nPIPELINING\r\n.\r\n"), hear("STAT"), say(stat)}, steps...)...)
		_, err := s.Capa(ctx)
		Expect(err).NotTo(HaveOccurred())
		_, err = s.Stat(ctx)
		Expect(err).NotTo(HaveOccurred())
		return s
	}
	full := errors.New("disk full")

	It("fetches one message at a time from a server without PIPELINING (quirk 98)", func() {
		s := open(hear("RETR 1"), say("+OK\r\na\r\n.\r\n"), hear("RETR 5"), say("+OK\r\nb\r\n.\r\n"))
		var d diary
		Expect(s.RetrAll(ctx, []int{1, 5}, &d)).To(Succeed())
		Expect(d.lines).To(Equal([]string{"message 1", `"a\r\n"`, "done 1 3 <nil>", "message 5", `"b\r\n"`, "done 5 3 <nil>"}))
	})

	It("sends many commands before it reads, each with a probe when the size is unknown, and refills when half of the window is free", func() {
		s := pipelined(&pop3.Options{Window: 4}, slices.Concat(
			heard("TOP 1 0", "STAT", "TOP 2 0", "STAT", "TOP 3 0", "STAT", "TOP 4 0", "STAT"),
			[]any{say("+OK\r\n.\r\n" + stat + "+OK\r\n.\r\n" + stat)}, heard("TOP 5 0", "STAT", "TOP 6 0", "STAT"),
			[]any{say(strings.Repeat("+OK\r\n.\r\n"+stat, 4)), hear("NOOP"), say("+OK\r\n")})...)
		var d diary
		Expect(s.TopAll(ctx, []int{1, 2, 3, 4, 5, 6}, 0, &d)).To(Succeed())
		Expect(d.lines).To(HaveLen(12))
		Expect(s.Noop(ctx)).To(Succeed())
	})

	It("asks for STAT's reply before anything is in flight, and sends one command at a time where STAT is refused", func() {
		capa := []any{hear("CAPA"), say("+OK\r\nPIPELINING\r\n.\r\n")}
		for _, steps := range [][]any{
			slices.Concat(capa, []any{hear("STAT"), say(stat)}, heard("RETR 1", "STAT", "RETR 2", "STAT"),
				[]any{say("+OK\r\na\r\n.\r\n" + stat + "+OK\r\nb\r\n.\r\n" + stat)}),
			slices.Concat(capa, []any{hear("STAT"), say("-ERR no\r\n"), hear("NOOP"), say("+OK\r\n"),
				hear("RETR 1"), say("+OK\r\na\r\n.\r\n"), hear("RETR 2"), say("+OK\r\nb\r\n.\r\n")}),
		} {
			s := open(steps...)
			_, err := s.Capa(ctx)
			Expect(err).NotTo(HaveOccurred())
			var d diary
			Expect(s.RetrAll(ctx, []int{1, 2}, &d)).To(Succeed())
			Expect(d.lines).To(HaveLen(6))
		}
	})

	// odd returns a session whose server refuses STAT and has no PIPELINING.
	odd := func(noop string, steps ...any) *pop3.Session {
		s := open(append([]any{hear("STAT"), say("-ERR no\r\n"), hear("NOOP"), say(noop)}, steps...)...)
		_, err := s.Stat(ctx)
		Expect(err).To(MatchError("STAT: the server refused: no"))
		return s
	}

	It("proves a refusal with NOOP and STAT where STAT is refused (quirk 109)", func() {
		s := odd("+OK\r\n", hear("RETR 1"), say("-ERR gone\r\n"), hear("NOOP"), say("+OK\r\n"), hear("STAT"), say("-ERR no\r\n"),
			hear("RETR 2"), say("+OK\r\nb\r\n.\r\n"))
		var d diary
		Expect(s.RetrAll(ctx, []int{1, 2}, &d)).To(Succeed())
		Expect(d.lines).To(Equal([]string{"done 1 0 RETR 1: the server refused: gone", "message 2", `"b\r\n"`, "done 2 3 <nil>"}))
	})

	It("detects an extra line with NOOP and STAT, and gets back into step (quirk 86, 109)", func() {
		s := odd("+OK\r\n", hear("RETR 1"), say("+OK\r\na\r\n.\r\n"), hear("RETR 2"), say("-ERR late\r\n"),
			hear("NOOP"), say("+OK\r\nb\r\n.\r\n"), hear("STAT"), say("+OK\r\n-ERR no\r\n"), hear("NOOP"), say("+OK\r\n"),
			hear("RETR 2"), say("+OK\r\nb\r\n.\r\n"), hear("NOOP"), say("+OK\r\n"), hear("STAT"), say("-ERR no\r\n"))
		var d diary
		Expect(s.RetrAll(ctx, []int{1, 2}, &d)).To(Succeed())
		Expect(d.lines).To(Equal([]string{"message 1", `"a\r\n"`, "done 1 3 <nil>", "message 2", `"b\r\n"`, "done 2 3 <nil>"}))
	})

	It("says what to do when STAT and NOOP cannot prove what a reply answers (quirk 109)", func() {
		s := odd("-ERR no\r\n", hear("RETR 1"), say("+OK\r\na\r\n.\r\n"), hear("RETR 2"), say("-ERR gone\r\n"))
		var d diary
		Expect(s.RetrAll(ctx, []int{1, 2}, &d)).To(MatchError(And(HavePrefix("RETR 2: expected different answers to NOOP and STAT"),
			ContainSubstring("tell its operator"))))
		Expect(d.lines).To(Equal([]string{"message 1", `"a\r\n"`, "done 1 3 <nil>"}))
	})

	It("spoils the session when NOOP has no reply (quirk 109)", func() {
		s := odd("what?\r\n")
		var d diary
		Expect(s.RetrAll(ctx, []int{1}, &d)).To(MatchError(`RETR 1: expected the answer to NOOP before it, got "what?"`))
	})

	It("sends one command at a time once STAT gives other numbers each time (quirk 109)", func() {
		s := pipelined(nil, slices.Concat(heard("RETR 1", "STAT", "RETR 2", "STAT"),
			[]any{say("+OK\r\na\r\n.\r\n+OK 3 10\r\n+OK\r\nb\r\n.\r\n+OK 3 11\r\n")},
			heard("STAT", "STAT", "STAT", "STAT", "NOOP"), []any{say("+OK 3 11\r\n+OK 3 12\r\n+OK 3 13\r\n+OK 3 14\r\n+OK\r\n"),
				hear("RETR 1"), hear("STAT"), say("+OK\r\na\r\n.\r\n+OK 3 15\r\n"), hear("STAT"), say("+OK 3 16\r\n"),
				hear("STAT"), say("+OK 3 17\r\n"), hear("NOOP"), say("+OK\r\n"),
				hear("RETR 1"), say("+OK\r\na\r\n.\r\n"), hear("NOOP"), say("+OK\r\n"), hear("STAT"), say("+OK 3 18\r\n"),
				hear("RETR 2"), say("+OK\r\nb\r\n.\r\n")})...)
		var d diary
		Expect(s.RetrAll(ctx, []int{1, 2}, &d)).To(Succeed())
		Expect(d.lines[len(d.lines)-4:]).To(Equal([]string{"done 1 3 <nil>", "message 2", `"b\r\n"`, "done 2 3 <nil>"}))
	})

	It("limits the octets in flight, and always sends a single command", func() {
		s := pipelined(&pop3.Options{WindowBytes: 2 * len("DELE 1\r\n")},
			hear("DELE 1"), hear("DELE 2"), say("+OK\r\n"), hear("DELE 3"), say("+OK\r\n+OK\r\n"))
		Expect(s.DeleAll(ctx, []int{1, 2, 3}, func(int, error) error { return nil })).To(Succeed())
		s = pipelined(&pop3.Options{WindowBytes: 1}, hear("DELE 1"), say("+OK\r\n"), hear("DELE 2"), say("+OK\r\n"))
		Expect(s.DeleAll(ctx, []int{1, 2}, func(int, error) error { return nil })).To(Succeed())
	})

	It("continues after a refusal, and does not ask for that message again (quirk 63)", func() {
		s := pipelined(nil, slices.Concat(heard("RETR 1", "STAT", "RETR 2", "STAT", "RETR 3", "STAT"),
			[]any{say("+OK\r\na\r\n.\r\n" + stat + "-ERR [SYS/TEMP] busy\r\n" + stat + "+OK\r\nc\r\n.\r\n" + stat), hear("NOOP"), say("+OK\r\n")})...)
		var d diary
		Expect(s.RetrAll(ctx, []int{1, 2, 3}, &d)).To(Succeed())
		Expect(d.lines).To(Equal([]string{"message 1", `"a\r\n"`, "done 1 3 <nil>",
			"done 2 0 RETR 2: the server refused: [SYS/TEMP] busy", "message 3", `"c\r\n"`, "done 3 3 <nil>"}))
		Expect(s.Noop(ctx)).To(Succeed())
	})

	It("accepts a refusal, one command at a time, when a STAT after it is answered (quirk 86)", func() {
		s := open(hear("STAT"), say(stat), hear("RETR 1"), say("-ERR no\r\n"), hear("STAT"), say(stat), hear("RETR 2"), say("-ERR no\r\n"),
			hear("STAT"), say("+OK 4 12\r\n"), hear("STAT"), say("+OK 4 12\r\n"))
		_, err := s.Stat(ctx)
		Expect(err).NotTo(HaveOccurred())
		var d diary
		Expect(s.RetrAll(ctx, []int{1, 2}, &d)).To(Succeed())
		Expect(d.lines).To(Equal([]string{"done 1 0 RETR 1: the server refused: no", "done 2 0 RETR 2: the server refused: no"}))
	})

	DescribeTable("asks again for messages that an extra line makes doubtful, and keeps nothing of another message (quirk 86)", func(extra string) {
		s := pipelined(nil, slices.Concat(heard("RETR 1", "STAT", "RETR 2", "STAT", "RETR 3", "STAT"),
			[]any{say("+OK\r\na\r\n.\r\n" + extra + stat + "+OK 3 octets\r\nb\r\n.\r\n" + stat + "+OK 3 octets\r\nc\r\n.\r\n" + stat)},
			resync(5), alone("RETR 1", "+OK 3 octets\r\na\r\n.\r\n"), heard("RETR 2", "STAT", "RETR 3", "STAT"),
			[]any{say("+OK 3 octets\r\nb\r\n.\r\n" + stat + "+OK 3 octets\r\nc\r\n.\r\n" + stat)})...)
		var d diary
		Expect(s.RetrAll(ctx, []int{1, 2, 3}, &d)).To(Succeed())
		Expect(d.lines).To(Equal([]string{"message 1", `"a\r\n"`, "message 1", `"a\r\n"`, "done 1 3 <nil>",
			"message 2", `"b\r\n"`, "done 2 3 <nil>", "message 3", `"c\r\n"`, "done 3 3 <nil>"}))
	},
		Entry("an extra +OK", "+OK\r\n"),
		Entry("an extra +OK with words and a number", "+OK 1 done\r\n"),
		Entry("an extra -ERR", "-ERR no\r\n"),
		Entry("an extra line of another kind", "bye\r\n"),
		Entry("the same reply again", "+OK\r\na\r\n.\r\n"))

	It("reports a message without an end as failed after asking for it alone, and fetches the others (quirk 72)", func() {
		s := pipelined(nil, slices.Concat(heard("RETR 1", "STAT", "RETR 2", "STAT", "RETR 3", "STAT"),
			[]any{say("+OK\r\na\r\n.\r\n" + stat + "+OK\r\nb.\r\n" + stat + "+OK\r\nc\r\n.\r\n" + stat)},
			resync(4), alone("RETR 2", "+OK\r\nb.\r\n"), resync(3), alone("RETR 3", "+OK\r\nc\r\n.\r\n"))...)
		var d diary
		Expect(s.RetrAll(ctx, []int{1, 2, 3}, &d)).To(Succeed())
		Expect(d.lines[3:]).To(Equal([]string{"message 2", fmt.Sprintf("%q", "b.\r\n"+stat+"+OK\r\nc\r\n"), "message 2",
			fmt.Sprintf("%q", "b.\r\n"+stat), `done 2 13 RETR 2: expected the end of the message before the answer to STAT, got "3 9"`, "message 3", `"c\r\n"`, "done 3 3 <nil>"}))
	})

	It("detects a missing reply, and a reply that is an empty line (quirk 87)", func() {
		for _, answer := range []string{"", "\r\n"} {
			s := pipelined(nil, slices.Concat(heard("RETR 1", "STAT", "RETR 2", "STAT"),
				[]any{say("+OK\r\na\r\n.\r\n" + stat + answer + stat)}, resync(3), alone("RETR 2", "+OK\r\nb\r\n.\r\n"))...)
			var d diary
			Expect(s.RetrAll(ctx, []int{1, 2}, &d)).To(Succeed())
			Expect(d.lines[3:]).To(Equal([]string{"message 2", `"b\r\n"`, "done 2 3 <nil>"}))
		}
	})

	It("accepts mail that begins like a status line when it was asked for alone (quirk 82)", func() {
		odd, bad := "+OK 19 octets\r\n+OK, see you at 5\r\n.\r\n", "+OK 10 octets\r\n+OK 5 pm\r\n.\r\n"
		s := pipelined(nil, slices.Concat(heard("RETR 1", "STAT", "RETR 2", "STAT"), []any{say(odd + stat + bad + stat)},
			resync(3), alone("RETR 2", bad))...)
		var d diary
		Expect(s.RetrAll(ctx, []int{1, 2}, &d)).To(Succeed())
		Expect(d.lines[len(d.lines)-2:]).To(Equal([]string{`"+OK 5 pm\r\n"`, "done 2 10 <nil>"}))
	})

	It("asks again, one command at a time, for a message that begins like a status line or equals the previous one (quirk 86)", func() {
		for _, late := range []string{"+OK 1 done\r\n+OK 3 octets\r\nb\r\n.\r\n", "+OK\r\na\r\n.\r\n"} {
			s := open(hear("STAT"), say(stat), hear("RETR 1"), say("+OK\r\na\r\n.\r\n"), hear("RETR 2"), say(late),
				hear("STAT"), say(stat), hear("NOOP"), say("+OK\r\n"), hear("RETR 2"), say("+OK 3 octets\r\nb\r\n.\r\n"), hear("STAT"), say(stat),
				hear("RETR 3"), say("+OK\r\nc\r\n.\r\n"))
			_, err := s.Stat(ctx)
			Expect(err).NotTo(HaveOccurred())
			var d diary
			Expect(s.RetrAll(ctx, []int{1, 2, 3}, &d)).To(Succeed())
			Expect(d.lines[len(d.lines)-6:]).To(Equal([]string{"message 2", `"b\r\n"`, "done 2 3 <nil>", "message 3", `"c\r\n"`, "done 3 3 <nil>"}))
		}
	})

	It("fails when the reply to STAT never comes", func() {
		s := pipelined(nil, slices.Concat(heard("RETR 1", "STAT", "RETR 2", "STAT"), []any{say("bye\r\n"), anything("the marker"), hangUp{}})...)
		err := s.RetrAll(ctx, []int{1, 2}, &diary{})
		Expect(err).To(MatchError("the server closed the connection during RETR 1 after \"bye\""))
		spoiled(ctx, s, err)
	})

	It("delivers a message that came complete before the connection ended, although its probe was not answered", func() {
		for _, rest := range []string{"", "+OK 3"} {
			s := pipelined(nil, slices.Concat(heard("RETR 1", "STAT", "RETR 2", "STAT"), []any{say("+OK\r\na\r\n.\r\n" + rest), hangUp{}})...)
			var d diary
			Expect(s.RetrAll(ctx, []int{1, 2}, &d)).To(MatchError("the server closed the connection during STAT"))
			Expect(d.lines).To(Equal([]string{"message 1", `"a\r\n"`, "done 1 3 <nil>"}))
		}
		s := pipelined(nil, slices.Concat(heard("RETR 1", "STAT", "RETR 2", "STAT"), []any{say("+OK\r\na\r\n.\r\n+OK\r\nb"), hangUp{}})...)
		var d diary
		Expect(s.RetrAll(ctx, []int{1, 2}, &d)).To(HaveOccurred())
		Expect(d.lines).To(Equal([]string{"message 1", `"a\r\n"`}), "another reply where the probe's is due")
	})

	DescribeTable("stops when the sink fails, discards what is in flight and stays usable", func(d *diary, stats int, lines ...string) {
		s := pipelined(&pop3.Options{Window: 3}, slices.Concat(heard("RETR 1", "STAT", "RETR 2", "STAT", "RETR 3", "STAT"),
			[]any{say("+OK\r\na\r\n.\r\n" + stat + "-ERR no\r\n" + stat + "+OK\r\nc\r\n.\r\n" + stat)}, resync(stats), []any{hear("QUIT"), say("+OK\r\n")})...)
		Expect(s.RetrAll(ctx, []int{1, 2, 3, 4, 5}, d)).To(BeIdenticalTo(full))
		Expect(d.lines).To(Equal(lines))
		Expect(s.Err()).NotTo(HaveOccurred())
		Expect(s.Quit(ctx)).To(Succeed())
	},
		Entry("at Message", &diary{message: map[int]error{1: full}}, 5, "message 1"),
		Entry("at Write", &diary{write: map[int]error{1: full}}, 5, "message 1"),
		Entry("at Done", &diary{done: map[int]error{1: full}}, 4, "message 1", `"a\r\n"`, "done 1 3 <nil>"))

	It("returns both errors when the sink fails and the connection ends", func() {
		s := pipelined(nil, slices.Concat(heard("RETR 1", "STAT", "RETR 2", "STAT"), []any{say("+OK\r\na\r\n.\r\n" + stat), anything("the marker"), hangUp{}})...)
		err := s.RetrAll(ctx, []int{1, 2}, &diary{done: map[int]error{1: full}})
		Expect(err).To(MatchError(full))
		Expect(err).To(MatchError(ContainSubstring("closed the connection")))
		Expect(s.Err()).To(HaveOccurred())
	})

	It("discards a message whose writer is nil", func() {
		s := open(hear("RETR 1"), say("+OK\r\na\r\n.\r\n"), hear("RETR 2"), say("+OK\r\nb\r\n.\r\n"))
		sink := &skips{}
		Expect(s.RetrAll(ctx, []int{1, 2}, sink)).To(Succeed())
		Expect(sink.done).To(Equal(2))
	})

	It("reports each deletion, and stops when the caller asks for it", func() {
		s := pipelined(&pop3.Options{Window: 2}, hear("DELE 4"), hear("DELE 2"), say("+OK\r\n-ERR gone\r\n"), hear("QUIT"), say("+OK\r\n"))
		var heard []string
		Expect(s.DeleAll(ctx, []int{4, 2, 1}, func(n int, err error) error {
			heard = append(heard, fmt.Sprint(n, " ", err))
			return full
		})).To(BeIdenticalTo(full))
		Expect(heard).To(Equal([]string{"4 <nil>"}))
		Expect(s.Quit(ctx)).To(Succeed())
	})

	It("spoils the session when the connection closes inside a message, without a Done", func() {
		s := pipelined(nil, slices.Concat(heard("RETR 1", "STAT", "RETR 2", "STAT"), []any{say("+OK\r\na\r\n.\r\n" + stat + "+OK\r\nhalf"), hangUp{}})...)
		var d diary
		err := s.RetrAll(ctx, []int{1, 2}, &d)
		Expect(err).To(MatchError("the server closed the connection during RETR 2"))
		Expect(d.lines).To(Equal([]string{"message 1", `"a\r\n"`, "done 1 3 <nil>", "message 2", `"half"`}))
		spoiled(ctx, s, err)
	})

	It("spoils the session when the reply to DELE, which cannot be repeated, is invalid", func() {
		for _, answer := range []string{"nonsense\r\n", "+OK\r\nbye\r\n"} {
			s := open(hear("DELE 1"), say(answer))
			err := s.DeleAll(ctx, []int{1, 2}, func(int, error) error { return nil })
			Expect(err).To(BeAssignableToTypeOf(&pop3.ProtocolError{}))
			spoiled(ctx, s, err)
		}
	})

	It("leaves no goroutine behind when the sink panics", func() {
		s := pipelined(nil, slices.Concat(heard("RETR 1", "STAT", "RETR 2", "STAT"), []any{say("+OK\r\na\r\n.\r\n")})...)
		Expect(func() { _ = s.RetrAll(ctx, []int{1, 2}, &panics{}) }).To(PanicWith("sink"))
		Expect(s.Err()).To(Equal(pop3.ErrClosed))
	})

	It("sends nothing for an empty list", func() {
		Expect(open().RetrAll(ctx, nil, nil)).To(Succeed())
	})

	It("passes a small message to the sink in one Write", func() {
		s := open(hear("RETR 1"), say("+OK\r\n"), say(strings.Repeat("..\r\n", 1000)), say(strings.Repeat("x\r\n", 1000)), say(".\r\n"))
		var d diary
		Expect(s.RetrAll(ctx, []int{1}, &d)).To(Succeed())
		Expect(d.lines).To(HaveLen(3))
	})
})

// stat is the server's reply to STAT.
const stat = "+OK 3 9\r\n"

// heard returns steps that expect several commands.
func heard(commands ...string) (steps []any) {
	for _, c := range commands {
		steps = append(steps, hear(c))
	}
	return steps
}

// resync returns steps that expect the commands of a resync: STAT n times, and NOOP.
func resync(stats int) []any {
	steps := heard(slices.Repeat([]string{"STAT"}, stats)...)
	return append(steps, hear("NOOP"), say(strings.Repeat(stat, stats)+"+OK\r\n"))
}

// alone returns steps that expect one command followed by a probe.
func alone(command, reply string) []any {
	return []any{hear(command), hear("STAT"), say(reply + stat)}
}

type skips struct{ done int }

func (s *skips) Message(int) (io.Writer, error) { return nil, nil }

func (s *skips) Done(int, int64, error) error {
	s.done++
	return nil
}

type panics struct{ skips }

func (*panics) Message(int) (io.Writer, error) { panic("sink") }
