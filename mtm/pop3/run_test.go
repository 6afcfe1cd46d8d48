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

// diary is a sink that writes down what it hears, and fails where it is told to.
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

// sized is a diary that knows how long messages are.
type sized struct {
	*diary
	size int64
}

func (s sized) Size(int) int64 { return s.size }

var _ = Describe("A pipelined run", func() {
	ctx := context.Background()

	// pipelined is a session whose server has said PIPELINING.
	pipelined := func(o *pop3.Options, steps ...any) *pop3.Session {
		GinkgoHelper()
		s := openWith(o, append([]any{hear("CAPA"), say("+OK\r\nPIPELINING\r\n.\r\n")}, steps...)...)
		_, err := s.Capa(ctx)
		Expect(err).NotTo(HaveOccurred())
		return s
	}
	full := errors.New("disk full")

	It("fetches one by one from a server that does not say PIPELINING (quirk 98)", func() {
		s := open(hear("RETR 1"), say("+OK\r\na\r\n.\r\n"), hear("RETR 5"), say("+OK\r\nb\r\n.\r\n"))
		var d diary
		Expect(s.RetrAll(ctx, []int{1, 5}, &d)).To(Succeed())
		Expect(d.lines).To(Equal([]string{"message 1", `"a\r\n"`, "done 1 3 <nil>", "message 5", `"b\r\n"`, "done 5 3 <nil>"}))
	})

	It("sends many before it reads, and refills when half of the window is free", func() {
		s := pipelined(&pop3.Options{Window: 4},
			hear("TOP 1 0"), hear("TOP 2 0"), hear("TOP 3 0"), hear("TOP 4 0"),
			say("+OK\r\n.\r\n+OK\r\n.\r\n"), hear("TOP 5 0"), hear("TOP 6 0"),
			say("+OK\r\n.\r\n+OK\r\n.\r\n+OK\r\n.\r\n+OK\r\n.\r\n"), hear("NOOP"), say("+OK\r\n"))
		var d diary
		Expect(s.TopAll(ctx, []int{1, 2, 3, 4, 5, 6}, 0, &d)).To(Succeed())
		Expect(d.lines).To(HaveLen(12))
		Expect(s.Noop(ctx)).To(Succeed())
	})

	It("bounds the octets in flight, and always sends one", func() {
		s := pipelined(&pop3.Options{WindowBytes: 2 * len("DELE 1\r\n")},
			hear("DELE 1"), hear("DELE 2"), say("+OK\r\n"), hear("DELE 3"), say("+OK\r\n+OK\r\n"))
		Expect(s.DeleAll(ctx, []int{1, 2, 3}, func(int, error) error { return nil })).To(Succeed())
		s = pipelined(&pop3.Options{WindowBytes: 1}, hear("DELE 1"), say("+OK\r\n"), hear("DELE 2"), say("+OK\r\n"))
		Expect(s.DeleAll(ctx, []int{1, 2}, func(int, error) error { return nil })).To(Succeed())
	})

	inStep := []any{hear("STAT"), say("+OK 3 9\r\n"), hear("STAT"), say("+OK 3 9\r\n")}

	It("goes on after a refusal, which is final, and holds back what was in flight behind it (quirk 86)", func() {
		s := pipelined(nil, slices.Concat([]any{hear("RETR 1"), hear("RETR 2"), hear("RETR 3"), hear("RETR 4"),
			say("+OK\r\na\r\n.\r\n-ERR [SYS/TEMP] busy\r\n+OK\r\nc\r\n.\r\n-ERR no\r\n")}, inStep, []any{hear("NOOP"), say("+OK\r\n")})...)
		var d diary
		Expect(s.RetrAll(ctx, []int{1, 2, 3, 4}, &d)).To(Succeed())
		Expect(d.lines).To(Equal([]string{"message 1", `"a\r\n"`, "done 1 3 <nil>",
			"done 2 0 RETR 2: the server refused: [SYS/TEMP] busy", "message 3", `"c\r\n"`, "done 3 3 <nil>",
			"done 4 0 RETR 4: the server refused: no"}))
		Expect(s.Noop(ctx)).To(Succeed())
	})

	It("asks again for what is too large to be held back, and opens its window one message after the other", func() {
		large := "+OK\r\n" + strings.Repeat(strings.Repeat("x", 1<<20)+"\r\n", 8) + ".\r\n"
		s := pipelined(nil, slices.Concat([]any{hear("TOP 1 0"), hear("TOP 2 0"), hear("TOP 3 0"), hear("TOP 4 0"), hear("TOP 5 0"),
			say("-ERR no\r\n+OK\r\nb\r\n.\r\n" + large), say("+OK\r\nd\r\n.\r\n-ERR no\r\n")}, inStep, []any{
			hear("TOP 3 0"), say(large), hear("TOP 4 0"), hear("TOP 5 0"), say("+OK\r\nd\r\n.\r\n+OK\r\ne\r\n.\r\n")})...)
		sink := &collects{got: map[int]string{}}
		Expect(s.TopAll(ctx, []int{1, 2, 3, 4, 5}, 0, refusedToo{sink})).To(Succeed())
		Expect(sink.got).To(HaveLen(5))
		Expect(sink.got[1]).To(HavePrefix("TOP 1: the server refused"))
		Expect(sink.got[2]).To(Equal("b\r\n"))
		Expect(sink.got[3]).To(HaveLen(len(large) - len("+OK\r\n.\r\n")))
		Expect(sink.got[4] + sink.got[5]).To(Equal("d\r\ne\r\n"))
	})

	DescribeTable("stops when the sink fails at what was held back", func(d *diary, lines ...string) {
		s := pipelined(nil, slices.Concat([]any{hear("RETR 1"), hear("RETR 2"), hear("RETR 3"),
			say("-ERR no\r\n+OK\r\nb\r\n.\r\n+OK\r\nc\r\n.\r\n")}, inStep, []any{hear("QUIT"), say("+OK\r\n")})...)
		Expect(s.RetrAll(ctx, []int{1, 2, 3}, d)).To(BeIdenticalTo(full))
		Expect(d.lines[1:]).To(HaveExactElements(lines))
		Expect(s.Quit(ctx)).To(Succeed())
	},
		Entry("at the refusal", &diary{done: map[int]error{1: full}}),
		Entry("at Message", &diary{message: map[int]error{2: full}}, "message 2"),
		Entry("at Write", &diary{write: map[int]error{2: full}}, "message 2"),
		Entry("at Done", &diary{done: map[int]error{2: full}}, "message 2", `"b\r\n"`, "done 2 3 <nil>"))

	It("asks once about refusals in a row, and keeps the window then", func() {
		s := pipelined(&pop3.Options{Window: 2}, slices.Concat([]any{hear("TOP 1 0"), hear("TOP 2 0"), say("-ERR a\r\n-ERR b\r\n")}, inStep,
			[]any{hear("TOP 3 0"), hear("TOP 4 0"), say("-ERR c\r\n-ERR d\r\n"), hear("STAT"), say("+OK 3 9\r\n")})...)
		var d diary
		Expect(s.TopAll(ctx, []int{1, 2, 3, 4}, 0, &d)).To(Succeed())
		Expect(d.lines).To(HaveLen(4))
		Expect(d.lines[3]).To(Equal("done 4 0 TOP 4: the server refused: d"))
	})

	DescribeTable("gives nothing to the sink that may belong to another message (quirk 86)", func(extra, why string) {
		steps := []any{hear("STAT"), say("+OK 3 9\r\n"), hear("RETR 1"), hear("RETR 2"), hear("RETR 3"),
			say("+OK\r\na\r\n.\r\n" + extra + "+OK 3 octets\r\nb\r\n.\r\n+OK 3 octets\r\nc\r\n.\r\n")}
		if why == "" {
			steps = append(steps, hear("STAT"), say("+OK 3 9\r\n"), hear("RETR 2"), say("+OK 3 octets\r\nb\r\n.\r\n"), hear("RETR 3"), say("+OK 3 octets\r\nc\r\n.\r\n"))
		}
		s := pipelined(nil, steps...)
		_, err := s.Stat(ctx)
		Expect(err).NotTo(HaveOccurred())
		var d diary
		err = s.RetrAll(ctx, []int{1, 2, 3}, &d)
		if why == "" {
			Expect(err).NotTo(HaveOccurred())
			Expect(d.lines[3:]).To(Equal([]string{"message 2", `"b\r\n"`, "done 2 3 <nil>", "message 3", `"c\r\n"`, "done 3 3 <nil>"}))
			return
		}
		Expect(err).To(MatchError(why))
		Expect(d.lines).To(Equal([]string{"message 1", `"a\r\n"`, "done 1 3 <nil>"}))
		spoiled(ctx, s, err)
	},
		Entry("after an extra +OK, which the next message swallows", "+OK\r\n", ""),
		Entry("after an extra +OK with words and a number", "+OK 1 done\r\n", ""),
		Entry("after an extra -ERR, which shifts all answers", "-ERR no\r\n",
			`RETR 2: expected nothing before STAT after it (the answers no longer match the commands), got "+OK 3 octets\x0d\x0ac\x0d\x0a.\x0d\x0a"`),
		Entry("after an extra line of another kind", "bye\r\n", `RETR 2: expected a line that starts with "+OK" or "-ERR", got "bye"`))

	It("passes over a blank line after a message (quirk 86)", func() {
		s := pipelined(nil, slices.Concat([]any{hear("RETR 1"), hear("RETR 2"), hear("RETR 3"),
			say("+OK\r\na\r\n.\r\n\r\n+OK\r\nb\r\n.\r\n\r\n+OK\r\nc\r\n.\r\n")}, inStep)...)
		var d diary
		Expect(s.RetrAll(ctx, []int{1, 2, 3}, &d)).To(Succeed())
		Expect(d.lines[3:]).To(Equal([]string{"message 2", `"b\r\n"`, "done 2 3 <nil>", "message 3", `"c\r\n"`, "done 3 3 <nil>"}))
	})

	It("holds a message that is shorter than said for whole once nothing more of it has come (quirk 74)", func() {
		s := pipelined(nil, hear("STAT"), say("+OK 3 9\r\n"), hear("RETR 1"), hear("RETR 2"),
			say("+OK\r\na\r\n.\r\n+OK\r\nb\r\n.\r\n"), hear("STAT"), say("+OK 3 9\r\n"),
			hear("RETR 3"), say("+OK\r\nc\r\n.\r\nd\r\n.\r\n"), hangUp{})
		_, err := s.Stat(ctx)
		Expect(err).NotTo(HaveOccurred())
		d := sized{new(diary), 6}
		Expect(s.RetrAll(ctx, []int{1, 2}, d)).To(Succeed())
		Expect(d.lines).To(Equal([]string{"message 1", `"a\r\n"`, "done 1 3 <nil>", "message 2", `"b\r\n"`, "done 2 3 <nil>"}))
		Expect(s.RetrAll(ctx, []int{3}, d)).To(MatchError(HavePrefix("RETR 3: expected nothing before STAT after it")))
		Expect(d.lines[6:]).To(Equal([]string{"message 3", `"c\r\n"`}))
	})

	It("asks no more when the sizes are but estimates (quirk 42)", func() {
		steps := []any{hear("STAT"), say("+OK 9 99\r\n")}
		for n := 1; n <= 9; n++ {
			steps = append(steps, hear(fmt.Sprint("RETR ", n)), say("+OK\r\na\r\n.\r\n"))
			if n <= 8 {
				steps = append(steps, hear("STAT"), say("+OK 9 99\r\n"))
			}
		}
		s := open(steps...)
		_, err := s.Stat(ctx)
		Expect(err).NotTo(HaveOccurred())
		d := sized{new(diary), 1000}
		Expect(s.RetrAll(ctx, []int{1, 2, 3, 4, 5, 6, 7, 8, 9}, d)).To(Succeed())
		Expect(d.lines).To(HaveLen(27))
	})

	It("holds nothing for whole that follows a blank line which was the answer (quirk 87)", func() {
		s := pipelined(nil, hear("STAT"), say("+OK 3 9\r\n"), hear("RETR 1"), hear("RETR 2"), hear("RETR 3"),
			say("+OK\r\na\r\n.\r\n\r\n+OK\r\nc\r\n.\r\n"), hangUp{})
		_, err := s.Stat(ctx)
		Expect(err).NotTo(HaveOccurred())
		var d diary
		Expect(s.RetrAll(ctx, []int{1, 2, 3}, &d)).To(MatchError("the server closed the line during RETR 3"))
		Expect(d.lines[3:]).To(Equal([]string{"message 2", `"c\r\n"`}), "without its end a message is not whole")
	})

	It("keeps nothing of a refusal that an extra +OK hides (quirk 86)", func() {
		s := pipelined(nil, hear("RETR 1"), hear("RETR 2"), hear("RETR 3"),
			say("+OK\r\na\r\n.\r\n+OK\r\n-ERR no such message\r\n+OK 3 octets\r\nc\r\n.\r\n"), hangUp{})
		var d diary
		Expect(s.RetrAll(ctx, []int{1, 2, 3}, &d)).To(MatchError("the server closed the line during RETR 3"))
		Expect(d.lines).To(HaveLen(3))
	})

	It("keeps mail that begins like a status line, wherever it stands (quirk 82)", func() {
		odd := "+OK 19 octets\r\n+OK, see you at 5\r\n.\r\n"
		bad := "+OK 10 octets\r\n+OK 5 pm\r\n.\r\n"
		s := pipelined(nil, slices.Concat([]any{hear("RETR 1"), hear("RETR 2"), hear("RETR 3"), say(odd + odd + bad)}, inStep,
			[]any{hear("RETR 3"), say(bad)})...)
		var d diary
		Expect(s.RetrAll(ctx, []int{1, 2, 3}, &d)).To(Succeed())
		Expect(d.lines[7]).To(Equal(`"+OK 5 pm\r\n"`))
	})

	It("asks again for a message that begins like a status line, which may be its own behind a late line (quirk 86)", func() {
		s := open(slices.Concat([]any{hear("RETR 1"), say("+OK\r\na\r\n.\r\n"), hear("RETR 2"), say("+OK 1 done\r\n+OK 3 octets\r\nb\r\n.\r\n")}, inStep,
			[]any{hear("RETR 2"), say("+OK 3 octets\r\nb\r\n.\r\n"), hear("RETR 3"), say("+OK 10 octets\r\n+OK 5 pm\r\n.\r\n"), hear("STAT"), say("+OK 3 9\r\n"),
				hear("RETR 3"), say("+OK 10 octets\r\n+OK 5 pm\r\n.\r\n")})...)
		var d diary
		Expect(s.RetrAll(ctx, []int{1, 2, 3}, &d)).To(Succeed())
		Expect(d.lines[3:]).To(Equal([]string{"message 2", `"b\r\n"`, "done 2 3 <nil>", "message 3", `"+OK 5 pm\r\n"`, "done 3 10 <nil>"}))
	})

	It("notices a late answer that is one too many by the answer to STAT (quirk 86)", func() {
		s := pipelined(nil, hear("RETR 1"), hear("RETR 2"), say("+OK\r\na\r\n.\r\n-ERR no\r\n"),
			hear("STAT"), say("+OK\r\nSubject: b\r\n.\r\n+OK 2 320\r\n"))
		err := s.RetrAll(ctx, []int{1, 2}, &diary{})
		Expect(err).To(MatchError(`RETR 2: expected the answer to STAT after it (the answers no longer match the commands), got "+OK"`))
		spoiled(ctx, s, err)
	})

	It("says both when the sink fails and the answers do not match", func() {
		s := pipelined(nil, hear("RETR 1"), hear("RETR 2"), say("+OK\r\na\r\n.\r\n-ERR no\r\n"), hear("STAT"), say("-ERR no\r\n"))
		err := s.RetrAll(ctx, []int{1, 2}, &diary{done: map[int]error{1: full}})
		Expect(err).To(MatchError(full))
		Expect(err).To(MatchError(ContainSubstring("no longer match")))
		Expect(s.Err()).To(HaveOccurred())
	})

	DescribeTable("stops when the sink fails, reads what is in flight and stays usable", func(d *diary, lines ...string) {
		s := pipelined(&pop3.Options{Window: 3}, hear("RETR 1"), hear("RETR 2"), hear("RETR 3"),
			say("+OK\r\na\r\n.\r\n-ERR no\r\n+OK\r\nc\r\n.\r\n"), hear("STAT"), say("+OK 3 9\r\n"), hear("STAT"), say("+OK 3 9\r\n"),
			hear("QUIT"), say("+OK\r\n"))
		Expect(s.RetrAll(ctx, []int{1, 2, 3, 4, 5}, d)).To(BeIdenticalTo(full))
		Expect(d.lines).To(Equal(lines))
		Expect(s.Err()).NotTo(HaveOccurred())
		Expect(s.Quit(ctx)).To(Succeed())
	},
		Entry("at Message", &diary{message: map[int]error{1: full}}, "message 1"),
		Entry("at Write", &diary{write: map[int]error{1: full}}, "message 1"),
		Entry("at Done", &diary{done: map[int]error{1: full}}, "message 1", `"a\r\n"`, "done 1 3 <nil>"))

	It("drops a message whose writer is nil", func() {
		s := open(hear("RETR 1"), say("+OK\r\na\r\n.\r\n"), hear("RETR 2"), say("+OK\r\nb\r\n.\r\n"))
		sink := &skips{}
		Expect(s.RetrAll(ctx, []int{1, 2}, sink)).To(Succeed())
		Expect(sink.done).To(Equal(2))
	})

	It("tells of each deletion, and stops when told to", func() {
		s := pipelined(&pop3.Options{Window: 2}, hear("DELE 4"), hear("DELE 2"), say("+OK\r\n-ERR gone\r\n"), hear("QUIT"), say("+OK\r\n"))
		var heard []string
		Expect(s.DeleAll(ctx, []int{4, 2, 1}, func(n int, err error) error {
			heard = append(heard, fmt.Sprint(n, " ", err))
			return full
		})).To(BeIdenticalTo(full))
		Expect(heard).To(Equal([]string{"4 <nil>"}))
		Expect(s.Quit(ctx)).To(Succeed())
	})

	It("spoils the session when the line closes inside, and the sink hears no Done", func() {
		s := pipelined(nil, hear("RETR 1"), hear("RETR 2"), say("+OK\r\na\r\n.\r\n+OK\r\nhalf"), hangUp{})
		var d diary
		err := s.RetrAll(ctx, []int{1, 2}, &d)
		Expect(err).To(MatchError("the server closed the line during RETR 2"))
		Expect(d.lines).To(Equal([]string{"message 1", `"a\r\n"`, "done 1 3 <nil>", "message 2", `"half"`}))
		spoiled(ctx, s, err)
	})

	It("spoils the session on nonsense, also while it throws replies away", func() {
		s := pipelined(nil, hear("RETR 1"), hear("RETR 2"), say("+OK\r\na\r\n.\r\nnonsense\r\n"))
		err := s.RetrAll(ctx, []int{1, 2}, &diary{done: map[int]error{1: full}})
		var nonsense *pop3.ProtocolError
		Expect(errors.As(err, &nonsense)).To(BeTrue())
		Expect(nonsense.Number).To(Equal(2))
		spoiled(ctx, s, err)
	})

	It("leaves no goroutine behind when the sink panics", func() {
		s := pipelined(nil, hear("RETR 1"), hear("RETR 2"), say("+OK\r\na\r\n.\r\n"))
		Expect(func() { _ = s.RetrAll(ctx, []int{1, 2}, &panics{}) }).To(PanicWith("sink"))
		Expect(s.Err()).To(Equal(pop3.ErrClosed))
	})

	It("does nothing for no messages", func() {
		Expect(open().RetrAll(ctx, nil, nil)).To(Succeed())
	})

	It("hands a small message to the sink in one Write", func() {
		s := open(hear("RETR 1"), say("+OK\r\n"), say(strings.Repeat("..\r\n", 1000)), say(strings.Repeat("x\r\n", 1000)), say(".\r\n"))
		var d diary
		Expect(s.RetrAll(ctx, []int{1}, &d)).To(Succeed())
		Expect(d.lines).To(HaveLen(3))
	})
})

// refusedToo keeps refusals beside the messages.
type refusedToo struct{ *collects }

func (r refusedToo) Done(n int, octets int64, err error) error {
	if err != nil {
		r.got[n] = err.Error()
		return nil
	}
	return r.collects.Done(n, octets, nil)
}

type skips struct{ done int }

func (s *skips) Message(int) (io.Writer, error) { return nil, nil }

func (s *skips) Done(int, int64, error) error {
	s.done++
	return nil
}

type panics struct{ skips }

func (*panics) Message(int) (io.Writer, error) { panic("sink") }
