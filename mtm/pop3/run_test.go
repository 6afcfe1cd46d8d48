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

	It("goes on after a refusal", func() {
		s := pipelined(nil, hear("RETR 1"), hear("RETR 2"), hear("RETR 3"),
			say("+OK\r\na\r\n.\r\n-ERR [SYS/TEMP] busy\r\n+OK\r\nc\r\n.\r\n"))
		var d diary
		Expect(s.RetrAll(ctx, []int{1, 2, 3}, &d)).To(Succeed())
		Expect(d.lines).To(Equal([]string{"message 1", `"a\r\n"`, "done 1 3 <nil>",
			"done 2 0 RETR 2: the server refused: [SYS/TEMP] busy", "message 3", `"c\r\n"`, "done 3 3 <nil>"}))
	})

	DescribeTable("stops when the sink fails, reads what is in flight and stays usable", func(d *diary, lines ...string) {
		s := pipelined(&pop3.Options{Window: 3}, hear("RETR 1"), hear("RETR 2"), hear("RETR 3"),
			say("+OK\r\na\r\n.\r\n-ERR no\r\n+OK\r\nc\r\n.\r\n"), hear("QUIT"), say("+OK\r\n"))
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

type skips struct{ done int }

func (s *skips) Message(int) (io.Writer, error) { return nil, nil }

func (s *skips) Done(int, int64, error) error {
	s.done++
	return nil
}

type panics struct{ skips }

func (*panics) Message(int) (io.Writer, error) { panic("sink") }
