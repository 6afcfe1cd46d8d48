package maildrop_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"pop3mtm/fakeserver/maildrop"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("a folder of .eml files", func() {
	It("is served sorted by name, without other files", func() {
		dir := files(map[string]string{"b.eml": "B\n", "a.EML": "A\n", "notes.txt": "no", "c.eml/inside": "no", ".eml": "dot\n"})
		uids, octets := listed(opened(maildrop.OpenEML(dir)))
		Expect(uids).To(HaveExactElements(Not(BeEmpty()), Equal("a"), Equal("b")))
		Expect(octets).To(Equal([]string{"dot\r\n", "A\r\n", "B\r\n"}))
	})

	DescribeTable("has one rule for line ends",
		func(raw, want string) {
			_, octets := listed(opened(maildrop.OpenEML(files(map[string]string{"m.eml": raw}))))
			Expect(octets[0] == want).To(BeTrue(), "%.100q", octets[0])
		},
		Entry("Unix form becomes CRLF", "A: b\n\nx\n.\n\n", "A: b\r\n\r\nx\r\n.\r\n\r\n"),
		Entry("Unix form without a last newline", "A: b\n\nx", "A: b\r\n\r\nx\r\n"),
		Entry("Unix form with bare CRs", "\ra\rb\n\r", "\ra\rb\r\n\r\r\n"),
		Entry("CRLF stays", "A: b\r\n\r\nx\r\n", "A: b\r\n\r\nx\r\n"),
		Entry("a mixture stays", "A: b\r\n\nx\n", "A: b\r\n\nx\n\r\n"),
		Entry("no line end at all", "x\ry", "x\ry\r\n"),
		Entry("only newlines", "\n\n", "\r\n\r\n"),
		Entry("empty", "", ""),
		Entry("NUL and 8-bit", "\x00\n\xff\n", "\x00\r\n\xff\r\n"),
		Entry("many newlines, over all buffers", strings.Repeat("\n", 600_000), strings.Repeat("\r\n", 600_000)),
		Entry("a CRLF across the scanning buffer", strings.Repeat("x", 256<<10-1)+"\r\ny\n", strings.Repeat("x", 256<<10-1)+"\r\ny\n\r\n"),
		Entry("a long line", strings.Repeat("x", 1<<20)+"\ny", strings.Repeat("x", 1<<20)+"\r\ny\r\n"))

	It("keeps unique-ids apart and the same in every session", func() {
		content := map[string]string{"a b.eml": "1", "a_b.eml": "2", "ä.eml": "3", "x.eml": "4", "x.EML": "5",
			strings.Repeat("n", 100) + ".eml": "6"}
		dir := files(content)
		s := opened(maildrop.OpenEML(dir))
		uids, _ := listed(s)
		again, _ := listed(opened(maildrop.OpenEML(dir)))
		Expect(again).To(Equal(uids))
		seen := map[string]bool{}
		for _, uid := range uids {
			Expect(uid).To(MatchRegexp(`^[\x21-\x7e]{1,70}$`))
			Expect(seen).NotTo(HaveKey(uid))
			seen[uid] = true
		}
		write(filepath.Join(dir, "w.eml"), "new")
		after, _ := listed(s)
		Expect(after).To(ContainElements(uids))
	})

	It("removes the files of deleted messages", func() {
		dir := files(map[string]string{"a.eml": "A", "b.eml": "B", "c.eml": "C"})
		s := opened(maildrop.OpenEML(dir))
		Expect(s.Remove([]string{"a", "c", "unknown"})).To(Succeed())
		uids, _ := listed(s)
		Expect(uids).To(Equal([]string{"b"}))
		Expect(filepath.Join(dir, "a.eml")).NotTo(BeAnExistingFile())
		Expect(filepath.Join(dir, "b.eml")).To(BeAnExistingFile())
		Expect(s.Remove([]string{"b"})).To(Succeed())
		uids, _ = listed(s)
		Expect(uids).To(BeEmpty())
	})

	It("sees files that come, go and change between sessions", func() {
		dir := files(map[string]string{"a.eml": "A", "b.eml": "B"})
		s := opened(maildrop.OpenEML(dir))
		Expect(os.Remove(filepath.Join(dir, "a.eml"))).To(Succeed())
		write(filepath.Join(dir, "b.eml"), "changed\n")
		write(filepath.Join(dir, "c.eml"), "C")
		uids, octets := listed(s)
		Expect(uids).To(Equal([]string{"b", "c"}))
		Expect(octets).To(Equal([]string{"changed\r\n", "C\r\n"}))
	})

	It("sees the files of another folder that takes its place", func() {
		dir := filepath.Join(files(map[string]string{"mail/a.eml": "A", "mail/b.eml": "B"}), "mail")
		s := opened(maildrop.OpenEML(dir))
		before, err := s.List()
		Expect(err).NotTo(HaveOccurred())
		Expect(os.Rename(dir, dir+".old")).To(Succeed())
		write(filepath.Join(dir, "a.eml"), "another\n")
		uids, octets := listed(s)
		Expect(uids).To(Equal([]string{"a"}))
		Expect(octets).To(Equal([]string{"another\r\n"}))
		Expect(os.RemoveAll(dir + ".old")).To(Succeed())
		_, err = before.At(1).Open()
		Expect(errors.Is(err, fs.ErrNotExist)).To(BeTrue())
	})

	It("does not serve a file that has changed since it was listed", func() {
		dir := files(map[string]string{"a.eml": "A"})
		list, err := opened(maildrop.OpenEML(dir)).List()
		Expect(err).NotTo(HaveOccurred())
		path := filepath.Join(dir, "a.eml")
		Expect(os.Chtimes(path, time.Now(), time.Now().Add(time.Hour))).To(Succeed())
		_, err = list.At(0).Open()
		Expect(err).To(MatchError(maildrop.ErrChanged))
	})

	It("may be a single file", func() {
		dir := files(map[string]string{"letter.txt": "A\n"})
		s := opened(maildrop.OpenEML(filepath.Join(dir, "letter.txt")))
		uids, _ := listed(s)
		Expect(uids).To(Equal([]string{"letter"}))
		Expect(s.Remove(uids)).To(Succeed())
		uids, _ = listed(s)
		Expect(uids).To(BeEmpty())
	})

	It("may be empty, and fill later", func() {
		dir := files(map[string]string{"x.txt": ""})
		s := opened(maildrop.OpenEML(dir))
		uids, _ := listed(s)
		Expect(uids).To(BeEmpty())
		Expect(os.WriteFile(filepath.Join(dir, "late.eml"), []byte("A\n"), 0o600)).To(Succeed())
		uids, _ = listed(s)
		Expect(uids).To(Equal([]string{"late"}))
	})

	It("says in one line what is wrong", func() {
		dir := files(map[string]string{"x.txt": ""})
		err := refusal(maildrop.OpenEML(filepath.Join(dir, "none")))
		Expect(errors.Is(err, fs.ErrNotExist)).To(BeTrue())
		Expect(err.Error()).To(HaveSuffix("none: does not exist; check the path"))
		if os.Getuid() > 0 {
			locked := files(map[string]string{"a.eml": "A"})
			Expect(os.Chmod(filepath.Join(locked, "a.eml"), 0)).To(Succeed())
			Expect(refusal(maildrop.OpenEML(locked)).Error()).To(HaveSuffix("a.eml: permission denied; check the permissions of the file"))
		}
	})
})

var _ = Describe("a Maildir", func() {
	It("is served from new and cur in the order of keys, and nothing moves", func() {
		dir := files(map[string]string{"cur/100.a.host:2,S": "A\n", "cur/300.c.host": "C\n", "new/200.b.host": "B\n",
			"new/.hidden": "", "tmp/400.d.host": "D\n", "cur/90.z.host:2,": "Z\n"})
		uids, octets := listed(opened(maildrop.OpenMaildir(dir)))
		Expect(uids).To(Equal([]string{"100.a.host", "200.b.host", "300.c.host", "90.z.host"}))
		Expect(octets).To(Equal([]string{"A\r\n", "B\r\n", "C\r\n", "Z\r\n"}))
		Expect(filepath.Join(dir, "new/200.b.host")).To(BeAnExistingFile())
	})

	It("finds and removes messages that another program has moved or flagged", func() {
		dir := files(map[string]string{"cur/1.a:2,": "A\n", "new/2.b": "B\n", "tmp/x": "", "cur/3.c:2,": "C\n"})
		s := opened(maildrop.OpenMaildir(dir))
		list, err := s.List()
		Expect(err).NotTo(HaveOccurred())
		Expect(os.Rename(filepath.Join(dir, "cur/1.a:2,"), filepath.Join(dir, "cur/1.a:2,FRS"))).To(Succeed())
		Expect(os.Rename(filepath.Join(dir, "new/2.b"), filepath.Join(dir, "cur/2.b:2,S"))).To(Succeed())
		for i, want := range []string{"A\r\n", "B\r\n", "C\r\n"} {
			Expect(maildrop.Read(list.At(i))).To(Equal([]byte(want)))
		}
		Expect(s.Remove([]string{"1.a", "2.b"})).To(Succeed())
		uids, _ := listed(s)
		Expect(uids).To(Equal([]string{"3.c"}))
		Expect(os.Remove(filepath.Join(dir, "cur/3.c:2,"))).To(Succeed())
		_, err = list.At(2).Open()
		Expect(errors.Is(err, fs.ErrNotExist)).To(BeTrue())
		Expect(s.Remove([]string{"3.c"})).To(Succeed())
	})

	It("may be empty", func() {
		uids, _ := listed(opened(maildrop.OpenMaildir(files(map[string]string{"cur/.keep": "", "new/.keep": ""}))))
		Expect(uids).To(BeEmpty())
	})

	It("says in one line what is wrong", func() {
		dir := files(map[string]string{"cur/.keep": "", "new/.keep": ""})
		for _, path := range []string{files(map[string]string{"cur/1": ""}), files(map[string]string{"cur": "", "new": ""}),
			filepath.Join(dir, "cur/.keep")} {
			Expect(refusal(maildrop.OpenMaildir(path))).To(MatchError(maildrop.ErrFormat))
		}
		Expect(refusal(maildrop.OpenMaildir(filepath.Join(dir, "none"))).Error()).To(HaveSuffix("does not exist; check the path"))
	})
})
