package mailfiles

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// export adds messages to what is at a path and returns which were new.
func export(format, path string, messages ...string) []string {
	GinkgoHelper()
	a, err := OpenArchive(format, path)
	Expect(err).NotTo(HaveOccurred())
	var added []string
	for _, m := range messages {
		is, err := a.Add(Message{Name: "7", From: "ada@example.org"}, strings.NewReader(m))
		Expect(err).NotTo(HaveOccurred())
		if is {
			added = append(added, m)
		}
	}
	Expect(a.Close()).To(Succeed())
	return added
}

// interrupted adds messages as a run does that is killed after them.
func interrupted(format, path string, messages ...string) *Archive {
	GinkgoHelper()
	a, err := OpenArchive(format, path)
	Expect(err).NotTo(HaveOccurred())
	for _, m := range messages {
		_, err := a.Add(Message{Name: "7", From: "ada@example.org"}, strings.NewReader(m))
		Expect(err).NotTo(HaveOccurred())
	}
	Expect(a.record.file.Close()).To(Succeed())
	if x, ok := a.shelf.(*mboxShelf); ok {
		Expect(x.file.Close()).To(Succeed())
	}
	return a
}

func inFiles(paths ...string) []string {
	GinkgoHelper()
	var all []string
	for _, p := range paths {
		raw, err := os.ReadFile(p)
		Expect(err).NotTo(HaveOccurred())
		all = append(all, string(raw))
	}
	return all
}

func put(path, content string) {
	GinkgoHelper()
	Expect(os.WriteFile(path, []byte(content), 0o600)).To(Succeed())
}

// failing is a body that cannot be read to its end the second time.
type failing struct {
	*strings.Reader
	again bool
}

func (f *failing) Seek(offset int64, whence int) (int64, error) {
	f.again = true
	return f.Reader.Seek(offset, whence)
}

func (f *failing) WriteTo(w io.Writer) (int64, error) {
	if f.again {
		n, err := io.CopyN(w, f.Reader, 3)
		return n, errors.Join(err, errors.New("disk full"))
	}
	return f.Reader.WriteTo(w)
}

const mailA, mailB, mailC = "Subject: a\r\n\r\nFrom a\r\n", "Subject: b\r\n\r\n\r\n", "Subject: c\r\n\r\nc"

var _ = Describe("An archive", func() {
	var dir, mboxPath string
	BeforeEach(func() {
		dir = filepath.Join(GinkgoT().TempDir(), "mail")
		Expect(os.Mkdir(dir, 0o700)).To(Succeed())
		mboxPath = filepath.Join(dir, "x.mbox")
	})
	// at returns a path where mail of a format can go.
	at := func(format string) string {
		GinkgoHelper()
		if format == "mbox" {
			return mboxPath
		}
		Expect(Prepare(format, dir)).To(Succeed())
		return dir
	}
	messages := func(format string) []string {
		GinkgoHelper()
		switch format {
		case "mbox":
			raw, err := os.ReadFile(mboxPath)
			Expect(err).NotTo(HaveOccurred())
			return []string{string(raw)}
		case "eml":
			list, err := filepath.Glob(filepath.Join(dir, "*.eml"))
			Expect(err).NotTo(HaveOccurred())
			return inFiles(list...)
		}
		list, err := filepath.Glob(filepath.Join(dir, "[nc]*", "*"))
		Expect(err).NotTo(HaveOccurred())
		return inFiles(list...)
	}

	for _, format := range Formats() {
		Describe("of "+format, func() {
			It("gets what is new, and nothing twice", func() {
				path := at(format)
				Expect(export(format, path, mailA, mailB)).To(Equal([]string{mailA, mailB}))
				before := messages(format)
				Expect(export(format, path, mailA, mailB)).To(BeEmpty())
				Expect(messages(format)).To(Equal(before))
				Expect(export(format, path, mailB, mailC, mailA)).To(Equal([]string{mailC}))
				if format == "mbox" {
					Expect(messages(format)[0]).To(HavePrefix(before[0]))
				} else {
					Expect(messages(format)).To(ConsistOf(mailA, mailB, mailC))
				}
			})

			It("keeps equal messages apart, and knows them in another folder", func() {
				path := at(format)
				Expect(export(format, path, mailA, mailA)).To(HaveLen(2))
				Expect(export(format, path, mailA)).To(BeEmpty())
				Expect(export(format, path, mailA, mailA, mailA)).To(HaveLen(1))
			})

			It("goes on after a run that was killed", func() {
				path := at(format)
				interrupted(format, path, mailA, mailB)
				Expect(export(format, path, mailA, mailB, mailC)).To(Equal([]string{mailC}))
				Expect(export(format, path, mailA, mailB, mailC)).To(BeEmpty())
			})

			It("knows what is there when the record is lost or damaged", func() {
				path := at(format)
				export(format, path, mailA, mailB)
				Expect(os.Remove(recordPath(format, path))).To(Succeed())
				Expect(export(format, path, mailA, mailB, mailC)).To(Equal([]string{mailC}))
				put(recordPath(format, path), strings.Repeat("\x00x\n", 100)+strings.Repeat("y", 1<<20))
				Expect(export(format, path, mailA, mailB, mailC)).To(BeEmpty())
			})

			It("leaves nothing of a message that fails", func() {
				path := at(format)
				export(format, path, mailA)
				before := messages(format)
				a, err := OpenArchive(format, path)
				Expect(err).NotTo(HaveOccurred())
				_, err = a.Add(Message{Name: "8"}, &failing{Reader: strings.NewReader(mailB)})
				Expect(err).To(MatchError(ContainSubstring("disk full")))
				Expect(a.Close()).To(Succeed())
				Expect(messages(format)).To(Equal(before))
				Expect(export(format, path, mailA, mailB)).To(Equal([]string{mailB}))
			})

			It("refuses a second export at the same time", func() {
				path := at(format)
				a, err := OpenArchive(format, path)
				Expect(err).NotTo(HaveOccurred())
				_, err = OpenArchive(format, path)
				Expect(err).To(MatchError(HavePrefix("another export is writing there")))
				Expect(a.Close()).To(Succeed())
				Expect(export(format, path, mailA)).To(HaveLen(1))
			})
		})
	}

	It("does not bring back what was taken away", func() {
		path := at("maildir")
		export("maildir", path, mailA, mailB)
		list, err := filepath.Glob(filepath.Join(path, "cur", "*"))
		Expect(err).NotTo(HaveOccurred())
		Expect(os.Remove(list[0])).To(Succeed())
		Expect(os.Rename(list[1], list[1]+"RS")).To(Succeed())
		Expect(export("maildir", path, mailA, mailB)).To(BeEmpty())
		mbox := at("mbox")
		export("mbox", mbox, mailA)
		put(mbox, "")
		Expect(export("mbox", mbox, mailA, mailB)).To(Equal([]string{mailB}))
	})

	It("leaves the files of others as they are", func() {
		path := at("eml")
		put(filepath.Join(path, "other.eml"), mailB)
		put(filepath.Join(path, "notes.txt"), "n")
		Expect(export("eml", path, mailA, mailB)).To(Equal([]string{mailA}))
		Expect(inFiles(filepath.Join(path, "other.eml"), filepath.Join(path, "notes.txt"))).To(Equal([]string{mailB, "n"}))
		put(mboxPath, "From x\nSubject: x\n\nno end")
		export("mbox", mboxPath, mailC)
		Expect(messages("mbox")[0]).To(Equal("From x\nSubject: x\n\nno end\n\nFrom ada@example.org Thu Jan  1 00:00:00 1970\nSubject: c\n\nc\n\n"))
	})

	It("numbers files behind those that are there", func() {
		path := at("eml")
		put(filepath.Join(path, "000041-3.eml"), "")
		export("eml", path, mailA)
		Expect(inFiles(filepath.Join(path, "000042-7.eml"))).To(Equal([]string{mailA}))
	})

	It("removes the file that a killed run left", func() {
		path := at("eml")
		interrupted("eml", path, mailA)
		put(filepath.Join(path, ".000002-8.eml.part"), "Sub")
		export("eml", path, mailA)
		list, err := os.ReadDir(path)
		Expect(err).NotTo(HaveOccurred())
		Expect(list).To(HaveLen(1))
	})

	DescribeTable("cuts off what a killed run has half written", func(have int) {
		interrupted("mbox", mboxPath, mailA, mailB)
		whole := messages("mbox")[0]
		first := strings.LastIndex(whole, "From ada")
		put(mboxPath, whole[:first+have])
		put(mboxPath+lockEnd, ourLock)
		Expect(export("mbox", mboxPath, mailA, mailB)).To(Equal([]string{mailB}))
		Expect(messages("mbox")[0]).To(Equal(whole))
	},
		Entry("nothing", 0), Entry("a letter", 1), Entry("a separator", 20), Entry("a part of a line", 50), Entry("all but an octet", 59))

	It("cuts nothing off where another program has written since", func() {
		interrupted("mbox", mboxPath, mailA)
		half := "From ada@example.org Thu Jan  1 00:00:00 1970\nSubje"
		more := half + "\n\nFrom x\n\nx\n\n"
		put(mboxPath, more[:len(more)-2])
		Expect(export("mbox", mboxPath, mailA)).To(Equal([]string{mailA}))
		Expect(messages("mbox")[0]).To(HavePrefix(more))
	})

	It("waits for no lock of another program", func() {
		put(mboxPath, "")
		put(mboxPath+lockEnd, "4711\n")
		_, err := OpenArchive("mbox", mboxPath)
		Expect(err).To(MatchError(ContainSubstring("is locked by another program")))
		Expect(inFiles(mboxPath + lockEnd)).To(Equal([]string{"4711\n"}))
		Expect(recordPath("mbox", mboxPath)).NotTo(BeAnExistingFile())
	})

	DescribeTable("refuses what is not an archive", func(format, name, want string) {
		put(filepath.Join(dir, "file"), "%PDF")
		Expect(os.Mkdir(filepath.Join(dir, "folder"), 0o700)).To(Succeed())
		put(filepath.Join(dir, "folder", "x"), "")
		_, err := OpenArchive(format, filepath.Join(dir, name))
		Expect(err).To(MatchError(ContainSubstring(want)))
		list, err := os.ReadDir(dir)
		Expect(err).NotTo(HaveOccurred())
		Expect(list).To(HaveLen(2))
		list, err = os.ReadDir(filepath.Join(dir, "folder"))
		Expect(err).NotTo(HaveOccurred())
		Expect(list).To(HaveLen(1))
	},
		Entry("a file as mbox", "mbox", "file", "is not an mbox"),
		Entry("a folder as mbox", "mbox", "folder", "is a directory: --out must be a file for mbox"),
		Entry("a file as Maildir", "maildir", "file", "is a file: --out must be a directory for maildir"),
		Entry("a folder as Maildir", "maildir", "folder", "is not a Maildir"),
		Entry("a folder of other files", "eml", "folder", "has files, but no messages"),
	)

	It("finds in an mbox what it has written, whatever it is", func() {
		all := []string{"", "\r\n", "\n\n\n", "a", "From \r\n\r\nFrom x", strings.Repeat("x", 200_000), "a\r\n\r\nFrom b\r\n\r\n", ">From\r\r\n"}
		interrupted("mbox", mboxPath, all...)
		Expect(os.Remove(mboxPath + lockEnd)).To(Succeed())
		Expect(os.Remove(recordPath("mbox", mboxPath))).To(Succeed())
		slices.Reverse(all)
		Expect(export("mbox", mboxPath, all...)).To(BeEmpty())
	})
})

var _ = Describe("A body of an mbox", func() {
	It("is the same in a file and beside it", func() {
		var out bytes.Buffer
		Expect(writeMboxBody(&out, strings.NewReader(mailC))).To(Succeed())
		Expect(out.String()).To(Equal("Subject: c\n\nc\n"))
	})
})
