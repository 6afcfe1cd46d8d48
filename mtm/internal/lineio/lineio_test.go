package lineio

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing/iotest"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("Reading a line", func() {
	lines := func(in string, limit int) (got []string, err error) {
		r := NewReader(iotest.OneByteReader(strings.NewReader(in)), limit)
		for {
			line, err := r.ReadLine()
			if err != nil {
				return got, err
			}
			got = append(got, string(line))
		}
	}

	It("ends it at CRLF or at a bare LF, and keeps every other octet (quirk 76)", func() {
		got, err := lines("+OK\r\n\r\n\na\rb\x00\xff\r\r\n-ERR\n", 100)
		Expect(got).To(Equal([]string{"+OK", "", "", "a\rb\x00\xff\r", "-ERR"}))
		Expect(err).To(Equal(io.EOF))
	})

	It("takes a line of exactly the limit, whatever its ending", func() {
		got, err := lines("12345678\r\n12345678\n", 8)
		Expect(got).To(HaveLen(2))
		Expect(err).To(Equal(io.EOF))
	})

	It("stops at a line over the limit, ended or not", func() {
		_, err := lines("123456789\r\n", 8)
		Expect(err).To(Equal(ErrLineTooLong))
		_, err = lines("123456789\n", 8)
		Expect(err).To(Equal(ErrLineTooLong))
		_, err = lines(strings.Repeat("x", 1000), 8)
		Expect(err).To(Equal(ErrLineTooLong))
	})

	It("tells an end inside a line from an end between lines", func() {
		_, err := lines("+O", 8)
		Expect(err).To(Equal(io.ErrUnexpectedEOF))
	})

	It("hands on the source's error, and gives up on a source that reads nothing", func() {
		broken := errors.New("broken")
		_, err := NewReader(iotest.ErrReader(broken), 8).ReadLine()
		Expect(err).To(Equal(broken))
		_, err = NewReader(readsNothing{}, 8).ReadLine()
		Expect(err).To(Equal(io.ErrNoProgress))
	})

	It("shows the next line when it starts as said and is short, and takes nothing", func() {
		for in, want := range map[string]string{"+OK 5\r\nx": "+OK 5", "+OK\nx": "+OK", "+X\r\n": "+X", "-OK\r\n": "", "\r\n": "", "+O": "", "+OK too long\r\n": ""} {
			r := NewReader(iotest.OneByteReader(strings.NewReader(in)), 80)
			Expect(string(r.PeekLine('+', 8))).To(Equal(want), in)
			var w bytes.Buffer
			_, _, err := r.CopyBody(&w, 100)
			Expect(err).To(Equal(io.EOF))
			Expect(w.String()).To(Equal(in))
		}
	})

	It("skips lines of any length, and shows those that are not too long", func() {
		r := NewReader(iotest.OneByteReader(strings.NewReader("a\r\n\r\n"+strings.Repeat("x", 1000)+"\nb\nc")), 8)
		for _, want := range []struct {
			line any
			n    int64
		}{{"a", 3}, {"", 2}, {nil, 1001}, {"b", 2}} {
			line, n, err := r.SkipLine()
			Expect(err).NotTo(HaveOccurred())
			Expect(n).To(Equal(want.n))
			if want.line == nil {
				Expect(line).To(BeNil())
				continue
			}
			Expect(string(line)).To(Equal(want.line))
		}
		_, n, err := r.SkipLine()
		Expect(n).To(BeEquivalentTo(1))
		Expect(err).To(Equal(io.EOF))
	})

	It("takes lines as long as the limit allows, past the usual buffer", func() {
		long := strings.Repeat("x", 3*bufferSize)
		got, err := lines(long+"\r\nnext\r\n", len(long))
		Expect(err).To(Equal(io.EOF))
		Expect(got).To(HaveLen(2))
		Expect(got[0] == long).To(BeTrue())
	})
})

type readsNothing struct{}

func (readsNothing) Read([]byte) (int, error) { return 0, nil }
