package lineio_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing/iotest"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/mtm/internal/lineio"
)

var _ = Describe("A stuffer", func() {
	DescribeTable("writes what a reader takes back", func(text, wire string) {
		for _, r := range []io.Reader{strings.NewReader(text), iotest.OneByteReader(strings.NewReader(text))} {
			var sent bytes.Buffer
			s := lineio.NewStuffer(&sent)
			_, err := io.Copy(s, r)
			Expect(err).NotTo(HaveOccurred())
			Expect(s.Close()).To(Succeed())
			Expect(sent.String()).To(Equal(wire))
		}
	},
		Entry("nothing", "", "\r\n.\r\n"),
		Entry("whole lines", "A: b\r\n\r\nc\r\n", "A: b\r\n\r\nc\r\n.\r\n"),
		Entry("dots", ".\r\n..\r\na.b\r\n.", "..\r\n...\r\na.b\r\n..\r\n.\r\n"),
		Entry("a dot after a bare LF", "a\n.b\n", "a\n..b\n\r\n.\r\n"),
		Entry("a CR at the end", "a\r", "a\r\r\n.\r\n"))

	It("keeps the first error", func() {
		broken := errors.New("broken")
		s := lineio.NewStuffer(failing{broken})
		_, err := s.Write([]byte("a"))
		Expect(err).To(MatchError(broken))
		Expect(s.Close()).To(MatchError(broken))
	})
})

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }
