package store_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/mtm/store"
)

var _ = Describe("The queue of a mailbox", func() {
	ctx := context.Background()
	var s *store.Store
	var box store.ID
	var first, second *store.Entry

	BeforeEach(func() {
		s = open(newDir(), nil)
		box = service(s, "work")
		first, second = stored(s, box, []byte("Subject: a\r\n\r\n")), stored(s, box, []byte("Subject: b\r\n\r\n"))
	})

	commit := func(fill func(b *store.Batch)) {
		GinkgoHelper()
		b := s.NewBatch()
		fill(b)
		Expect(b.Commit(ctx)).To(Succeed())
	}
	entry := func(id store.ID) store.Entry {
		GinkgoHelper()
		e, err := s.Entry(ctx, id)
		Expect(err).NotTo(HaveOccurred())
		return e
	}
	queue := func() []store.Queued {
		GinkgoHelper()
		list, err := s.Queue(ctx, box)
		Expect(err).NotTo(HaveOccurred())
		return list
	}
	ghostOf := func(e *store.Entry) *store.Entry {
		return &store.Entry{Parent: store.Inbox, Type: store.TypeMessage, Related: e.ID, Body: e.Body}
	}
	// waits queues a copy of first into the Inbox, and returns the ghost.
	waits := func() store.ID {
		GinkgoHelper()
		g := ghostOf(first)
		commit(func(b *store.Batch) {
			b.Queue(store.Queued{Entry: first.ID, Kind: store.QueueCopy, Into: store.Inbox}, g)
		})
		return g.ID
	}
	sound := func() {
		GinkgoHelper()
		_, err := s.Check(ctx, func(p store.Problem) { Fail(p.String()) })
		Expect(err).NotTo(HaveOccurred())
	}
	problems := func() []string {
		GinkgoHelper()
		var texts []string
		_, err := s.Check(ctx, func(p store.Problem) { texts = append(texts, p.String()) })
		Expect(err).NotTo(HaveOccurred())
		return texts
	}

	It("keeps operations in their order, and sets the entries' flags", func() {
		added := &store.Entry{Parent: box, Type: store.TypeMessage}
		commit(func(b *store.Batch) {
			b.Add(added)
			b.Queue(store.Queued{Entry: second.ID, Kind: store.QueueTop, Lines: 3}, nil)
			b.Queue(store.Queued{Entry: first.ID, Kind: store.QueueMove, Into: store.Sent}, ghostOf(first))
			b.Queue(store.Queued{Entry: second.ID, Kind: store.QueueDelete}, nil)
		})
		commit(func(b *store.Batch) { b.Queue(store.Queued{Entry: added.ID, Kind: store.QueueDelete}, nil) })
		list := queue()
		Expect(list).To(HaveLen(4))
		Expect(list[0]).To(And(HaveField("Entry", second.ID), HaveField("Kind", store.QueueTop), HaveField("Lines", 3)))
		Expect(list[1]).To(And(HaveField("Into", store.Sent), HaveField("Ghost", BeNumerically(">", added.ID))))
		Expect(list[2].String()).To(Equal("delete"))
		Expect(entry(first.ID).Email.Operation()).To(Equal(store.OpMoveTo))
		Expect(entry(second.ID).Email.Operation()).To(Equal(store.OpMultiple))
		Expect(entry(added.ID).Email.Operation()).To(Equal(store.OpDelete))
		commit(func(b *store.Batch) { b.Unqueue(list[0].ID, list[1].ID, 99) })
		Expect(entry(first.ID)).To(And(HaveField("Flags", first.Flags), HaveField("Email", first.Email)))
		Expect(entry(second.ID).Email.Operation()).To(Equal(store.OpDelete))
		Expect(entry(second.ID).Flags.Has(store.Operation)).To(BeTrue())
		sound()
	})

	It("is the only one that sets and clears these flags", func() {
		waits()
		stale := *first
		commit(func(b *store.Batch) {
			b.Update(&stale)
			b.SetFlags([]store.ID{first.ID}, 0, store.Operation)
			b.SetFlags([]store.ID{second.ID}, store.Operation, 0)
			b.Add(&store.Entry{Parent: box, Type: store.TypeMessage, Flags: store.Operation, Email: store.OpMoveTo})
		})
		Expect(entry(first.ID).Flags.Has(store.Operation)).To(BeTrue())
		Expect(entry(first.ID).Email.Operation()).To(Equal(store.OpCopyTo))
		sound()
	})

	It("deletes the ghost with the operation, unless the ghost is complete", func() {
		g := waits()
		commit(func(b *store.Batch) { b.Unqueue(queue()[0].ID) })
		_, err := s.Entry(ctx, g)
		Expect(err).To(MatchError(store.ErrNotFound))
		g = waits()
		commit(func(b *store.Batch) {
			filled := entry(g)
			filled.Flags |= store.Complete
			b.Update(&filled)
			b.Unqueue(queue()[0].ID)
		})
		Expect(entry(g).Flags.Has(store.Complete)).To(BeTrue())
		Expect(queue()).To(BeEmpty())
		sound()
	})

	It("deletes the operations of a deleted entry, and their ghosts", func() {
		g := waits()
		commit(func(b *store.Batch) { b.Delete(first.ID) })
		_, err := s.Entry(ctx, g)
		Expect(err).To(MatchError(store.ErrNotFound))
		Expect(queue()).To(BeEmpty())
		sound()
	})

	It("is deleted with the account", func() {
		g := waits()
		commit(func(b *store.Batch) { b.Delete(box) })
		_, err := s.Entry(ctx, g)
		Expect(err).To(MatchError(store.ErrNotFound))
		sound()
	})

	It("removes an operation whose ghost is deleted, and keeps one whose folder is deleted", func() {
		g := waits()
		commit(func(b *store.Batch) { b.Delete(g) })
		Expect(queue()).To(BeEmpty())
		Expect(entry(first.ID).Flags.Has(store.Operation)).To(BeFalse())
		folder := &store.Entry{Parent: store.Local, Type: store.TypeFolder, Name: "Bills"}
		commit(func(b *store.Batch) { b.Add(folder) })
		ghost := ghostOf(first)
		ghost.Parent = folder.ID
		commit(func(b *store.Batch) {
			b.Queue(store.Queued{Entry: first.ID, Kind: store.QueueCopy, Into: folder.ID}, ghost)
		})
		commit(func(b *store.Batch) { b.Delete(folder.ID) })
		Expect(queue()).To(HaveLen(1))
		sound()
	})

	It("sets an operation aside with the reason", func() {
		waits()
		commit(func(b *store.Batch) { b.SetAside(queue()[0].ID, "the folder was deleted") })
		Expect(queue()[0].String()).To(Equal("copy into 3, set aside: the folder was deleted"))
		sound()
	})

	It("returns an error for the operation of a deleted entry", func() {
		b := s.NewBatch()
		b.Queue(store.Queued{Entry: 99, Kind: store.QueueDelete}, nil)
		Expect(b.Commit(ctx)).To(MatchError(store.ErrNotFound))
	})

	It("is checked for invalid operations and wrong flags", func() {
		waits()
		sqlite(s.Dir(), "INSERT INTO operations (id, entry, kind, folder, ghost, lines, problem) VALUES (70, 99, 1, 3, 0, 0, '')",
			"UPDATE operations SET kind = 9, ghost = 3 WHERE id = 1", "UPDATE entries SET flags = flags | 0x80, checksum = checksum + 0x80 WHERE id = 5")
		Expect(problems()).To(ConsistOf(
			"entry 99: a queued operation of a deleted entry",
			ContainSubstring("a queued operation of an unknown kind"),
			ContainSubstring("its flags do not match its queued operations"), "entry 5: its flags do not match its queued operations"))
		commit(func(b *store.Batch) { b.Unqueue(1, 70) })
		Expect(entry(store.Inbox).Name).To(Equal("Inbox"), "a damaged record takes nothing with it")
		Expect(problems()).To(ConsistOf("entry 5: its flags do not match its queued operations"))
	})

	It("has the deletes that a store of version 1 kept as flags", func() {
		dir := newDir()
		old, err := store.Open(dir, nil)
		Expect(err).NotTo(HaveOccurred())
		mailbox := service(old, "work")
		queued, other := stored(old, mailbox, nil), stored(old, mailbox, nil)
		Expect(old.Close()).To(Succeed())
		asVersion(1, dir)
		sqlite(dir, "UPDATE entries SET flags = flags | 0x80, email_flags = 0x204 WHERE id = "+fmt.Sprint(queued.ID),
			"UPDATE entries SET email_flags = 0x204 WHERE id = "+fmt.Sprint(other.ID))
		migrated := open(dir, nil)
		list, err := migrated.Queue(ctx, mailbox)
		Expect(err).NotTo(HaveOccurred())
		Expect(list).To(Equal([]store.Queued{{ID: 1, Entry: queued.ID, Kind: store.QueueDelete}}))
		left, err := migrated.Entry(ctx, other.ID)
		Expect(err).NotTo(HaveOccurred())
		Expect(left.Email).To(Equal(store.Receipt))
		_, err = migrated.Check(ctx, func(p store.Problem) { Fail(p.String()) })
		Expect(err).NotTo(HaveOccurred())
	})
})

// FuzzQueued checks that a damaged row of the queue can be read and described in words.
func FuzzQueued(f *testing.F) {
	f.Add(int64(1), int64(9), int64(5), int64(0), "", []byte(nil), false)
	f.Add(int64(-1), int64(1)<<62, int64(77), int64(-5), "the \x00 reason\xff", []byte("x"), true)
	read, closer, err := store.QueueRows(filepath.Join(f.TempDir(), "index.db"))
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = closer() })
	f.Fuzz(func(t *testing.T, id, entry, kind, number int64, text string, blob []byte, odd bool) {
		columns, row := "?, ?, ?, ?, ?, ?, ?, ?", []any{id, entry, kind, number, number, number, text, text}
		if odd {
			columns, row = "CAST(? AS BLOB), ?, NULL, 1.5, CAST(? AS BLOB), ?, ?, 1", []any{string(blob), text, string(blob), text, id}
		}
		q, err := read(columns, row...)
		if err != nil {
			t.Fatal(err)
		}
		if !odd && (q.ID != id || int64(q.Entry) != entry || int64(q.Kind) != kind || q.Problem != text) {
			t.Errorf("%v was read as %+v", row, q)
		}
		if q.String() == "" || q.Kind.Known() != (q.Kind >= store.QueueCopy && q.Kind <= store.QueueDelete) || q.Kind.Adds() && q.Kind.Populates() {
			t.Errorf("%+v says %q", q, q.String())
		}
	})
}
