package store_test

import (
	"bytes"
	"context"
	"os"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/mtm/store"
)

// problems runs Check and returns what it reports.
func problems(s *store.Store) (store.Summary, []string) {
	GinkgoHelper()
	var list []string
	sum, err := s.Check(context.Background(), func(p store.Problem) { list = append(list, p.String()) })
	Expect(err).NotTo(HaveOccurred())
	Expect(sum.Problems).To(Equal(len(list)))
	return sum, list
}

var _ = Describe("After a crash", func() {
	It("octets after the last committed body are cut off, and unknown segments are removed", func() {
		dir := newDir()
		s := open(dir, nil)
		e := stored(s, store.Inbox, []byte("kept"))
		Expect(s.Close()).To(Succeed())
		file := segments(dir)[0]
		f, err := os.OpenFile(file, os.O_APPEND|os.O_WRONLY, 0)
		Expect(err).NotTo(HaveOccurred())
		_, err = f.WriteString("half a record")
		Expect(err).NotTo(HaveOccurred())
		Expect(f.Close()).To(Succeed())
		Expect(os.WriteFile(file[:len(file)-5]+"9.seg", []byte("x"), 0o600)).To(Succeed())

		s = open(dir, nil)
		Expect(segments(dir)).To(Equal([]string{file}))
		Expect(os.Stat(file)).To(HaveField("Size()", e.Body.Offset+24+4))
		Expect(content(s, e.ID)).To(Equal([]byte("kept")))
		_, list := problems(s)
		Expect(list).To(BeEmpty())
	})
})

var _ = Describe("Check", func() {
	var s *store.Store
	var dir string
	var first, second *store.Entry

	BeforeEach(func() {
		dir = newDir()
		s = open(dir, nil)
		first = stored(s, store.Inbox, bytes.Repeat([]byte("a"), 100))
		second = stored(s, store.Inbox, bytes.Repeat([]byte("b"), 100))
	})

	// poke writes text into the segment.
	poke := func(offset int64, text string) {
		GinkgoHelper()
		f, err := os.OpenFile(segments(dir)[0], os.O_WRONLY, 0)
		Expect(err).NotTo(HaveOccurred())
		_, err = f.WriteAt([]byte(text), offset)
		Expect(err).NotTo(HaveOccurred())
		Expect(f.Close()).To(Succeed())
	}

	It("finds no problem in an undamaged store, and counts live and dead octets", func() {
		ctx := context.Background()
		b := s.NewBatch()
		b.Delete(first.ID)
		b.Add(&store.Entry{Parent: store.Sent, Type: store.TypeMessage, Body: second.Body})
		Expect(b.Commit(ctx)).To(Succeed())
		sum, list := problems(s)
		Expect(list).To(BeEmpty())
		Expect(sum).To(Equal(store.Summary{Entries: 8, Bodies: 2, Segments: 1, BodyBytes: 124, DeadBytes: 124, NoteBytes: 108}))
	})

	It("finds a changed octet of a body, and so does reading it", func() {
		poke(first.Body.Offset+24+50, "X")
		_, list := problems(s)
		Expect(list).To(ContainElement("segment 1 at 70: the body does not match its checksum"))
		Expect(list).To(ContainElement("entry 7, segment 1 at 70: no valid record at this place"))
		_, err := readBody(s, first.ID)
		Expect(err).To(MatchError(store.ErrCorrupt))
		Expect(content(s, second.ID)).To(HaveLen(100))
	})

	It("finds a changed record header, and continues after it", func() {
		poke(first.Body.Offset+9, "X")
		_, list := problems(s)
		Expect(list).To(HaveLen(2))
		_, err := readBody(s, first.ID)
		Expect(err).To(MatchError(store.ErrCorrupt))
		Expect(content(s, second.ID)).To(HaveLen(100))
	})

	It("finds a segment that is too short or missing", func() {
		Expect(os.Truncate(segments(dir)[0], 300)).To(Succeed())
		_, list := problems(s)
		Expect(list).To(ContainElement("segment 1 at 300: the file ends here, but the index expects 356 octets"))
		_, err := readBody(s, second.ID)
		Expect(err).To(MatchError(store.ErrCorrupt))
		Expect(os.Remove(segments(dir)[0])).To(Succeed())
		_, list = problems(s)
		Expect(list).To(ContainElement("segment 1 at 0: the file is missing"))
		_, err = readBody(s, second.ID)
		Expect(err).To(MatchError(store.ErrCorrupt))
	})

	It("finds entries that are not in the tree, and wrong references", func() {
		sqlite(dir, "UPDATE entries SET parent = 4711 WHERE id = 7", "UPDATE entries SET offset = 3 WHERE id = 8",
			"INSERT INTO settings VALUES (4711, 'user', 'demo')")
		_, list := problems(s)
		Expect(list).To(ContainElements("entry 7: it is not reachable from the root",
			"entry 8, segment 1 at 3: no valid record at this place", "entry 4711: settings of a deleted entry"))
	})
})
