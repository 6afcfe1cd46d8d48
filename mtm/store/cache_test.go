package store_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/mtm/store"
)

// fetched commits a message that came from a mailbox.
func fetched(s *store.Store, parent store.ID, uid string, raw []byte) *store.Entry {
	GinkgoHelper()
	b := s.NewBatch()
	w := b.BodyOf(store.BodyWhole, store.Origin{Mailbox: workMailbox, UID: uid})
	_, err := w.Write(raw)
	Expect(err).NotTo(HaveOccurred())
	body, err := w.Close()
	Expect(err).NotTo(HaveOccurred())
	e := &store.Entry{Parent: parent, Type: store.TypeMessage, UID: uid, Body: body, Size: int64(len(raw)),
		Description: "about " + uid}
	b.Add(e)
	Expect(b.Commit(context.Background())).To(Succeed())
	return e
}

func remove(s *store.Store, ids ...store.ID) {
	GinkgoHelper()
	b := s.NewBatch()
	b.Delete(ids...)
	Expect(b.Commit(context.Background())).To(Succeed())
}

// copyStore copies a store's directory as it is on disk now.
func copyStore(from string) string {
	GinkgoHelper()
	to := newDir()
	Expect(os.CopyFS(to, os.DirFS(from))).To(Succeed())
	return to
}

// putBack replaces the index by that of an older copy of the store.
func putBack(dir, older string) {
	GinkgoHelper()
	for _, name := range []string{"index.db", "index.db-wal", "index.db-shm"} {
		Expect(os.Remove(filepath.Join(dir, name))).To(Or(Succeed(), MatchError(os.ErrNotExist)))
		data, err := os.ReadFile(filepath.Join(older, name))
		if os.IsNotExist(err) {
			continue
		}
		Expect(err).NotTo(HaveOccurred())
		Expect(os.WriteFile(filepath.Join(dir, name), data, 0o600)).To(Succeed())
	}
}

// octets returns all octets of the segment files.
func octets(dir string) []byte {
	GinkgoHelper()
	var all []byte
	for _, path := range segments(dir) {
		data, err := os.ReadFile(path)
		Expect(err).NotTo(HaveOccurred())
		all = append(all, data...)
	}
	return all
}

var _ = Describe("An older index that is put back", func() {
	ctx := context.Background()
	var dir, older string
	var first *store.Entry

	BeforeEach(func() {
		dir = newDir()
		s, err := store.Open(dir, &smallSegments)
		Expect(err).NotTo(HaveOccurred())
		first = fetched(s, store.Inbox, "1", []byte("the first"))
		Expect(s.Close()).To(Succeed())
		older = copyStore(dir)
	})

	// goOn uses the store for a while.
	goOn := func(f func(s *store.Store)) {
		GinkgoHelper()
		s, err := store.Open(dir, &smallSegments)
		Expect(err).NotTo(HaveOccurred())
		f(s)
		Expect(s.Close()).To(Succeed())
	}

	It("loses no body, whatever is written then, and check-store reports unknown ones", func() {
		goOn(func(s *store.Store) {
			for i := range 40 {
				fetched(s, store.Inbox, fmt.Sprint(i+2), bytes.Repeat([]byte{byte('a' + i%26)}, 10_000+i))
			}
		})
		Expect(len(segments(dir))).To(BeNumerically(">", 1))
		putBack(dir, older)
		before := octets(dir)
		r, err := store.Open(dir, &store.Options{ReadOnly: true})
		Expect(err).NotTo(HaveOccurred())
		_, found := problems(r)
		Expect(r.Close()).To(Succeed())
		Expect(found).To(HaveLen(40))
		Expect(found).To(HaveEach(ContainSubstring("a message that the index does not know")))

		s := open(dir, &smallSegments)
		Expect(octets(dir)).To(Equal(before))
		fetched(s, store.Inbox, "new", []byte("new"))
		_, err = s.Reclaim(ctx)
		Expect(err).NotTo(HaveOccurred())
		for i := range 40 {
			Expect(bytes.Contains(octets(dir), bytes.Repeat([]byte{byte('a' + i%26)}, 10_000))).To(BeTrue())
		}
		_, found = problems(s)
		Expect(found).To(HaveLen(40))
	})

	It("forgets an unknown body that is fetched again, octet for octet", func() {
		goOn(func(s *store.Store) { fetched(s, store.Inbox, "2", []byte("the second")) })
		putBack(dir, older)
		goOn(func(s *store.Store) {
			fetched(s, store.Inbox, "3", []byte("the third"))
			_, found := problems(s)
			Expect(found).To(HaveLen(1))
			fetched(s, store.Inbox, "2", []byte("the second"))
			_, found = problems(s)
			Expect(found).To(BeEmpty())
		})
		s := open(dir, nil)
		noProblems(s)
		n, err := sqliteNumber(dir, "SELECT count(*) FROM unknown")
		Expect(n, err).To(BeZero())
	})

	It("brings back a message that was deleted later, and never loses it again", func() {
		goOn(func(s *store.Store) { remove(s, first.ID) })
		putBack(dir, older)
		r, err := store.Open(dir, &store.Options{ReadOnly: true})
		Expect(err).NotTo(HaveOccurred())
		_, found := problems(r)
		Expect(found).To(ContainElement(ContainSubstring("the index lacks 1 deletions")))
		Expect(r.Close()).To(Succeed())

		s := open(dir, &smallSegments)
		Expect(content(s, first.ID)).To(Equal([]byte("the first")))
		e, err := s.Entry(ctx, first.ID)
		Expect(err).NotTo(HaveOccurred())
		Expect(e.Body.Offset).NotTo(Equal(first.Body.Offset), "the note speaks of the old record")
		noProblems(s)
	})

	It("never uses the number of a segment again", func() {
		goOn(func(s *store.Store) {
			for i := range 40 {
				fetched(s, store.Inbox, fmt.Sprint(i+2), bytes.Repeat([]byte("x"), 20_000))
			}
		})
		count := len(segments(dir))
		putBack(dir, older)
		goOn(func(s *store.Store) {
			for i := range 20 {
				fetched(s, store.Inbox, fmt.Sprint(i+100), bytes.Repeat([]byte("y"), 20_000))
			}
		})
		Expect(len(segments(dir))).To(BeNumerically(">", count))
	})
})

var _ = Describe("A deletion", func() {
	ctx := context.Background()

	It("is noted in the segments when the last entry of a body is deleted, and not before", func() {
		dir := newDir()
		s := open(dir, nil)
		e := fetched(s, store.Inbox, "1", []byte("x"))
		b := s.NewBatch()
		twin := &store.Entry{Parent: store.Sent, Type: store.TypeMessage, Body: e.Body}
		b.Add(twin)
		Expect(b.Commit(ctx)).To(Succeed())
		n, err := sqliteNumber(dir, "SELECT uses FROM shared")
		Expect(n, err).To(Equal(2))
		remove(s, e.ID)
		n, err = sqliteNumber(dir, "SELECT (SELECT count(*) FROM shared) + (SELECT count(*) FROM deleted)")
		Expect(n, err).To(BeZero())
		Expect(content(s, twin.ID)).To(Equal([]byte("x")))
		remove(s, twin.ID)
		n, err = sqliteNumber(dir, "SELECT count(*) FROM deleted WHERE noted = 0")
		Expect(n, err).To(Equal(1))
		Expect(s.Close()).To(Succeed())
		n, err = sqliteNumber(dir, "SELECT count(*) FROM deleted WHERE noted = 1")
		Expect(n, err).To(Equal(1))
		s, err = store.Open(dir, nil)
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(s.Close)
		noProblems(s)
		b = s.NewBatch()
		b.Add(twin)
		Expect(b.Commit(ctx)).To(MatchError(store.ErrStaleBody))
	})

	It("may be followed by another entry of the body in the same batch", func() {
		s := open(newDir(), nil)
		e := fetched(s, store.Inbox, "1", []byte("x"))
		b := s.NewBatch()
		b.Delete(e.ID)
		moved := &store.Entry{Parent: store.Sent, Type: store.TypeMessage, Body: e.Body}
		b.Add(moved)
		Expect(b.Commit(ctx)).To(Succeed())
		Expect(content(s, moved.ID)).To(Equal([]byte("x")))
		Expect(s.Close()).To(Succeed())
		s = open(s.Dir(), nil)
		Expect(content(s, moved.ID)).To(Equal([]byte("x")))
		noProblems(s)
	})

	It("survives a reclaim of the segment that has its note", func() {
		dir := newDir()
		s := open(dir, &smallSegments)
		var kept, gone []*store.Entry
		for i := range 14 { // one segment
			kept = append(kept, fetched(s, store.Inbox, fmt.Sprint(i), bytes.Repeat([]byte{byte(i)}, 20_000)))
		}
		remove(s, kept[0].ID)
		for i := range 14 { // another, with the note
			gone = append(gone, fetched(s, store.Inbox, fmt.Sprint(i+20), bytes.Repeat([]byte{byte(i + 20)}, 20_000)))
		}
		remove(s, ids(gone[1:])...)
		res, err := s.Reclaim(ctx)
		Expect(err).NotTo(HaveOccurred())
		Expect(res.Segments).To(Equal(1))
		n, err := sqliteNumber(dir, "SELECT count(*) FROM deleted WHERE noted IN (SELECT id FROM segments)")
		Expect(n, err).To(Equal(1))
		Expect(content(s, gone[0].ID)).To(HaveLen(20_000))
		noProblems(s)
	})
})

var _ = Describe("The rows of the index", func() {
	It("have checksums that are right after every change", func() {
		ctx := context.Background()
		dir := newDir()
		s := open(dir, nil)
		one, two := fetched(s, store.Inbox, "1", []byte("x")), fetched(s, store.Inbox, "2", []byte("y"))
		b := s.NewBatch()
		b.SetFlags([]store.ID{one.ID}, store.Unread|store.PendingPopulate, 0)
		b.SetUID([]store.ID{two.ID}, "zwei")
		b.SetSizes(map[store.ID]int64{one.ID: 1<<62 + 5})
		b.Copy(&store.Copies{Into: store.Drafts, Linked: true, Set: store.Complete, EmailSet: store.Receipt,
			Of: []store.Copied{{Source: one.ID, Body: one.Body}, {Source: two.ID}}})
		b.Queue(store.Queued{Entry: two.ID, Kind: store.QueueDelete}, nil)
		b.Add(&store.Entry{Parent: store.Outbox, Type: store.TypeMessage, Sending: store.SendWaiting,
			Description: "a\x00b\xff", Details: strings.Repeat("ü", 50_000), Name: "n", MessageID: "m"})
		Expect(b.Commit(ctx)).To(Succeed())
		b = s.NewBatch()
		b.SetSizes(map[store.ID]int64{one.ID: -1 << 63})
		b.SetSending(two.ID+3, store.SendSuspended, store.SendWaiting)
		again, err := s.Entry(ctx, two.ID)
		Expect(err).NotTo(HaveOccurred())
		again.Description = "changed"
		b.Update(&again)
		Expect(b.Commit(ctx)).To(Succeed())
		noProblems(s)
		list, err := s.Children(ctx, store.Outbox)
		Expect(err).NotTo(HaveOccurred())
		Expect(list[0].Description).To(Equal("a\x00b\xff"))
	})

	It("are not shown when they are damaged, but the others are", func() {
		ctx := context.Background()
		dir := newDir()
		s := open(dir, nil)
		one, two := fetched(s, store.Inbox, "1", []byte("x")), fetched(s, store.Inbox, "2", []byte("y"))
		for _, change := range []string{"description = 'about 3'", "flags = flags | 0x20", "parent = 3, date = 5", "uid = '3'", "sending = 2"} {
			before := sqlite(dir, "CREATE TABLE kept AS SELECT * FROM entries WHERE id = "+fmt.Sprint(one.ID),
				"UPDATE entries SET "+change+" WHERE id = "+fmt.Sprint(one.ID))
			_, err := s.Entry(ctx, one.ID)
			Expect(err).To(MatchError(store.ErrCorrupt), change)
			list, err := s.Children(ctx, store.Inbox)
			Expect(err).To(MatchError(And(ContainSubstring("entry 7"), ContainSubstring("salvage"))))
			Expect(list).To(HaveExactElements(HaveField("ID", two.ID)))
			Expect(s.Dump(ctx, io.Discard)).To(MatchError(store.ErrCorrupt))
			_, found := problems(s)
			Expect(found).To(ContainElement("entry 7: its row in the index is damaged"), change)
			_, err = before.Exec("INSERT OR REPLACE INTO entries SELECT * FROM kept; DROP TABLE kept")
			Expect(err).NotTo(HaveOccurred())
		}
		noProblems(s)
	})

	It("are reported when they are missing in the table store", func() {
		dir := newDir()
		s := open(dir, nil)
		sqlite(dir, "DELETE FROM store")
		_, found := problems(s)
		Expect(found).To(ContainElement(ContainSubstring("the table store does not have its one row")))
	})
})

func ids(list []*store.Entry) (ids []store.ID) {
	for _, e := range list {
		ids = append(ids, e.ID)
	}
	return ids
}

func sqliteNumber(dir, query string) (n int, err error) {
	GinkgoHelper()
	db := sqlite(dir)
	err = db.QueryRow(query).Scan(&n)
	Expect(db.Close()).To(Succeed())
	return n, err
}
