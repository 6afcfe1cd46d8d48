package maildrop_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"pop3mtm/fakeserver/maildrop"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("a spool", func() {
	take := func(s *maildrop.Spool, text string) *maildrop.Spooled {
		GinkgoHelper()
		m, err := s.Take(strings.NewReader(text))
		Expect(err).NotTo(HaveOccurred())
		return m
	}
	stored := func() []string {
		GinkgoHelper()
		all, err := filepath.Glob(filepath.Join(os.TempDir(), "spool-*", "*"))
		Expect(err).NotTo(HaveOccurred())
		return all
	}
	BeforeEach(func() { GinkgoT().Setenv("TMPDIR", GinkgoT().TempDir()) })

	It("gives messages as they came, from memory or from disk", func() {
		s := maildrop.NewSpool(maildrop.SpoolOptions{Memory: 100})
		for _, text := range []string{"", "A: b\r\n\r\nc\r\n", "no line end", "x\r", strings.Repeat("y", 90), strings.Repeat("z\r\n", 100_000)} {
			m := take(s, text)
			want := text
			if text != "" && !strings.HasSuffix(text, "\r\n") {
				want += "\r\n"
			}
			Expect(maildrop.Read(m)).To(BeEquivalentTo(bytes.Clone([]byte(want))), "%.20q", text)
			Expect(m.UID()).To(Equal(maildrop.Bytes("", []byte(text)).UID()))
		}
		Expect(stored()).To(HaveLen(2))
		Expect(s.Close()).To(Succeed())
		Expect(stored()).To(BeEmpty())
	})

	It("refuses what is beyond its messages and its octets, and keeps nothing of it", func() {
		s := maildrop.NewSpool(maildrop.SpoolOptions{Messages: 2, Octets: 100_000, Memory: 10})
		first := take(s, strings.Repeat("a", 60_000))
		_, err := s.Take(strings.NewReader(strings.Repeat("b", 40_001)))
		Expect(err).To(MatchError(maildrop.ErrFull))
		Expect(err).To(MatchError(ContainSubstring("of 100000 octets are in use")))
		Expect(s.Room(40_001)).To(MatchError(maildrop.ErrFull))
		Expect(s.Room(40_000)).To(Succeed())
		take(s, "c")
		Expect(s.Room(0)).To(MatchError(ContainSubstring("it holds 2 messages")))
		Expect(stored()).To(HaveLen(1))
		first.Release()
		Expect(s.Room(90_000)).To(Succeed())
		Expect(stored()).To(BeEmpty())
		Expect(s.Close()).To(Succeed())
	})

	It("has its room back when the last source that has a message removes it", func() {
		s := maildrop.NewSpool(maildrop.SpoolOptions{Messages: 1})
		m := take(s, "A: b\r\n\r\n")
		one, two := maildrop.Memory(), maildrop.Memory(maildrop.Bytes(m.UID(), []byte("the same id")))
		for _, source := range []*maildrop.MemorySource{one, two} {
			m.Hold()
			Expect(source.Deliver(m)).To(Succeed())
		}
		m.Release()
		Expect(one.Remove([]string{m.UID()})).To(Succeed())
		Expect(s.Room(0)).NotTo(Succeed())
		Expect(two.Change(func(all []maildrop.Message) []maildrop.Message { return all[:1] })).To(Succeed())
		Expect(s.Room(0)).To(Succeed())
	})

	It("takes no room for what ends before its end", func() {
		s := maildrop.NewSpool(maildrop.SpoolOptions{Messages: 1})
		_, err := s.Take(failing{})
		Expect(err).To(MatchError("broken off"))
		Expect(s.Room(1 << 30)).To(Succeed())
	})
})

type failing struct{}

func (failing) Read(p []byte) (int, error) { return copy(p, "some octets"), errBroken }

var errBroken = errors.New("broken off")
