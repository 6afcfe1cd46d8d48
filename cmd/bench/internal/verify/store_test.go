package verify

import (
	"bytes"
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/cmd/bench/internal/workload"
	"pop3mtm/fakeserver/maildrop"
	"pop3mtm/mtm/store"
)

var _ = Describe("verification", func() {
	box := workload.Mailbox{Messages: 3, Size: 600, Seed: 7}

	verify := func(ctx context.Context, dir string) error {
		served, err := box.List()
		Expect(err).NotTo(HaveOccurred())
		return Inbox(ctx, dir, served)
	}

	// keep stores messages, and their UIDs, as if a client had fetched them.
	keep := func(ctx context.Context, messages map[int][]byte, order ...int) string {
		dir := GinkgoT().TempDir()
		st, err := store.Open(dir, nil)
		Expect(err).NotTo(HaveOccurred())
		defer func() { Expect(st.Close()).To(Succeed()) }()
		list, err := box.List()
		Expect(err).NotTo(HaveOccurred())
		b := st.NewBatch()
		for _, n := range order {
			w := b.Body(store.BodyWhole)
			_, err := w.Write(messages[n])
			Expect(err).NotTo(HaveOccurred())
			body, err := w.Close()
			Expect(err).NotTo(HaveOccurred())
			b.Add(&store.Entry{Parent: store.Inbox, Type: store.TypeMessage, UID: list.At(n - 1).UID(), Body: body})
		}
		Expect(b.Commit(ctx)).To(Succeed())
		return dir
	}

	var served map[int][]byte
	BeforeEach(func() {
		served = map[int][]byte{}
		for n := 1; n <= 3; n++ {
			served[n] = maildrop.SyntheticMessage(box.Seed, n, int64(box.Size))
		}
	})

	It("accepts what was served", func(ctx SpecContext) {
		Expect(verify(ctx, keep(ctx, served, 3, 2, 1))).To(Succeed())
	})

	It("finds one octet that differs", func(ctx SpecContext) {
		served[2] = bytes.Clone(served[2])
		served[2][577] ^= 1
		Expect(verify(ctx, keep(ctx, served, 3, 2, 1))).To(MatchError("message 2 (entry 8): octet 577 differs from what was served"))
	})

	It("finds a message that was cut", func(ctx SpecContext) {
		served[3] = served[3][:599]
		Expect(verify(ctx, keep(ctx, served, 3, 2, 1))).To(MatchError("message 1 (entry 7): octet 599 differs from what was served"))
	})

	It("finds a missing message", func(ctx SpecContext) {
		Expect(verify(ctx, keep(ctx, served, 3, 2))).To(MatchError("3 messages were served and 2 are stored"))
	})

	It("finds a message too many", func(ctx SpecContext) {
		Expect(verify(ctx, keep(ctx, served, 3, 2, 1, 1))).To(MatchError("entry 10: not from this mailbox"))
	})

	It("finds messages in another order", func(ctx SpecContext) {
		Expect(verify(ctx, keep(ctx, served, 3, 1, 2))).To(MatchError(`message 2 (entry 8): has the UID "7-1" instead of "7-2"; and 1 more`))
	})
})
