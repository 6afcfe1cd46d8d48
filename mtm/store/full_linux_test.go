package store_test

import (
	"bytes"
	"context"
	"os"
	"slices"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/mtm/store"
)

var _ = Describe("A full disk", func() {
	It("is reported as ErrDiskFull, nothing of the batch is visible, and the store works afterwards", func() {
		ctx := context.Background()
		s := open(newDir(), nil)
		kept := stored(s, store.Inbox, []byte("kept"))

		full, err := os.OpenFile("/dev/full", os.O_RDWR, 0) // every write to it returns ENOSPC
		Expect(err).NotTo(HaveOccurred())
		restore := s.SwapIdleFile(full)
		b := s.NewBatch()
		w := b.Body(store.BodyWhole)
		_, err = w.Write(bytes.Repeat([]byte("x"), 3<<20))
		Expect(err).To(MatchError(store.ErrDiskFull))
		_, err = w.Close()
		Expect(err).To(MatchError(store.ErrDiskFull))
		b.Rollback()
		restore()
		stored(s, store.Inbox, []byte("to another segment: this file cannot be cut back"))

		full, err = os.OpenFile("/dev/full", os.O_RDWR, 0)
		Expect(err).NotTo(HaveOccurred())
		restore = s.SwapIdleFile(full)
		b = s.NewBatch()
		message(b, store.Inbox, store.BodyWhole, []byte("small enough to be gathered"))
		Expect(b.Commit(ctx)).To(MatchError(store.ErrDiskFull))
		restore()
		Expect(s.Children(ctx, store.Inbox)).To(HaveLen(2))

		// A body that cannot begin, because the full buffer must be written first.
		for left := range 128 {
			stored(s, store.Inbox, []byte("room")) // there is a segment to fill
			full, err := os.OpenFile("/dev/full", os.O_RDWR, 0)
			Expect(err).NotTo(HaveOccurred())
			restore = s.SwapIdleFile(full)
			b = s.NewBatch()
			w = b.Body(store.BodyWhole)
			gathered := bytes.Repeat([]byte("x"), store.AppendBuffer-store.RecordHeader-left)
			for piece := range slices.Chunk(gathered, store.AppendBuffer/4) {
				Expect(w.Write(piece)).Error().To(Or(BeNil(), MatchError(store.ErrDiskFull)))
			}
			Expect(w.Close()).Error().To(Or(BeNil(), MatchError(store.ErrDiskFull)))
			w = b.Body(store.BodyWhole)
			_, begun := w.Write([]byte("x"))
			_, ended := w.Close()
			for _, err := range []error{begun, ended, b.Commit(ctx)} {
				Expect(err).To(Or(BeNil(), MatchError(store.ErrDiskFull)))
			}
			restore()
			Expect(full.Close()).To(Or(Succeed(), MatchError(os.ErrClosed)))
		}

		stored(s, store.Inbox, []byte("room again"))
		Expect(content(s, kept.ID)).To(Equal([]byte("kept")))
		_, found := problems(s)
		Expect(found).To(BeEmpty())
	})
})
