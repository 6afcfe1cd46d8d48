package maildrop_test

import (
	"bytes"
	"io"
	"net/mail"
	"strings"
	"testing"
	"testing/iotest"

	"pop3mtm/fakeserver/maildrop"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("synthetic mail", func() {
	It("has exactly the size asked for, whole lines and a header that parses", func() {
		for size := int64(maildrop.MinSyntheticSize); size < maildrop.MinSyntheticSize+150; size++ {
			m := maildrop.SyntheticMessage(3, int(size)*1_000_003, size)
			Expect(m).To(HaveLen(int(size)))
			Expect(string(m)).To(HaveSuffix("\r\n"))
			Expect(strings.Count(string(m), "\n")).To(Equal(strings.Count(string(m), "\r\n")))
			Expect(strings.Count(string(m), "\r")).To(Equal(strings.Count(string(m), "\r\n")))
			parsed, err := mail.ReadMessage(bytes.NewReader(m))
			Expect(err).NotTo(HaveOccurred())
			for _, name := range []string{"From", "To", "Subject", "Date", "Message-ID"} {
				Expect(parsed.Header.Get(name)).NotTo(BeEmpty())
			}
			_, err = parsed.Header.Date()
			Expect(err).NotTo(HaveOccurred())
			_, err = parsed.Header.AddressList("From")
			Expect(err).NotTo(HaveOccurred())
		}
	})

	It("fits its header in the smallest message, whatever the numbers", func() {
		Expect(maildrop.SyntheticMessage(1<<64-1, 1<<31-1, 0)).To(HaveLen(maildrop.MinSyntheticSize))
		Expect(string(maildrop.SyntheticMessage(1<<64-1, 1<<31-1, 0))).To(ContainSubstring("\r\n\r\n"))
	})

	It("is a function of seed and number, and each message is another one", func() {
		Expect(maildrop.SyntheticMessage(1, 2, 1000)).To(Equal(maildrop.SyntheticMessage(1, 2, 1000)))
		Expect(maildrop.SyntheticMessage(1, 2, 1000)).NotTo(Equal(maildrop.SyntheticMessage(1, 3, 1000)))
		Expect(maildrop.SyntheticMessage(1, 2, 1000)).NotTo(Equal(maildrop.SyntheticMessage(2, 2, 1000)))
	})

	It("is served as SyntheticMessage says, read in any way", func() {
		s := opened(maildrop.Synthetic(maildrop.SyntheticOptions{Count: 3, Size: 200_000, Seed: 9}))
		uids, octets := listed(s)
		Expect(uids).To(Equal([]string{"9-1", "9-2", "9-3"}))
		list, err := s.List()
		Expect(err).NotTo(HaveOccurred())
		for i := range 3 {
			want := maildrop.SyntheticMessage(9, i+1, 200_000)
			Expect(octets[i] == string(want)).To(BeTrue())
			r, err := list.At(i).Open()
			Expect(err).NotTo(HaveOccurred())
			Expect(iotest.TestReader(r, want)).To(Succeed())
			Expect(r.Close()).To(Succeed())
			r, err = list.At(i).Open()
			Expect(err).NotTo(HaveOccurred())
			var b bytes.Buffer
			Expect(io.Copy(&b, r)).To(Equal(int64(200_000)))
			Expect(bytes.Equal(b.Bytes(), want)).To(BeTrue())
		}
		Expect(octets[0]).To(ContainSubstring("\r\n."), "some lines have to be stuffed")
	})

	It("lists ten million messages without holding one", func() {
		s := opened(maildrop.Synthetic(maildrop.SyntheticOptions{Count: 10_000_000}))
		list, err := s.List()
		Expect(err).NotTo(HaveOccurred())
		Expect(list.Octets()).To(Equal(int64(10_000_000 * 8 << 10)))
		Expect(list.At(9_999_999).UID()).To(Equal("0-10000000"))
	})

	It("keeps numbers and unique-ids of what is left when some are removed", func() {
		s := opened(maildrop.Synthetic(maildrop.SyntheticOptions{Count: 5, Size: 600, Seed: 0xab}))
		before, err := s.List()
		Expect(err).NotTo(HaveOccurred())
		Expect(s.Remove([]string{"ab-2", "ab-5", "ab-9", "cd-1", "x", "ab-y"})).To(Succeed())
		uids, octets := listed(s)
		Expect(uids).To(Equal([]string{"ab-1", "ab-3", "ab-4"}))
		Expect(octets[1]).To(Equal(string(maildrop.SyntheticMessage(0xab, 3, 600))))
		Expect(s.Remove(uids)).To(Succeed())
		uids, _ = listed(s)
		Expect(uids).To(BeEmpty())
		Expect(before.Len()).To(Equal(5))
	})

	It("refuses impossible options", func() {
		Expect(refusal(maildrop.Synthetic(maildrop.SyntheticOptions{Count: -1})).Error()).To(ContainSubstring("give 0 to 2147483647 messages"))
		Expect(refusal(maildrop.Synthetic(maildrop.SyntheticOptions{Count: 1, Size: 511})).Error()).To(ContainSubstring("give 512 octets"))
	})
})

// BenchmarkSynthetic generates a message of 8 KiB.
func BenchmarkSynthetic(b *testing.B) {
	s, err := maildrop.Synthetic(maildrop.SyntheticOptions{Count: 1000})
	if err != nil {
		b.Fatal(err)
	}
	list, err := s.List()
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(8 << 10)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		r, err := list.At(i % 1000).Open()
		if err != nil {
			b.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, struct{ io.Reader }{r}); err != nil {
			b.Fatal(err)
		}
	}
}
