package store_test

import (
	"context"
	"errors"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/mtm/store"
)

var _ = Describe("A queued operation that is being carried out", func() {
	ctx := context.Background()
	var s *store.Store
	var dir string
	var box store.ID
	var first, second *store.Entry

	BeforeEach(func() {
		dir = newDir()
		s = open(dir, nil)
		box = service(s, "work")
		first, second = stored(s, box, []byte("Subject: a\r\n\r\n")), stored(s, box, []byte("Subject: b\r\n\r\n"))
	})
	commit := func(fill func(b *store.Batch)) {
		GinkgoHelper()
		b := s.NewBatch()
		fill(b)
		Expect(b.Commit(ctx)).To(Succeed())
	}
	kinds := func() []store.QueueKind {
		GinkgoHelper()
		list, err := s.Queue(ctx, box)
		Expect(err).NotTo(HaveOccurred())
		var all []store.QueueKind
		for _, q := range list {
			all = append(all, q.Kind)
		}
		return all
	}
	queue := func(e *store.Entry, list ...store.QueueKind) {
		GinkgoHelper()
		commit(func(b *store.Batch) {
			for _, kind := range list {
				q := store.Queued{Entry: e.ID, Kind: kind}
				var ghost *store.Entry
				if kind.Adds() {
					q.Into = store.Inbox
					ghost = &store.Entry{Parent: store.Inbox, Type: store.TypeMessage, Related: e.ID}
				}
				b.Queue(q, ghost)
			}
		})
	}
	takeBack := func(alive string, ids ...int64) store.TakenBack {
		GinkgoHelper()
		var result store.TakenBack
		commit(func(b *store.Batch) {
			b.TakeBack(ids, func(claim string) (bool, error) { return claim == alive, nil }, &result)
		})
		return result
	}

	It("is not taken back, unless the program that carried it out has ended", func() {
		queue(first, store.QueueCopy, store.QueueDelete)
		queue(second, store.QueueDelete)
		claimed, err := s.Claim(ctx, "me", []store.ID{first.ID, second.ID}, store.QueueDelete)
		Expect(err).NotTo(HaveOccurred())
		Expect(claimed).To(HaveExactElements(
			And(HaveField("ID", int64(2)), HaveField("Claim", "me")), And(HaveField("ID", int64(3)), HaveField("Entry", second.ID))))

		r := takeBack("me", 1, 2, 3, 99)
		Expect(r.Taken).To(Equal([]int64{1}))
		Expect(r.Busy).To(HaveExactElements(HaveField("ID", int64(2)), HaveField("ID", int64(3))))
		Expect(s.Children(ctx, store.Inbox)).To(BeEmpty(), "the ghost goes with it")
		Expect(takeBack("somebody else", 2).Taken).To(Equal([]int64{2}))
		Expect(s.Unclaim(ctx, "me")).To(Succeed())
		Expect(takeBack("me", 3).Taken).To(Equal([]int64{3}))
		Expect(kinds()).To(BeEmpty())
	})

	It("is claimed by its newest holder, but not when it was set aside or taken back", func() {
		queue(first, store.QueueDelete, store.QueuePopulate)
		commit(func(b *store.Batch) { b.SetAside(2, "for a reason") })
		for _, claim := range []string{"killed", "newer"} {
			claimed, err := s.Claim(ctx, claim, []store.ID{first.ID})
			Expect(err).NotTo(HaveOccurred())
			Expect(claimed).To(HaveExactElements(And(HaveField("Kind", store.QueueDelete), HaveField("Claim", claim))))
		}
		Expect(takeBack("killed", 1, 2).Taken).To(Equal([]int64{1, 2}))
		Expect(s.Claim(ctx, "newer", []store.ID{first.ID})).To(BeEmpty())
		Expect(s.Claim(ctx, "newer", nil)).To(BeEmpty())
	})

	It("stays when it is unknown whether the program runs", func() {
		queue(first, store.QueueDelete)
		_, err := s.Claim(ctx, "me", []store.ID{first.ID})
		Expect(err).NotTo(HaveOccurred())
		b := s.NewBatch()
		unknown := errors.New("the lock cannot be read")
		b.TakeBack([]int64{1}, func(string) (bool, error) { return false, unknown }, new(store.TakenBack))
		Expect(b.Commit(ctx)).To(MatchError(unknown))
		Expect(kinds()).To(Equal([]store.QueueKind{store.QueueDelete}))
	})

	It("leaves the delete of a fulfilled move, and nothing of one that was taken back", func() {
		queue(first, store.QueueMove)
		queue(second, store.QueueMove)
		list, err := s.Queue(ctx, box)
		Expect(err).NotTo(HaveOccurred())
		Expect(takeBack("", 2).Taken).To(HaveLen(1))
		commit(func(b *store.Batch) {
			b.Fulfil(list[0])
			b.Fulfil(list[1])
		})
		Expect(kinds()).To(Equal([]store.QueueKind{store.QueueDelete}))
		_, found := problems(s)
		Expect(found).To(BeEmpty())
	})

	It("survives the migration from version 4", func() {
		queue(first, store.QueueDelete)
		Expect(s.Close()).To(Succeed())
		asVersion(4, dir)
		s = open(dir, nil)
		Expect(kinds()).To(Equal([]store.QueueKind{store.QueueDelete}))
		Expect(s.Claim(ctx, "me", []store.ID{first.ID})).To(HaveLen(1))
	})
})
