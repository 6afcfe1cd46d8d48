package maildrop_test

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"net/mail"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/emersion/go-message"

	"pop3mtm/fakeserver/maildrop"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// drawn returns a list of synthetic mail.
func drawn(text string) maildrop.List {
	GinkgoHelper()
	o, err := maildrop.ParseSynthetic(text)
	Expect(err).NotTo(HaveOccurred())
	list, err := opened(maildrop.Synthetic(o)).List()
	Expect(err).NotTo(HaveOccurred())
	return list
}

// octetsOf reads message i with its Size checked.
func octetsOf(list maildrop.List, i int) []byte {
	GinkgoHelper()
	r, err := list.At(i).Open()
	Expect(err).NotTo(HaveOccurred())
	raw, err := io.ReadAll(r)
	Expect(err).NotTo(HaveOccurred())
	if int64(len(raw)) != list.At(i).Size() || !bytes.HasSuffix(raw, []byte("\r\n")) {
		Fail(fmt.Sprintf("message %d has %d octets and the size %d:\n%q", i+1, len(raw), list.At(i).Size(), raw))
	}
	return raw
}

// spec returns a mailbox of a mix near its smallest sizes, where layouts have least room, and far
// above.
func spec(mix maildrop.Mix, count int, seed uint64) string {
	return fmt.Sprintf("%d,size=lognormal:%d:0.7:%d:200000,seed=%d,mix=%s", count, mix.Least+1000, mix.Least, seed, mix.Name)
}

var _ = Describe("mixes of synthetic mail", func() {
	for _, mix := range maildrop.Mixes() {
		It("has messages of exactly the size announced before they are made: "+mix.Name, func() {
			for _, seed := range []uint64{0, 1, 7, 1<<64 - 1} {
				list := drawn(spec(mix, 400, seed))
				sum := int64(0)
				for i := range list.Len() {
					sum += int64(len(octetsOf(list, i)))
				}
				Expect(list.Octets()).To(Equal(sum))
			}
		})

		It("fits every size from the least on: "+mix.Name, func() {
			for size := mix.Least; size < mix.Least+160; size++ {
				list := drawn(fmt.Sprintf("2147483647,size=%d,seed=%d,mix=%s", size, size, mix.Name))
				raw := string(octetsOf(list, 2147483647-1-int(size)))
				if mix.Least > maildrop.MinSyntheticSize {
					Expect(raw).NotTo(ContainSubstring("Subject: Synthetic message"), "a plain message took its place")
				}
			}
		})

		It("is known by its Message-ID: "+mix.Name, func() {
			list := drawn(spec(mix, 100, 0xab))
			for i := range list.Len() {
				raw := octetsOf(list, i)
				_, id, found := bytes.Cut(raw[:min(len(raw), 8<<10)], []byte("\r\nMessage-ID: "))
				Expect(found).To(BeTrue(), "%q", raw)
				id, _, _ = bytes.Cut(id, []byte("\r\n"))
				seed, n, ok := maildrop.SyntheticNumber(string(id))
				Expect(ok).To(BeTrue(), "%q", id)
				Expect(seed).To(Equal(uint64(0xab)))
				Expect(n).To(Equal(i + 1))
			}
		})

		if mix.WellFormed {
			It("is MIME that parses: "+mix.Name, func() {
				list := drawn(spec(mix, 300, 3))
				for i := range list.Len() {
					raw := octetsOf(list, i)
					Expect(parse(raw)).To(Succeed(), "message %d:\n%s", i+1, raw)
					Expect(longest(raw)).To(BeNumerically("<=", 1000), "RFC 5322 section 2.1.1, message %d", i+1)
				}
			})
		}
	}

	It("is the same for everyone, always", func() {
		sums := map[string]string{}
		for _, mix := range maildrop.Mixes() {
			list := drawn(spec(mix, 200, 42))
			sum := crc32.New(crc32.MakeTable(crc32.Castagnoli))
			for i := range list.Len() {
				sum.Write(octetsOf(list, i))
			}
			sums[mix.Name] = fmt.Sprintf("%08x", sum.Sum32())
		}
		Expect(sums).To(Equal(map[string]string{
			"plain": "235fdf89", "mail": "e190b873", "text": "23e9ac4b", "html": "dd6d3162", "attachments": "a8e58fb4", "nested": "e8641154",
			"headers": "8b8440b8", "threads": "561ab1b5", "lines": "5ee9c456", "nasty": "ea0a3fa6", "everything": "69618003",
		}))
	})

	It("is served by slices and by reading alike", func() {
		list := drawn("60,size=lognormal:8KiB:1,mix=everything")
		for i := range list.Len() {
			want := octetsOf(list, i)
			r, err := list.At(i).Open()
			Expect(err).NotTo(HaveOccurred())
			Expect(iotest.TestReader(r, want)).To(Succeed())
			r, err = list.At(i).Open()
			Expect(err).NotTo(HaveOccurred())
			var b bytes.Buffer
			_, err = io.CopyN(&b, r, 10)
			Expect(err).NotTo(HaveOccurred())
			Expect(io.Copy(&b, r)).To(Equal(int64(len(want) - 10)))
			Expect(bytes.Equal(b.Bytes(), want)).To(BeTrue())
		}
	})

	It("has what is hard: lines of dots, base64, quoted-printable, charsets, octets above 127", func() {
		var all strings.Builder
		list := drawn("300,size=16KiB,mix=everything")
		for i := range list.Len() {
			all.Write(octetsOf(list, i))
		}
		for _, part := range []string{
			"\r\n.\r\n", "\r\n..\r\n", "base64", "quoted-printable", "8bit", "=?koi8-r?b?", "=?iso-8859-1?q?", "=?iso-2022-jp?b?",
			"charset=shift_jis", "charset=gb18030", "multipart/alternative", "multipart/related", "multipart/mixed", "message/rfc822",
			"\r\nReferences:", "\r\nIn-Reply-To: <", "filename*0*=", "\x00", "\n\n", "\r\r\n", "\r\nFrom ",
		} {
			Expect(strings.Contains(all.String(), part)).To(BeTrue(), "%q", part)
		}
		Expect(longest([]byte(all.String()))).To(BeNumerically(">", 10_000))
	})

	It("forms threads: references name earlier messages, the parent last", func() {
		list := drawn("500,size=8KiB,mix=threads")
		subjects, replies := map[string]string{}, 0
		for i := range list.Len() {
			m, err := mail.ReadMessage(bytes.NewReader(octetsOf(list, i)))
			Expect(err).NotTo(HaveOccurred())
			subject := strings.TrimPrefix(m.Header.Get("Subject"), "Re: ")
			subjects[m.Header.Get("Message-ID")] = subject
			refs := strings.Fields(m.Header.Get("References"))
			if len(refs) == 0 {
				continue
			}
			replies++
			Expect(refs[len(refs)-1]).To(Equal(m.Header.Get("In-Reply-To")))
			for _, ref := range refs {
				Expect(subjects).To(HaveKeyWithValue(ref, subject))
			}
		}
		Expect(replies).To(BeNumerically(">", 250))
	})
})

// parse reads all parts of a message to their ends.
func parse(raw []byte) error {
	e, err := message.Read(bytes.NewReader(raw))
	if err != nil && !message.IsUnknownCharset(err) {
		return err
	}
	return e.Walk(func(path []int, part *message.Entity, err error) error {
		if err != nil && !message.IsUnknownCharset(err) {
			return err
		}
		if kind, _, _ := part.Header.ContentType(); strings.HasPrefix(kind, "multipart/") {
			return nil
		}
		n, err := io.Copy(io.Discard, part.Body)
		if err == nil && n == 0 {
			err = errors.New("an empty part")
		}
		return err
	})
}

func longest(raw []byte) int {
	n := 0
	for line := range bytes.Lines(raw) {
		n = max(n, len(line))
	}
	return n
}

// BenchmarkSyntheticMix makes messages of 8 KiB of each mix by slices.
func BenchmarkSyntheticMix(b *testing.B) {
	for _, mix := range maildrop.Mixes() {
		b.Run(mix.Name, func(b *testing.B) {
			s, err := maildrop.Synthetic(maildrop.SyntheticOptions{Count: 1000, Size: 16 << 10, Mix: mix.Name})
			if err != nil {
				b.Fatal(err)
			}
			list, err := s.List()
			if err != nil {
				b.Fatal(err)
			}
			b.SetBytes(16 << 10)
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				r, err := list.At(i % 1000).Open()
				if err != nil {
					b.Fatal(err)
				}
				if _, err := io.Copy(io.Discard, r); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
