package maildrop_test

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"pop3mtm/fakeserver/maildrop"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// later gives a file another time, as a change does on a system whose clock has small steps.
func later(path string) {
	GinkgoHelper()
	Expect(os.Chtimes(path, time.Now(), time.Now().Add(time.Hour))).To(Succeed())
}

// replaced puts another file of the same size and time in the place of one.
func replaced(path string) {
	GinkgoHelper()
	before, err := os.Stat(path)
	Expect(err).NotTo(HaveOccurred())
	write(path+".new", strings.Repeat("y", int(before.Size())))
	Expect(os.Chtimes(path+".new", before.ModTime(), before.ModTime())).To(Succeed())
	Expect(os.Rename(path+".new", path)).To(Succeed())
}

var _ = Describe("a file that changes after it was listed", func() {
	small := strings.Repeat("a line\n", 100)
	large := strings.Repeat("a line\n", 100_000)
	changes := map[string]func(path string){
		"shrinks":             func(path string) { Expect(os.Truncate(path, 50)).To(Succeed()) },
		"becomes empty":       func(path string) { Expect(os.Truncate(path, 0)).To(Succeed()) },
		"grows":               func(path string) { write(path, read(path)+"more\n") },
		"has other line ends": func(path string) { write(path, strings.ReplaceAll(read(path), "\n", "x")); later(path) },
		"gets another time":   later,
		"is replaced":         replaced,
		"becomes a directory": func(path string) { Expect(os.Remove(path)).To(Succeed()); Expect(os.Mkdir(path, 0o700)).To(Succeed()) },
		"is gone":             func(path string) { Expect(os.Remove(path)).To(Succeed()) },
		"is a link to nowhere": func(path string) {
			Expect(os.Remove(path)).To(Succeed())
			Expect(os.Symlink("nowhere", path)).To(Succeed())
		},
		"is another one's link": func(path string) {
			write(path+".x", small)
			Expect(os.Remove(path)).To(Succeed())
			Expect(os.Link(path+".x", path)).To(Succeed())
		},
	}
	// A file whose time is in the future counts as one that changes just now, so it is never kept.
	for _, size := range []struct {
		name, text string
		age        time.Duration
	}{{"small", small, -24 * time.Hour}, {"kept", small, time.Hour}, {"large", large, time.Hour}} {
		for what, change := range changes {
			It("is refused: a "+size.name+" one that "+what, func() {
				dir := files(map[string]string{"a.eml": "A\n", "b.eml": size.text})
				path := filepath.Join(dir, "b.eml")
				Expect(os.Chtimes(path, time.Now(), time.Now().Add(-size.age))).To(Succeed())
				s := opened(maildrop.OpenEML(dir))
				list, err := s.List()
				Expect(err).NotTo(HaveOccurred())
				Expect(maildrop.Kept(list.At(1))).To(Equal(size.name == "kept"))
				change(path)
				_, err = list.At(1).Open()
				Expect(err).To(MatchError(ContainSubstring("b.eml: ")))
				_, err = maildrop.Read(list.At(0))
				Expect(err).NotTo(HaveOccurred())
				listed(s) // the next session has what there is now
			})
		}
	}

	reading := func(change func(path string)) error {
		GinkgoHelper()
		dir := files(map[string]string{"a.eml": large})
		list, err := opened(maildrop.OpenEML(dir)).List()
		Expect(err).NotTo(HaveOccurred())
		r, err := list.At(0).Open()
		Expect(err).NotTo(HaveOccurred())
		_, err = io.ReadFull(r, make([]byte, 1000))
		Expect(err).NotTo(HaveOccurred())
		change(filepath.Join(dir, "a.eml"))
		n, err := io.Copy(io.Discard, r)
		Expect(r.Close()).To(Succeed())
		Expect(n).To(BeNumerically("<", list.At(0).Size()))
		return err
	}
	It("fails its reader when it is large and changes meanwhile", func() {
		for _, what := range []string{"shrinks", "becomes empty", "grows", "has other line ends", "gets another time"} {
			Expect(reading(changes[what])).To(MatchError(maildrop.ErrChanged), what)
		}
	})
	It("is read to its end when only its name is gone", func() {
		Expect(reading(func(path string) { Expect(os.Remove(path)).To(Succeed()) })).To(Succeed())
		Expect(reading(replaced)).To(Succeed())
	})

	It("is measured again at the next login, also when a coarse clock hides the change", func() {
		dir := files(map[string]string{"a.eml": "one\n", "b.eml": "B\n"})
		path := filepath.Join(dir, "a.eml")
		now := time.Now().Add(time.Hour) // as if it were written at the moment that it is measured
		Expect(os.Chtimes(path, now, now)).To(Succeed())
		s := opened(maildrop.OpenEML(dir))
		write(path, "\n\n\n\n")
		Expect(os.Chtimes(path, now, now)).To(Succeed())
		uids, octets := listed(s)
		Expect(uids).To(Equal([]string{"a", "b"}))
		Expect(octets).To(Equal([]string{"\r\n\r\n\r\n\r\n", "B\r\n"}))
	})
})

var _ = Describe("a folder with odd things in it", func() {
	It("leaves out directories, also those that come later", func() {
		dir := files(map[string]string{"a.eml": "A\n", "b.eml/c.eml": "no"})
		s := opened(maildrop.OpenEML(dir))
		write(filepath.Join(dir, "d.eml", "e.eml"), "no")
		uids, _ := listed(s)
		Expect(uids).To(Equal([]string{"a"}))
	})

	It("gives the same list while nothing changes", func() {
		dir := files(map[string]string{"a.eml": "A\n", "b.eml": "B\n"})
		for _, name := range []string{"a.eml", "b.eml"} {
			Expect(os.Chtimes(filepath.Join(dir, name), time.Time{}, time.Unix(1e9, 0))).To(Succeed())
		}
		s := opened(maildrop.OpenEML(dir))
		one, err := s.List()
		Expect(err).NotTo(HaveOccurred())
		two, err := s.List()
		Expect(err).NotTo(HaveOccurred())
		Expect(two).To(BeIdenticalTo(one))
	})

	It("serves a large file with CRLFs of which it has read only the beginning and the end", func() {
		body := "A: b\r\n\r\n" + strings.Repeat("x", 300<<10)
		for _, end := range []string{"", "\r", "\n", "\r\n", ".\r\n"} {
			_, octets := listed(opened(maildrop.OpenEML(files(map[string]string{"a.eml": body + end}))))
			want := body + end
			if !strings.HasSuffix(want, "\r\n") {
				want += "\r\n"
			}
			Expect(octets[0] == want).To(BeTrue(), "%q", end)
		}
	})

	It("measures many files at once, and reports one that it cannot read", func() {
		content := map[string]string{}
		for i := range 300 {
			content[string(rune('a'+i%26))+strings.Repeat("x", i/26)+".eml"] = strings.Repeat("x\n", i)
		}
		dir := files(content)
		uids, octets := listed(opened(maildrop.OpenEML(dir)))
		Expect(uids).To(HaveLen(300))
		for i, uid := range uids {
			Expect(octets[i]).To(Equal(strings.ReplaceAll(content[uid+".eml"], "\n", "\r\n")))
		}
		Expect(os.Symlink("nowhere", filepath.Join(dir, "m.eml.eml"))).To(Succeed())
		Expect(refusal(maildrop.OpenEML(dir)).Error()).To(HaveSuffix("m.eml.eml: does not exist; check the path"))
	})
})
