package store_test

import (
	"bytes"
	"context"
	"os"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/mtm/store"
)

var _ = Describe("A body that is compared before its commit", func() {
	ctx := context.Background()

	DescribeTable("is equal only to a body with the same octets", func(size int) {
		s := open(newDir(), nil)
		text := bytes.Repeat([]byte("line\r\n"), size/6+1)[:size]
		there := stored(s, store.Inbox, text)
		other := bytes.Clone(text)
		other[size-1]++
		for _, c := range []struct {
			content []byte
			equal   bool
		}{{text, true}, {other, false}, {text[:size-1], false}} {
			b := s.NewBatch()
			e := message(b, store.Inbox, store.BodyWhole, c.content)
			Expect(b.Equal(ctx, e.Body, there.ID)).To(Equal(c.equal))
			Expect(b.Commit(ctx)).To(Succeed())
			Expect(content(s, e.ID)).To(Equal(c.content))
			_, err := s.NewBatch().Equal(ctx, e.Body, 999)
			Expect(err).To(MatchError(store.ErrNotFound))
		}
		noProblems(s)
	}, Entry("small", 7), Entry("as large as the buffer", 256<<10), Entry("larger", 700_000))

	It("is not equal to a damaged body", func() {
		dir := newDir()
		s := open(dir, nil)
		text := bytes.Repeat([]byte("x"), 1000)
		there := stored(s, store.Inbox, text)
		f, err := os.OpenFile(segments(dir)[0], os.O_WRONLY, 0)
		Expect(err).NotTo(HaveOccurred())
		_, err = f.WriteAt([]byte("y"), there.Body.Offset+100)
		Expect(err).NotTo(HaveOccurred())
		Expect(f.Close()).To(Succeed())
		b := s.NewBatch()
		e := message(b, store.Inbox, store.BodyWhole, text)
		equal, _ := b.Equal(ctx, e.Body, there.ID)
		Expect(equal).To(BeFalse())
		b.Rollback()
	})
})
