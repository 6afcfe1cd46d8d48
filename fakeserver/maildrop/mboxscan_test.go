package maildrop

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	. "github.com/onsi/gomega"
)

func TestSmallMessagesAreKeptAsLongAsThereIsRoom(t *testing.T) {
	g := NewWithT(t)
	keep := func(left room, text string, octets int64) ([]byte, room) {
		kept := left.keep(iotest.OneByteReader(strings.NewReader(text)), form{octets: octets})
		return kept, left
	}
	kept, left := keep(10, "abc\r\n", 5)
	g.Expect(kept).To(BeEquivalentTo("abc\r\n"))
	g.Expect(left).To(BeEquivalentTo(5))
	kept, _ = keep(10, "abc", 5) // the line end is added when it is served
	g.Expect(kept).To(BeEquivalentTo("abc"))
	for name, none := range map[string]func() ([]byte, room){
		"no room":        func() ([]byte, room) { return keep(4, "abc\r\n", 5) },
		"another length": func() ([]byte, room) { return keep(10, "ab\r\n", 5) },
		"too large":      func() ([]byte, room) { return keep(keptAtMost, strings.Repeat("x", largestKept+1), largestKept+1) },
	} {
		kept, _ := none()
		g.Expect(kept).To(BeNil(), name)
	}
	left = 10
	g.Expect(left.keep(iotest.ErrReader(errors.New("broken")), form{octets: 5})).To(BeNil())
	g.Expect(left).To(BeEquivalentTo(10))
	octets, err := io.ReadAll(new(Scratch).inMemory([]byte("abc")))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(octets).To(BeEquivalentTo("abc"))
}
