package store_test

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/mtm/store"
)

var _ = Describe("The ids of entries added in one commit", func() {
	ctx := context.Background()
	var dir string
	var s *store.Store
	BeforeEach(func() {
		dir = newDir()
		s = open(dir, nil)
	})

	// added adds entries to the batch.
	added := func(b *store.Batch, count int) (list []*store.Entry) {
		for n := range count {
			list = append(list, entry(store.Inbox, n))
			b.Add(list[n])
		}
		return list
	}
	// expectFrom checks that the entries have the ids from first on, in the store too.
	expectFrom := func(first store.ID, list []*store.Entry) {
		GinkgoHelper()
		for n, e := range list {
			Expect(e.ID).To(Equal(first + store.ID(n)))
			Expect(s.Entry(ctx, e.ID)).To(HaveField("UID", e.UID))
		}
	}

	It("are never used again when the highest was deleted, in an earlier commit or in the same", func() {
		b := s.NewBatch()
		list := added(b, 50)
		Expect(b.Commit(ctx)).To(Succeed())
		b = s.NewBatch()
		b.Delete(list[48].ID, list[49].ID)
		Expect(b.Commit(ctx)).To(Succeed())

		b = s.NewBatch()
		more := added(b, 100)
		b.Delete(list[47].ID)
		more = append(more, added(b, 40)...)
		b.Delete(list[0].ID)
		copies := store.Copies{Into: store.Sent}
		for _, e := range list[1:40] {
			copies.Of = append(copies.Of, store.Copied{Source: e.ID})
		}
		for range 3 {
			copies.Of = append(copies.Of, copies.Of...)
		}
		b.Copy(&copies)
		last := added(b, 70)
		Expect(b.Commit(ctx)).To(Succeed())
		expectFrom(list[49].ID+1, more)
		for n, c := range copies.Of {
			Expect(c.ID).To(Equal(more[139].ID + 1 + store.ID(n)))
			Expect(s.Entry(ctx, c.ID)).To(HaveField("UID", list[1+n%39].UID))
		}
		expectFrom(more[139].ID+1+store.ID(len(copies.Of)), last)
		_, found := problems(s)
		Expect(found).To(BeEmpty())
	})

	It("follow each other when what the same commit added last was deleted", func() {
		b := s.NewBatch()
		kept := added(b, 100)
		Expect(b.Commit(ctx)).To(Succeed())
		b = s.NewBatch()
		first := added(b, 40)
		b.Delete(kept[99].ID)
		second := added(b, 40)
		Expect(b.Commit(ctx)).To(Succeed())
		expectFrom(kept[99].ID+1, append(first, second...))
	})

	It("are given one by one when a damaged row has a higher id", func() {
		Expect(sqlite(dir, "INSERT INTO entries SELECT 1000000, parent, service, size, flags, body_kind, uid, segment, offset, length, crc,"+
			" date, details, description, message_id, checksum, email_flags, related, sending, type, name, remote_count FROM entries WHERE id = 6").Close()).To(Succeed())
		b := s.NewBatch()
		list := added(b, 200)
		Expect(b.Commit(ctx)).To(Succeed())
		expectFrom(7, list)
	})
})
