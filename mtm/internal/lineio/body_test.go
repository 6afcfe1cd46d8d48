package lineio

import (
	"bytes"
	"errors"
	"io"
	"math"
	"slices"
	"strings"
	"testing/iotest"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("Reading a message", func() {
	// read reads a status line and a message, whole and octet by octet, and then the next line.
	read := func(in string) (body, next string) {
		GinkgoHelper()
		for i, src := range []io.Reader{strings.NewReader(in), iotest.OneByteReader(strings.NewReader(in))} {
			r := NewReader(src, 100)
			_, err := r.ReadLine()
			Expect(err).NotTo(HaveOccurred())
			var w writes
			n, dstErr, err := r.CopyBody(&w, math.MaxInt64)
			Expect(err).NotTo(HaveOccurred())
			Expect(dstErr).NotTo(HaveOccurred())
			Expect(n).To(BeEquivalentTo(len(w.bytes())))
			line, _ := r.ReadLine()
			if i > 0 {
				Expect(string(w.bytes())).To(Equal(body))
				Expect(string(line)).To(Equal(next))
			}
			body, next = string(w.bytes()), string(line)
		}
		return body, next
	}

	DescribeTable("notices a CR before two dots, which may have lost its LF", func(body string, want bool) {
		in := "+OK\r\n" + body + "\r\n.\r\n"
		for _, src := range []io.Reader{strings.NewReader(in), iotest.OneByteReader(strings.NewReader(in)), iotest.HalfReader(strings.NewReader(in))} {
			r := NewReader(src, 100)
			_, err := r.ReadLine()
			Expect(err).NotTo(HaveOccurred())
			_, _, err = r.CopyBody(io.Discard, math.MaxInt64)
			Expect(err).NotTo(HaveOccurred())
			Expect(r.CRDots()).To(Equal(want))
		}
	},
		Entry("in a line", "a\r..b", true),
		Entry("at the start", "\r..", true),
		Entry("behind a stuffed dot", "..\r..b", true),
		Entry("one dot", "a\r.b", false),
		Entry("a stuffed dot", "a\r\n..b", false),
		Entry("several stuffed dots", "..\r\n...\r\n....", false),
		Entry("dots in a line", "a..b\r\nc...", false),
		Entry("nothing", "", false),
	)

	DescribeTable("is exact", func(wire, want string) {
		body, next := read(wire + "next\r\n")
		Expect(body).To(Equal(want))
		Expect(next).To(Equal("next"))
	},
		Entry("an empty message", "+OK\r\n.\r\n", ""),
		Entry("the CRLF before the dot belongs to it", "+OK\r\na\r\n.\r\n", "a\r\n"),
		Entry("blank lines at both ends", "+OK\r\n\r\na\r\n\r\n.\r\n", "\r\na\r\n\r\n"),
		Entry("stuffed dots at its start and after CRLF", "+OK\r\n..\r\n...\r\na..\r\n.\r\n", ".\r\n..\r\na..\r\n"),
		Entry("a stuffed dot after a bare LF", "+OK\r\na\n..b\n..\n.\r\nc\r\n.\r\n", "a\n.b\n.\n.\r\nc\r\n"),
		Entry("quirk 75: a lone dot after a bare LF is not the end", "+OK\r\na\n.\nb\n.\r\nc\r\n.\r\n", "a\n.\nb\n.\r\nc\r\n"),
		Entry("quirk 74: a dot that nobody stuffed stays", "+OK\r\n.a\r\n.\rb\r\n.\x00\r\n.\r\n", ".a\r\n.\rb\r\n.\x00\r\n"),
		Entry("quirk 76: the line of the final dot ends with a bare LF", "+OK\r\na\r\n.\n", "a\r\n"),
		Entry("quirk 76: only bare LF", "+OK\na\n..\n.\n", "a\n.\n"),
		Entry("quirk 76: bare LF, the final dot with CRLF", "+OK\na\n.\r\n", "a\n"),
		Entry("quirk 76: empty, only bare LF", "+OK\n.\n", ""),
		Entry("quirk 78: NUL, 8-bit octets, bare CR", "+OK\r\n\x00\xff\r\r.\r\r\n.\r\n", "\x00\xff\r\r.\r\r\n"),
		Entry("quirk 82: lines that look like replies", "+OK\r\n+OK\r\n-ERR\r\n.\r\n", "+OK\r\n-ERR\r\n"),
		Entry("CR CR LF before the dot", "+OK\r\na\r\r\n.\r\n", "a\r\r\n"),
	)

	It("hands a message that fits a quarter of the buffer to one Write, however it is cut", func() {
		message := strings.Repeat("..line\r\n", bufferSize/4/8-1)
		for _, src := range []io.Reader{strings.NewReader(message + ".\r\n"), iotest.OneByteReader(strings.NewReader(message + ".\r\n"))} {
			var w writes
			_, _, err := NewReader(src, 100).CopyBody(&w, math.MaxInt64)
			Expect(err).NotTo(HaveOccurred())
			Expect(w.got).To(HaveLen(1))
			Expect(string(w.got[0]) == strings.ReplaceAll(message, "..", ".")).To(BeTrue())
		}
	})

	It("reads lines of 1 MiB and messages of many buffers", func() {
		line := strings.Repeat("x.", 1<<19) + "\r\n"
		wire := strings.Repeat("..\r\n"+line, 4)
		var w bytes.Buffer
		n, _, err := NewReader(strings.NewReader(wire+".\r\n"), 100).CopyBody(&w, math.MaxInt64)
		Expect(err).NotTo(HaveOccurred())
		Expect(n).To(BeEquivalentTo(w.Len()))
		Expect(w.String() == strings.Repeat(".\r\n"+line, 4)).To(BeTrue())
	})

	It("throws a message away without a writer", func() {
		r := NewReader(strings.NewReader("a\r\n.\r\nnext\r\n"), 100)
		n, dstErr, err := r.CopyBody(nil, math.MaxInt64)
		Expect([]any{n, dstErr, err}).To(Equal([]any{int64(0), nil, nil}))
		Expect(r.ReadLine()).To(BeEquivalentTo("next"))
	})

	It("reads to the end after the writer failed, and keeps its first error", func() {
		full := errors.New("disk full")
		wire := strings.Repeat(strings.Repeat("x", 1022)+"\r\n", 1000) + ".\r\nnext\r\n"
		r := NewReader(strings.NewReader(wire), 100)
		n, dstErr, err := r.CopyBody(&failsAfter{calls: 1, err: full}, math.MaxInt64)
		Expect(err).NotTo(HaveOccurred())
		Expect(dstErr).To(Equal(full))
		Expect(n).To(BeNumerically(">", 0))
		Expect(r.ReadLine()).To(BeEquivalentTo("next"))
	})

	It("calls a short write an error", func() {
		_, dstErr, err := NewReader(strings.NewReader("abc\r\n.\r\n"), 100).CopyBody(short{}, math.MaxInt64)
		Expect(err).NotTo(HaveOccurred())
		Expect(dstErr).To(Equal(io.ErrShortWrite))
	})

	It("writes what came before an end without a dot", func() {
		var w bytes.Buffer
		n, _, err := NewReader(strings.NewReader("abc\r\n."), 100).CopyBody(&w, math.MaxInt64)
		Expect(err).To(Equal(io.EOF))
		Expect(n).To(BeEquivalentTo(5))
		Expect(w.String()).To(Equal("abc\r\n"))
	})

	It("tells its writer before it waits how much has come, written or not", func() {
		text := strings.Repeat("..23456789abcd\r\n", 1000)
		var w awaiter
		n, _, err := NewReader(&atMost{strings.NewReader(text + ".\r\n"), 500}, 100).CopyBody(&w, math.MaxInt64)
		Expect(err).NotTo(HaveOccurred())
		Expect(n).To(BeEquivalentTo(15000))
		Expect(w.writes).To(Equal(1))
		Expect(w.heard).To(HaveLen(len(slices.Compact(slices.Clone(w.heard)))))
		Expect(len(w.heard)).To(BeNumerically(">", 20))
		Expect(slices.IsSorted(w.heard)).To(BeTrue())
		Expect(w.heard[len(w.heard)-1]).To(BeNumerically("<=", n))
	})

	It("asks before it waits, with the end of what has come, and takes that", func() {
		for _, in := range []string{"a\r\nend\r\n", strings.Repeat("x\r\n", 1<<17) + "end\r\n", "end\r\n"} {
			var w bytes.Buffer
			r := NewReader(iotest.HalfReader(strings.NewReader(in)), 100)
			stop := func(tail []byte) bool { return bytes.HasSuffix(tail, []byte("end\r\n")) }
			_, _, err := r.CopyBodyUnless(stop, &w, math.MaxInt64)
			Expect(err).To(Equal(ErrStopped))
			Expect(r.Unread()).To(BeEmpty())
			Expect(r.AfterBody()).To(BeTrue())
		}
	})

	It("knows what was read last", func() {
		r := NewReader(strings.NewReader("+OK\r\na\r\n.\r\n\r\n+OK\r\n"), 100)
		var was []bool
		for range 2 {
			_, err := r.ReadLine()
			Expect(err).NotTo(HaveOccurred())
			was = append(was, r.AfterBody())
			if len(was) == 1 {
				_, _, err = r.CopyBody(nil, 100)
				Expect(err).NotTo(HaveOccurred())
				was = append(was, r.AfterBody())
			}
		}
		_, err := r.ReadLine()
		Expect(err).NotTo(HaveOccurred())
		Expect(append(was, r.AfterBody())).To(Equal([]bool{false, true, true, false}))
	})

	It("stops at a message over the limit, and takes one of exactly the limit", func() {
		_, _, err := NewReader(strings.NewReader("abc\r\n.\r\n"), 100).CopyBody(io.Discard, 5)
		Expect(err).NotTo(HaveOccurred())
		_, _, err = NewReader(strings.NewReader("abcd\r\n.\r\n"), 100).CopyBody(io.Discard, 5)
		Expect(err).To(Equal(ErrBodyTooLong))
		endless := io.MultiReader(strings.NewReader(strings.Repeat("x", 1<<20)), iotest.ErrReader(errors.New("read too far")))
		_, _, err = NewReader(endless, 100).CopyBody(nil, 1<<16)
		Expect(err).To(Equal(ErrBodyTooLong))
	})
})

// awaiter is an Awaiter that records each number passed to Awaits.
type awaiter struct {
	heard  []int64
	writes int
}

func (a *awaiter) Awaits(came int64) { a.heard = append(a.heard, came) }

func (a *awaiter) Write(p []byte) (int, error) {
	a.writes++
	return len(p), nil
}

// atMost reads at most so many octets at once.
type atMost struct {
	io.Reader
	most int
}

func (p *atMost) Read(b []byte) (int, error) { return p.Reader.Read(b[:min(len(b), p.most)]) }

type failsAfter struct {
	calls int
	err   error
}

func (f *failsAfter) Write(b []byte) (int, error) {
	if f.calls == 0 {
		return 0, f.err
	}
	f.calls--
	return len(b), nil
}

type short struct{}

func (short) Write(b []byte) (int, error) { return len(b) - 1, nil }
