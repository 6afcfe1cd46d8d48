package store_test

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/mtm/store"
)

var _ = Describe("Facts and breaks", func() {
	ctx := context.Background()

	It("keep facts about a service until they are dropped or the service is deleted", func() {
		s := open(newDir(), nil)
		id := service(s, "work")
		other := service(s, "home")
		b := s.NewBatch()
		b.SetFact(id, store.FactReusesIDs, 1)
		b.SetFact(id, store.FactSizesChange, 1)
		b.SetFact(id, store.FactSizesChange, 2)
		b.SetFact(other, store.FactSizesEstimate, 1)
		Expect(b.Commit(ctx)).To(Succeed())
		Expect(s.Facts(ctx, id)).To(Equal(map[store.Fact]int64{store.FactReusesIDs: 1, store.FactSizesChange: 2}))
		Expect(dump(s)).To(ContainSubstring(`name="work" facts="reuses-ids=1 sizes-change=2"`))
		b = s.NewBatch()
		b.DropFact(id, store.FactReusesIDs)
		b.Delete(other)
		Expect(b.Commit(ctx)).To(Succeed())
		Expect(s.Facts(ctx, id)).To(Equal(map[store.Fact]int64{store.FactSizesChange: 2}))
		Expect(s.Facts(ctx, other)).To(BeEmpty())
		noProblems(s)
	})

	It("need a service that exists", func() {
		s := open(newDir(), nil)
		b := s.NewBatch()
		b.SetFact(99, store.FactSizesEstimate, 1)
		Expect(b.Commit(ctx)).To(MatchError(store.ErrNotFound))
		b = s.NewBatch()
		b.SetBreaks(99, 1)
		Expect(b.Commit(ctx)).To(MatchError(store.ErrNotFound))
	})

	It("count the sessions that a message broke", func() {
		s := open(newDir(), nil)
		bad, worse := stored(s, store.Inbox, []byte("x")), stored(s, store.Inbox, []byte("y"))
		b := s.NewBatch()
		b.SetBreaks(bad.ID, 1)
		b.SetBreaks(bad.ID, 2)
		b.SetBreaks(worse.ID, 1)
		Expect(b.Commit(ctx)).To(Succeed())
		Expect(s.Breaks(ctx, store.Inbox)).To(Equal(map[store.ID]int{bad.ID: 2, worse.ID: 1}))
		Expect(s.Breaks(ctx, store.Sent)).To(BeEmpty())
		Expect(dump(s)).To(ContainSubstring("breaks=2"))
		b = s.NewBatch()
		b.SetBreaks(bad.ID, 0)
		b.Delete(worse.ID)
		Expect(b.Commit(ctx)).To(Succeed())
		Expect(s.Breaks(ctx, store.Inbox)).To(BeEmpty())
		noProblems(s)
	})

	It("come with new sizes from LIST", func() {
		s := open(newDir(), nil)
		one := stored(s, store.Inbox, []byte("x"))
		b := s.NewBatch()
		b.SetSizes(map[store.ID]int64{one.ID: 77, 99: 1})
		Expect(b.Commit(ctx)).To(Succeed())
		e, err := s.Entry(ctx, one.ID)
		Expect(err).NotTo(HaveOccurred())
		Expect(e.Size).To(Equal(int64(77)))
		Expect(content(s, one.ID)).To(Equal([]byte("x")))
	})

	It("are reported by Check when their entries do not exist", func() {
		dir := newDir()
		s := open(dir, nil)
		Expect(sqlite(dir, "INSERT INTO facts VALUES (99, 'get-asked', 1)", "INSERT INTO breaks VALUES (98, 1)").Close()).To(Succeed())
		var found []string
		_, err := s.Check(ctx, func(p store.Problem) { found = append(found, p.String()) })
		Expect(err).NotTo(HaveOccurred())
		Expect(found).To(ConsistOf(ContainSubstring("entry 99: facts"), ContainSubstring("entry 98:")))
	})
})

func noProblems(s *store.Store) {
	GinkgoHelper()
	_, err := s.Check(context.Background(), func(p store.Problem) { Fail(p.String()) })
	Expect(err).NotTo(HaveOccurred())
}
