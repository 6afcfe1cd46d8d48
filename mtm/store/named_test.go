package store_test

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/mtm/store"
)

var _ = Describe("An entry that is added by its name", func() {
	ctx := context.Background()
	var s *store.Store
	BeforeEach(func() { s = open(newDir(), nil) })

	commit := func(fill func(b *store.Batch)) {
		GinkgoHelper()
		b := s.NewBatch()
		fill(b)
		Expect(b.Commit(ctx)).To(Succeed())
	}
	add := func(name string, flags store.Flags) (id store.ID, existed bool) {
		GinkgoHelper()
		e := store.Entry{Parent: store.Local, Service: store.Local, Type: store.TypeFolder, Name: name, Flags: flags}
		commit(func(b *store.Batch) { b.AddNamed(&e, &existed) })
		return e.ID, existed
	}
	flags := func(id store.ID) store.Flags {
		GinkgoHelper()
		e, err := s.Entry(ctx, id)
		Expect(err).NotTo(HaveOccurred())
		return e.Flags
	}

	It("exists once, also with two programs and within one batch", func() {
		id, existed := add("Archive", 0)
		Expect(existed).To(BeFalse())
		again, existed := add("Archive", 0)
		Expect(existed).To(BeTrue())
		Expect(again).To(Equal(id))
		a := store.Entry{Parent: store.Local, Type: store.TypeFolder, Name: "Later"}
		b := a
		var first, second bool
		commit(func(batch *store.Batch) { batch.AddNamed(&a, &first); batch.AddNamed(&b, &second) })
		Expect([]bool{first, second}).To(Equal([]bool{false, true}))
		Expect(a.ID).To(Equal(b.ID))
		Expect(s.Children(ctx, store.Local)).To(HaveLen(6))
	})

	It("is withdrawn only while no other program uses it", func() {
		unused, _ := add("unused", store.InPreparation)
		wanted, _ := add("wanted", store.InPreparation)
		add("wanted", store.InPreparation)
		full, _ := add("full", store.InPreparation)
		stored(s, full, []byte("mail"))
		done, _ := add("done", store.InPreparation)
		commit(func(b *store.Batch) { b.SetFlags([]store.ID{done}, 0, store.InPreparation) })
		Expect(flags(wanted)).To(BeZero())
		for _, id := range []store.ID{unused, wanted, full, done, store.Inbox, 4711} {
			commit(func(b *store.Batch) { b.Withdraw(id) })
		}
		_, err := s.Entry(ctx, unused)
		Expect(err).To(MatchError(store.ErrNotFound))
		for _, id := range []store.ID{wanted, full, done, store.Inbox} {
			flags(id)
		}
	})
})
