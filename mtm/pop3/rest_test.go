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

// failing is a writer that accepts some octets and then returns its error.
type failing struct {
	room int
	err  error
}

func (f *failing) Write(p []byte) (int, error) {
	if f.room -= len(p); f.room < 0 {
		return 0, f.err
	}
	return len(p), nil
}

var _ = Describe("The rest of a message after its writer failed", func() {
	ctx := context.Background()
	full := errors.New("the disk is full")
	body := func(octets int) string { return strings.Repeat(strings.Repeat("x", 78)+"\r\n", octets/80) }

	It("is read up to MaxRest, so that QUIT can follow", func() {
		s := openWith(&pop3.Options{MaxRest: 1 << 20}, hear("RETR 1"), say("+OK\r\n"+body(900_000)+".\r\n"), hear("QUIT"), say("+OK\r\n"))
		_, err := s.Retr(ctx, 1, &failing{1000, full})
		Expect(err).To(MatchError(full))
		Expect(s.Err()).NotTo(HaveOccurred())
		Expect(s.Quit(ctx)).To(Succeed())
	})

	It("ends the session when it is longer, and the writer's error is returned", func() {
		s := openWith(&pop3.Options{MaxRest: 100_000}, hear("RETR 1"), say("+OK\r\n"), flood(body(80)))
		_, err := s.Retr(ctx, 1, &failing{1000, full})
		Expect(err).To(MatchError(full))
		Expect(err).To(MatchError(ContainSubstring("more than 100000 octets left to send")))
		Expect(s.Err()).To(HaveOccurred())
	})

	It("includes the other messages in flight", func() {
		s := openWith(&pop3.Options{MaxRest: 100_000}, hear("RETR 1"), say("+OK\r\n"+body(1_000)+".\r\n"))
		Expect(s.RetrAll(ctx, []int{1, 2}, to{&failing{10, full}})).To(MatchError(full))
		Expect(s.Err()).NotTo(HaveOccurred())
	})

	It("is not read when the writer returns ErrDrop", func() {
		s := openWith(nil, hear("RETR 1"), say("+OK\r\n"), flood(body(80)))
		_, err := s.Retr(ctx, 1, &failing{1000, errors.Join(full, pop3.ErrDrop)})
		Expect(err).To(MatchError(full))
		Expect(s.Err()).To(HaveOccurred())
	})

	It("is counted from zero for the next command", func() {
		s := openWith(&pop3.Options{MaxRest: 100_000}, hear("RETR 1"), say("+OK\r\n"+body(90_000)+".\r\n"), hear("RETR 2"), say("+OK\r\n"+body(500_000)+".\r\n"))
		_, err := s.Retr(ctx, 1, &failing{1000, full})
		Expect(err).To(MatchError(full))
		Expect(s.Retr(ctx, 2, io.Discard)).To(BeEquivalentTo(500_000))
	})

	It("counts towards a limit that may change between messages", func() {
		s := openWith(nil, hear("RETR 1"), say("+OK\r\n"+body(8_000)+".\r\n"), hear("RETR 2"), say("+OK\r\n"), flood(body(80)))
		s.LimitBody(0)
		Expect(s.Retr(ctx, 1, io.Discard)).To(BeEquivalentTo(8_000))
		s.LimitBody(4_000)
		_, err := s.Retr(ctx, 2, io.Discard)
		Expect(err).To(MatchError("RETR 2: expected a message of at most 4000 octets, a limit of this client"))
	})
})

// to is a sink with one writer for all messages.
type to struct{ w io.Writer }

func (t to) Message(int) (io.Writer, error) { return t.w, nil }
func (to) Done(int, int64, error) error     { return nil }
