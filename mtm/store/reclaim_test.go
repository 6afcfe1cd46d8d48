package store_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/mtm/store"
)

var _ = Describe("Reclaim", func() {
	ctx := context.Background()
	var s *store.Store
	var dir string

	BeforeEach(func() {
		dir = newDir()
		s = open(dir, &smallSegments)
	})

	// fill stores count messages of 20,000 octets, 14 to a segment.
	fill := func(count int) (list []*store.Entry) {
		GinkgoHelper()
		for i := range count {
			list = append(list, stored(s, store.Inbox, bytes.Repeat([]byte{byte(i)}, 20_000)))
		}
		return list
	}
	remove := func(list []*store.Entry) {
		GinkgoHelper()
		b := s.NewBatch()
		for _, e := range list {
			b.Delete(e.ID)
		}
		Expect(b.Commit(ctx)).To(Succeed())
	}

	It("rewrites mostly dead segments, removes dead ones, and keeps the others", func() {
		list := fill(56)
		Expect(segments(dir)).To(HaveLen(4))
		remove(list[1:28])
		res, err := s.Reclaim(ctx)
		Expect(err).NotTo(HaveOccurred())
		Expect(res.Segments).To(Equal(2))
		Expect(res.Busy).To(BeZero())
		Expect(res.Freed).To(BeNumerically(">=", 27*20_000))
		Expect(segments(dir)).To(HaveLen(3))
		for _, i := range []int{0, 28, 29, 55} {
			Expect(content(s, list[i].ID)).To(Equal(bytes.Repeat([]byte{byte(i)}, 20_000)))
		}
		sum, found := problems(s)
		Expect(found).To(BeEmpty())
		Expect(sum.DeadBytes).To(BeZero())
		Expect(s.Reclaim(ctx)).To(Equal(store.ReclaimResult{}))
		stored(s, store.Inbox, []byte("goes on"))
	})

	It("copies a record of two entries once", func() {
		list := fill(14)
		b := s.NewBatch()
		twin := &store.Entry{Parent: store.Sent, Type: store.TypeMessage, Body: list[3].Body}
		b.Add(twin)
		Expect(b.Commit(ctx)).To(Succeed())
		remove(append(list[:3:3], list[4:]...))
		Expect(s.Reclaim(ctx)).To(HaveField("Segments", 1))
		Expect(content(s, twin.ID)).To(Equal(content(s, list[3].ID)))
		sum, found := problems(s)
		Expect(found).To(BeEmpty())
		Expect(sum.BodyBytes).To(Equal(int64(20_024)))
	})

	It("makes bodies that were read from entries before it stale", func() {
		list := fill(14)
		remove(list[1:])
		Expect(s.Reclaim(ctx)).To(HaveField("Segments", 1))
		b := s.NewBatch()
		b.Add(&store.Entry{Parent: store.Sent, Type: store.TypeMessage, Body: list[0].Body})
		Expect(b.Commit(ctx)).To(MatchError(store.ErrStaleBody))
	})

	It("skips segments of a reader in this process and of an uncommitted batch", func() {
		list := fill(14)
		remove(list[1:])
		r, err := s.Body(ctx, list[0].ID)
		Expect(err).NotTo(HaveOccurred())
		Expect(s.Reclaim(ctx)).To(Equal(store.ReclaimResult{Busy: 1}))
		Expect(io.ReadAll(r)).To(HaveLen(20_000))
		Expect(r.Close()).To(Succeed())

		late := fill(1) // in a new segment
		b := s.NewBatch()
		e := message(b, store.Inbox, store.BodyWhole, []byte("late"))
		remove(late)
		Expect(s.Reclaim(ctx)).To(HaveField("Busy", 1))
		Expect(b.Commit(ctx)).To(Succeed())
		Expect(content(s, e.ID)).To(Equal([]byte("late")))
	})

	It("keeps a segment with a damaged record, and returns an error", func() {
		list := fill(14)
		remove(list[1:])
		spoiled := segments(dir)[0]
		Expect(os.WriteFile(spoiled, bytes.Repeat([]byte("x"), 14*20_024), 0o600)).To(Succeed())
		_, err := s.Reclaim(ctx)
		Expect(err).To(MatchError(store.ErrCorrupt))
		Expect(segments(dir)).To(ContainElement(spoiled))
		Expect(s.Entry(ctx, list[0].ID)).To(HaveField("Body", list[0].Body))
	})

	It("runs while bodies are read and written", func() {
		list := fill(42)
		done := make(chan error, 1)
		go func() {
			for range 40 {
				for _, i := range []int{0, 15, 30} {
					data, err := readBody(s, list[i].ID)
					if err == nil && !bytes.Equal(data, bytes.Repeat([]byte{byte(i)}, 20_000)) {
						err = errors.New("another body")
					}
					if err != nil {
						done <- err
						return
					}
				}
			}
			done <- nil
		}()
		for i := range 42 {
			if i%15 != 0 {
				remove(list[i : i+1])
				_, err := s.Reclaim(ctx)
				Expect(err).NotTo(HaveOccurred())
			}
		}
		Expect(<-done).To(Succeed())
		_, found := problems(s)
		Expect(found).To(BeEmpty())
	})
})
