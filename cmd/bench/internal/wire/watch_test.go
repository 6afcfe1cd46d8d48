package wire

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("a watched line", func() {
	var now time.Time
	var w *Watch
	var commands, replies func([]byte)
	BeforeEach(func() {
		now = time.Unix(0, 0)
		w = NewWatch(func() time.Time { return now }, "RETR", "TOP", "STAT")
		commands, replies = w.session()
	})
	// pass shows text in pieces of n octets, which must not matter.
	pass := func(see func([]byte), text string, n int) {
		for b := []byte(text); len(b) > 0; {
			piece := b[:min(n, len(b))]
			see(piece)
			b = b[len(piece):]
		}
	}

	for _, n := range []int{1, 2, 3, 5, 7, 1000} {
		It("finds where each reply ends, however it is cut", func() {
			pass(replies, "+OK ready\r\n", n)
			pass(commands, "CAPA\r\nAUTH PLAIN\r\n", n)
			pass(replies, "+OK\r\nTOP\r\n.\r\n+ \r\n", n)
			pass(commands, "AGRlbW8AZGVtbw==\r\n", n)
			pass(replies, "+OK\r\n", n)
			pass(commands, "UIDL\r\nRETR 1\r\nRETR 2\r\nRETR 3\r\nTOP 1 0\r\nstat\r\n", n)
			now = now.Add(time.Millisecond)
			pass(replies, "+OK\r\n.\r\n+OK\r\nA: b\r\n\r\n..dot\r\n.\r\n", n)
			now = now.Add(time.Millisecond)
			pass(replies, "-ERR no such message\r\n+OK\r\n.\r\n+OK\r\nA: b\r\n\r\n.\r\n+OK 3 120\r\n", n)
			_, took := w.Seen()
			Expect(took.Of).To(Equal("RETR"))
			Expect(took.Count).To(BeEquivalentTo(3))
			Expect(took.At(0)).To(BeNumerically("~", 0.001, 1e-5))
			Expect(took.At(100)).To(BeNumerically("~", 0.002, 1e-5))
			Expect(w.messages).To(BeEquivalentTo(4))
		})
	}

	It("survives a server that talks unasked, and lines without an end", func() {
		pass(replies, "+OK\r\n+OK again\r\n-ERR and again\r\n", 7)
		for range 100 {
			commands(make([]byte, 1000))
			replies(make([]byte, 1000))
		}
		w.Seen()
	})

	It("keeps a bounded number of samples", func() {
		var t Timeline
		for i := range 100_000 {
			t.Add(time.Duration(i)*time.Millisecond, int64(i), int64(i))
		}
		s := t.Samples()
		Expect(len(s)).To(BeNumerically("<", mostSamples))
		Expect(len(s)).To(BeNumerically(">", mostSamples/4))
		Expect(s[len(s)-1].At).To(BeNumerically(">", 99))
	})
})
