package store_test

import (
	"bytes"
	"context"
	"io"
	"strconv"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/mtm/store"
)

var _ = Describe("Two processes", func() {
	ctx := context.Background()

	It("write to the same store at once, each to its own segments, while both read", func() {
		dir := memoryDir()
		s := open(dir, &smallSegments)
		cmd, in, out := startChild("write 50", dir, 1000)
		Expect(writeHere(s, 50)).To(Succeed())
		said, err := io.ReadAll(out)
		Expect(err).NotTo(HaveOccurred())
		Expect(cmd.Wait()).To(Succeed())
		Expect(in.Close()).To(Or(Succeed(), HaveOccurred()))
		Expect(bytes.Count(said, []byte{'c'})).To(Equal(50))

		seen := map[string]bool{}
		Expect(s.Each(ctx, store.Inbox, func(e *store.Entry) error {
			n, err := strconv.Atoi(e.UID)
			Expect(err).NotTo(HaveOccurred())
			Expect(bytes.Equal(content(s, e.ID), numbered(n))).To(BeTrue(), "message %d", n)
			Expect(seen[e.UID]).To(BeFalse())
			seen[e.UID] = true
			return nil
		})).To(Succeed())
		Expect(seen).To(HaveLen(50*perBatch + 50*(perBatch-1) + 1))
		sum, err := s.Check(ctx, func(p store.Problem) { Fail(p.String()) })
		Expect(err).NotTo(HaveOccurred())
		Expect(sum.Bodies).To(Equal(len(seen)))
	})

	It("do not reclaim a segment that the other one reads, until it is closed", func() {
		dir := newDir()
		s := open(dir, nil)
		gone, kept := stored(s, store.Inbox, numbered(28)), stored(s, store.Inbox, numbered(2))
		b := s.NewBatch()
		b.Delete(gone.ID)
		Expect(b.Commit(ctx)).To(Succeed())

		cmd, in, out := startChild("hold a body", dir, int(kept.ID))
		_, err := io.ReadFull(out, make([]byte, 1))
		Expect(err).NotTo(HaveOccurred())
		Expect(s.Reclaim(ctx)).To(Equal(store.ReclaimResult{Busy: 1}))
		Expect(in.Close()).To(Succeed())
		Expect(cmd.Wait()).To(Succeed(), "the reader found its body whole")

		res, err := s.Reclaim(ctx)
		Expect(err).NotTo(HaveOccurred())
		Expect(res.Segments).To(Equal(1))
		Expect(res.Freed).To(BeNumerically(">", len(numbered(28))))
		Expect(content(s, kept.ID)).To(Equal(numbered(2)))
	})

	It("do not cut off a segment that the other one is writing", func() {
		dir := newDir()
		s := open(dir, nil)
		b := s.NewBatch()
		e := message(b, store.Inbox, store.BodyWhole, bytes.Repeat([]byte("x"), 3<<20)) // more than the buffer
		cmd, _, out := startChild("write 50", dir, 0)
		_, err := io.Copy(io.Discard, out)
		Expect(err).NotTo(HaveOccurred())
		Expect(cmd.Wait()).To(Succeed())
		Expect(b.Commit(ctx)).To(Succeed())
		Expect(content(s, e.ID)).To(HaveLen(3 << 20))
	})
})

// writeHere writes count batches of messages 0, 1, 2 and so on.
func writeHere(s *store.Store, count int) error {
	for k := range count {
		b := s.NewBatch()
		for n := perBatch * k; n < perBatch*(k+1); n++ {
			message(b, store.Inbox, store.BodyWhole, numbered(n)).UID = strconv.Itoa(n)
		}
		if err := b.Commit(context.Background()); err != nil {
			return err
		}
	}
	return nil
}
