package maildrop_test

import (
	"strings"

	"pop3mtm/fakeserver/maildrop"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("mail in memory", func() {
	It("is served byte for byte, with a CRLF at the end", func() {
		_, octets := listed(maildrop.Memory(
			maildrop.Bytes("a", []byte("x\ny\n")), maildrop.Bytes("b", nil),
			maildrop.Bytes("c", []byte("\r\n")), maildrop.Bytes("d", []byte("\n")), maildrop.Bytes("e", []byte("\r"))))
		Expect(octets).To(Equal([]string{"x\ny\n\r\n", "", "\r\n", "\n\r\n", "\r\r\n"}))
	})

	It("has unique-ids that RFC 1939 allows and that never repeat", func() {
		long := strings.Repeat("u", 80)
		uids, _ := listed(maildrop.Memory(
			maildrop.Bytes("same", nil), maildrop.Bytes("same", nil), maildrop.Bytes("same", nil),
			maildrop.Bytes("", []byte("x")), maildrop.Bytes("", []byte("x")),
			maildrop.Bytes("with blank", nil), maildrop.Bytes("with_blank", nil), maildrop.Bytes("\xe4", nil),
			maildrop.Bytes(long, nil), maildrop.Bytes(long+"x", nil), maildrop.Bytes(long[:70], nil), maildrop.Bytes(long[:70], nil)))
		seen := map[string]bool{}
		for _, uid := range uids {
			Expect(uid).To(MatchRegexp(`^[\x21-\x7e]{1,70}$`))
			Expect(seen).NotTo(HaveKey(uid))
			seen[uid] = true
		}
		Expect(uids[:3]).To(Equal([]string{"same", "same-2", "same-3"}))
		Expect(uids[10]).To(Equal(long[:70]))
	})

	It("gives the same unique-id to the same content", func() {
		Expect(maildrop.Bytes("", []byte("x")).UID()).To(Equal(maildrop.Bytes("", []byte("x")).UID()))
		Expect(maildrop.Bytes("", []byte("x")).UID()).NotTo(Equal(maildrop.Bytes("", []byte("y")).UID()))
	})

	It("lists what it held at that moment", func() {
		s := maildrop.Memory(maildrop.Bytes("a", nil), maildrop.Bytes("b", nil))
		before, err := s.List()
		Expect(err).NotTo(HaveOccurred())
		Expect(s.Deliver(maildrop.Bytes("c", nil))).To(Succeed())
		Expect(s.Remove([]string{"a", "unknown"})).To(Succeed())
		Expect(before.Len()).To(Equal(2))
		Expect(before.At(0).UID()).To(Equal("a"))
		uids, _ := listed(s)
		Expect(uids).To(Equal([]string{"b", "c"}))
	})
})
