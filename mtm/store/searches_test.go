package store_test

import (
	"context"
	"fmt"
	"math/rand/v2"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/mtm/store"
)

var _ = Describe("A search for flags", func() {
	ctx := context.Background()
	var s *store.Store
	var account store.ID
	BeforeEach(func() {
		s = open(newDir(), nil)
		account = service(s, "work")
	})

	It("finds each child that readers see with one of the flags, once and in the order of the ids", func() {
		random := rand.New(rand.NewPCG(19, 21)) //nolint:gosec // any numbers do
		all := []store.Flags{store.New, store.Unread, store.Pending, store.PendingPopulate, store.Complete}
		b := s.NewBatch()
		for i := range 200 {
			e := &store.Entry{Parent: account, Service: account, Type: store.TypeMessage, UID: fmt.Sprint(i)}
			for _, flag := range all {
				if random.IntN(3) == 0 {
					e.Flags |= flag
				}
			}
			b.Add(e)
		}
		Expect(b.Commit(ctx)).To(Succeed())
		for step, age := range []store.Flags{0, store.New, store.Unread, store.New | store.Unread} {
			b := s.NewBatch()
			if step == 3 {
				b.Prepare(account)
				b.Add(&store.Entry{Parent: account, Service: account, Type: store.TypeMessage, UID: "later", Flags: store.New})
			}
			b.Age(account, account+store.ID(50*step), age)
			Expect(b.Commit(ctx)).To(Succeed())
			for _, flags := range append(all, 0, store.New|store.Pending, store.New|store.Unread, store.Pending|store.PendingPopulate,
				store.Unread|store.PendingPopulate, store.New|store.Complete, store.Pending|store.Complete, store.InPreparation|store.Pending) {
				var want []store.ID
				Expect(s.Each(ctx, account, func(e *store.Entry) error {
					if flags == 0 || e.Flags&flags != 0 {
						want = append(want, e.ID)
					}
					return nil
				})).To(Succeed())
				refs, err := s.UIDs(ctx, account, account, flags)
				Expect(err).NotTo(HaveOccurred())
				var got []store.ID
				for _, ref := range refs {
					got = append(got, ref.ID)
				}
				Expect(got).To(Equal(want), "%v after step %d", flags, step)
			}
		}
	})

	It("reads no rows of older messages: an index has those that wait", func() {
		b := s.NewBatch()
		b.Age(account, 1<<60, store.New)
		Expect(b.Commit(ctx)).To(Succeed())
		Expect(s.SearchPlan(ctx, account, store.New|store.Pending)).To(HaveExactElements(
			"SEARCH entries USING INDEX entries_waiting (parent=? AND id<?)",
			"SEARCH entries USING INDEX entries_by_parent (parent=? AND id>?)"))
		Expect(s.SearchPlan(ctx, account, store.PendingPopulate)).To(HaveExactElements(ContainSubstring("entries_waiting")))
		Expect(s.SearchPlan(ctx, account, store.New)).To(HaveExactElements(ContainSubstring("entries_by_parent (parent=? AND id>?)")))
	})
})
