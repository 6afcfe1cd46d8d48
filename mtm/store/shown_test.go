package store_test

import (
	"context"
	"fmt"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/mtm/store"
)

var _ = Describe("Age", func() {
	ctx := context.Background()
	var dir string
	var s *store.Store
	var account store.ID
	var list []*store.Entry

	commit := func(f func(b *store.Batch)) {
		GinkgoHelper()
		b := s.NewBatch()
		f(b)
		Expect(b.Commit(ctx)).To(Succeed())
	}
	add := func(uid string) *store.Entry {
		GinkgoHelper()
		e := &store.Entry{Parent: account, Service: account, Type: store.TypeMessage, UID: uid, Flags: store.New | store.Unread}
		commit(func(b *store.Batch) { b.Add(e) })
		return e
	}
	flags := func() (texts []string) {
		GinkgoHelper()
		children, err := s.Children(ctx, account)
		Expect(err).NotTo(HaveOccurred())
		for _, e := range children {
			texts = append(texts, e.Flags.String())
		}
		return texts
	}
	sound := func() {
		GinkgoHelper()
		_, found := problems(s)
		Expect(found).To(BeEmpty())
	}
	// raw counts the rows whose stored flags are still New and Unread.
	raw := func() int {
		GinkgoHelper()
		n, err := sqliteNumber(dir, "SELECT count(*) FROM entries WHERE flags & 0x30 = 0x30")
		Expect(err).NotTo(HaveOccurred())
		return n
	}

	BeforeEach(func() {
		dir = newDir()
		s = open(dir, nil)
		account = service(s, "work")
		list = []*store.Entry{add("1"), add("2"), add("3")}
	})

	It("clears New and Unread below an id for all readers, and changes no row of a message", func() {
		commit(func(b *store.Batch) { b.Age(account, list[2].ID, store.New) })
		Expect(flags()).To(Equal([]string{"unread", "unread", "new,unread"}))
		commit(func(b *store.Batch) { b.Age(account, list[1].ID, store.New|store.Unread) })
		Expect(flags()).To(Equal([]string{"", "unread", "new,unread"}))
		Expect(raw()).To(Equal(3))

		refs, err := s.UIDs(ctx, account, account, store.New)
		Expect(err).NotTo(HaveOccurred())
		Expect(refs).To(ConsistOf(And(HaveField("UID", "3"), HaveField("Flags", store.New|store.Unread))))
		Expect(s.Count(ctx, account)).To(Equal(store.Counts{Messages: 3, Unread: 2, New: 1}))
		Expect(s.Entry(ctx, list[1].ID)).To(HaveField("Flags", store.Unread))
		Expect(dump(s)).To(ContainSubstring(`flags=unread service=7 uid="2"`))
		sound()
	})

	It("does not affect later messages and other folders", func() {
		other := stored(s, store.Inbox, []byte("x"))
		commit(func(b *store.Batch) { b.SetFlags([]store.ID{other.ID}, store.New|store.Unread, 0) })
		commit(func(b *store.Batch) { b.Age(account, 1<<60, store.New|store.Unread) })
		list = append(list, add("4"))
		Expect(flags()).To(Equal([]string{"", "", "", "new,unread"}))
		Expect(s.Entry(ctx, other.ID)).To(HaveField("Flags", store.New|store.Unread))
	})

	It("does not hide a flag that is set again", func() {
		commit(func(b *store.Batch) { b.Age(account, 1<<60, store.New|store.Unread) })
		commit(func(b *store.Batch) { b.SetFlags([]store.ID{list[1].ID}, store.Unread, 0) })
		Expect(flags()).To(Equal([]string{"", "unread", ""}))
		commit(func(b *store.Batch) { b.Age(account, 1<<60, store.New|store.Unread) })
		e, err := s.Entry(ctx, list[2].ID)
		Expect(err).NotTo(HaveOccurred())
		e.Flags = e.Flags.With(store.New)
		commit(func(b *store.Batch) { b.Update(&e) })
		Expect(flags()).To(Equal([]string{"", "", "new"}))
		commit(func(b *store.Batch) {
			b.Age(account, 1<<60, store.New)
			b.SetFlags([]store.ID{list[0].ID}, store.New, 0)
		})
		Expect(flags()).To(Equal([]string{"new", "", ""}))
		sound()
	})

	It("stays true for a message of the same batch when another one becomes New again", func() {
		commit(func(b *store.Batch) {
			b.Add(&store.Entry{Parent: account, Service: account, Type: store.TypeMessage, UID: "4", Flags: store.New})
			b.Age(account, 1<<60, store.New)
			b.SetFlags([]store.ID{list[0].ID}, store.New, 0)
		})
		Expect(flags()).To(HaveLen(4))
		Expect(flags()[0]).To(ContainSubstring("new"))
		Expect(flags()[3]).NotTo(ContainSubstring("new"))
		sound()
	})

	It("applies to messages that are moved or copied out of the account", func() {
		commit(func(b *store.Batch) { b.Age(account, 1<<60, store.New|store.Unread) })
		e, err := s.Entry(ctx, list[0].ID)
		Expect(err).NotTo(HaveOccurred())
		e.Parent = store.Inbox
		copies := &store.Copies{Into: store.Inbox, Of: []store.Copied{{Source: list[1].ID}}}
		commit(func(b *store.Batch) {
			b.Update(&e)
			b.Copy(copies)
		})
		Expect(s.Entry(ctx, e.ID)).To(HaveField("Flags", store.Flags(0)))
		Expect(s.Entry(ctx, copies.Of[0].ID)).To(HaveField("Flags", store.Flags(0)))
		sound()
	})

	It("works together with Hide, and ends with the account", func() {
		commit(func(b *store.Batch) {
			b.Age(account, list[1].ID, store.New|store.Unread)
			b.Hide(account)
		})
		Expect(flags()).To(Equal([]string{"invisible", "new,invisible", "new,invisible"}))
		commit(func(b *store.Batch) { b.Show(account) })
		Expect(flags()).To(Equal([]string{"", "new,unread", "new,unread"}))
		commit(func(b *store.Batch) { b.Delete(account) })
		Expect(sqliteNumber(dir, "SELECT count(*) FROM shown")).To(BeZero())
		sound()
	})

	It("leaves alone what Prepare hides: later messages are unready until Show", func() {
		commit(func(b *store.Batch) { b.Age(account, list[1].ID, store.New) })
		commit(func(b *store.Batch) {
			b.Prepare(account)
			b.Add(&store.Entry{Parent: account, Service: account, Type: store.TypeMessage, UID: "4", Flags: store.New})
		})
		commit(func(b *store.Batch) { b.Prepare(account) })
		unready := []string{"unread", "new,unread", "new,unread", "new,invisible,in-preparation"}
		Expect(flags()).To(Equal(unready))
		Expect(s.Close()).To(Succeed())
		s = open(dir, nil)
		Expect(flags()).To(Equal(unready))
		Expect(s.Count(ctx, account)).To(Equal(store.Counts{Messages: 4, Unread: 3, New: 3}))
		refs, err := s.UIDs(ctx, account, account, store.InPreparation)
		Expect(err).NotTo(HaveOccurred())
		Expect(refs).To(ConsistOf(HaveField("UID", "4")))
		commit(func(b *store.Batch) { b.SetFlags([]store.ID{list[2].ID}, store.New, 0) }) // a flag that Age has not hidden
		Expect(flags()).To(Equal(unready))
		commit(func(b *store.Batch) { b.Show(account) })
		Expect(flags()).To(Equal([]string{"unread", "new,unread", "new,unread", "new"}))
		sound()
	})

	It("returns an error for an account that does not exist", func() {
		b := s.NewBatch()
		b.Age(4711, 1<<60, store.New)
		Expect(b.Commit(ctx)).To(MatchError(store.ErrNotFound))
	})

	It("is recovered by salvage, and ignored when its row is damaged, which check-store reports", func() {
		commit(func(b *store.Batch) { b.Age(account, list[2].ID, store.New|store.Unread) })
		Expect(s.Close()).To(Succeed())
		to, _, lost := salvaged(dir)
		Expect(lost).To(BeEmpty())
		Expect(s.Close()).To(Succeed())
		s = open(dir, nil)
		Expect(dump(to)).To(Equal(dump(s)))
		sqlite(dir, "UPDATE shown SET new_from = new_from | 0x100000")
		Expect(flags()).To(HaveEach("new,unread"))
		_, found := problems(s)
		Expect(found).To(ConsistOf(fmt.Sprintf("entry %d: its row in the table shown is damaged", account)))
		commit(func(b *store.Batch) { b.Age(account, list[2].ID, store.New) })
		Expect(flags()).To(Equal([]string{"unread", "unread", "new,unread"}))
		sound()
	})

	It("has the hidden accounts of a migrated store of version 5", func() {
		Expect(s.Close()).To(Succeed())
		asVersion(5, dir)
		Expect(sqlite(dir, fmt.Sprintf("INSERT INTO hidden VALUES (%d)", account)).Close()).To(Succeed())
		s = open(dir, nil)
		Expect(s.Hidden(ctx, account)).To(BeTrue())
		Expect(flags()).To(HaveEach("new,invisible"))
		sound()
	})
})
