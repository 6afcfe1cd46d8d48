package store_test

import (
	"context"
	"sync/atomic"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/mtm/store"
)

var _ = Describe("Outgoing", func() {
	ctx := context.Background()
	var s *store.Store
	var clock atomic.Int64

	BeforeEach(func() {
		clock.Store(1_000_000)
		s = open(newDir(), &store.Options{Now: func() time.Time { return time.UnixMilli(clock.Load()) }})
	})

	envelope := store.Outgoing{From: "ada@example.org", Recipients: []store.Recipient{
		{Address: "bob@example.org"}, {Address: "eve@example.org", State: store.RecipientRefused, Reply: "550 gone"},
	}, Attempts: 3, Code: -46, Reason: "eve@example.org: 550 gone"}

	waiting := func(o *store.Outgoing) *store.Entry {
		GinkgoHelper()
		b := s.NewBatch()
		e := message(b, store.Outbox, store.BodyWhole, []byte("Subject: x\r\n\r\n"))
		e.Sending = store.SendWaiting
		if o != nil {
			b.SetOutgoing(e, *o)
		}
		Expect(b.Commit(ctx)).To(Succeed())
		return e
	}
	state := func(id store.ID) store.SendingState {
		GinkgoHelper()
		e, err := s.Entry(ctx, id)
		Expect(err).NotTo(HaveOccurred())
		return e.Sending
	}

	It("keeps the envelope of an entry of the same batch, and replaces it", func() {
		e := waiting(&envelope)
		Expect(s.Outgoing(ctx, e.ID)).To(Equal(envelope))
		b := s.NewBatch()
		b.SetOutgoing(e, store.Outgoing{Recipients: []store.Recipient{{Address: "zoe@example.org"}}})
		Expect(b.Commit(ctx)).To(Succeed())
		Expect(s.Outgoing(ctx, e.ID)).To(Equal(store.Outgoing{Recipients: []store.Recipient{{Address: "zoe@example.org"}}}))
	})

	It("is deleted with its entry", func() {
		e := waiting(&envelope)
		b := s.NewBatch()
		b.Delete(e.ID)
		Expect(b.Commit(ctx)).To(Succeed())
		Expect(s.Outgoing(ctx, e.ID)).Error().To(MatchError(store.ErrNotFound))
		sum, err := s.Check(ctx, func(p store.Problem) { Fail(p.String()) })
		Expect(err).NotTo(HaveOccurred())
		Expect(sum.Problems).To(BeZero())
	})

	It("cannot be set for a deleted entry, or with more recipients than the limit", func() {
		b := s.NewBatch()
		b.SetOutgoing(&store.Entry{ID: 99}, envelope)
		Expect(b.Commit(ctx)).To(MatchError(store.ErrNotFound))
		e := waiting(nil)
		b = s.NewBatch()
		b.SetOutgoing(e, store.Outgoing{Recipients: make([]store.Recipient, store.MaxRecipients+1)})
		Expect(b.Commit(ctx)).To(MatchError(ContainSubstring("at most 10000 are allowed")))
		Expect(s.Outgoing(ctx, e.ID)).Error().To(MatchError(store.ErrNotFound))
	})

	It("is leased to one owner at a time, until the lease expires", func() {
		e := waiting(&envelope)
		o, err := s.Lease(ctx, e.ID, "one", time.Minute, store.SendWaiting)
		Expect(err).NotTo(HaveOccurred())
		Expect(o.Attempts).To(Equal(4))
		Expect(o.Lease).To(Equal(store.Lease{Owner: "one", Until: time.UnixMilli(1_060_000).UTC()}))
		Expect(state(e.ID)).To(Equal(store.SendSending))
		Expect(s.Lease(ctx, e.ID, "two", time.Minute, store.SendWaiting)).Error().To(MatchError(store.ErrLeased))

		clock.Store(1_059_999)
		Expect(s.Renew(ctx, e.ID, "one", time.Minute)).To(Succeed())
		clock.Store(1_119_998)
		Expect(s.Lease(ctx, e.ID, "two", time.Minute, store.SendWaiting)).Error().To(MatchError(store.ErrLeased))
		clock.Store(1_119_999)
		Expect(s.Lease(ctx, e.ID, "two", time.Minute, store.SendWaiting)).Error().NotTo(HaveOccurred())
		Expect(s.Renew(ctx, e.ID, "one", time.Minute)).To(MatchError(store.ErrLeased))
	})

	It("is not leased for longer than MaxLease, and a lease that ends later is ignored", func() {
		e := waiting(&envelope)
		o, err := s.Lease(ctx, e.ID, "one", 24*time.Hour, store.SendWaiting)
		Expect(err).NotTo(HaveOccurred())
		Expect(o.Lease.Until).To(Equal(time.UnixMilli(clock.Load()).Add(store.MaxLease).UTC()))
		Expect(s.Lease(ctx, e.ID, "two", time.Minute, store.SendWaiting)).Error().To(MatchError(store.ErrLeased))
		clock.Add(-1) // one millisecond back: now the lease ends later than MaxLease allows
		Expect(s.Lease(ctx, e.ID, "two", time.Minute, store.SendWaiting)).Error().NotTo(HaveOccurred())
		Expect(s.Renew(ctx, e.ID, "one", time.Minute)).To(MatchError(store.ErrLeased))
	})

	It("is not changed by an owner that has lost the lease", func() {
		e := waiting(&envelope)
		Expect(s.Lease(ctx, e.ID, "one", time.Second, store.SendWaiting)).Error().NotTo(HaveOccurred())
		clock.Add(1000)
		Expect(s.Lease(ctx, e.ID, "two", time.Minute, store.SendWaiting)).Error().NotTo(HaveOccurred())
		b := s.NewBatch()
		b.SetSending(e.ID, store.SendSent, store.SendSending)
		b.Release(e.ID, "one")
		Expect(b.Commit(ctx)).To(MatchError(store.ErrLeased))
		Expect(state(e.ID)).To(Equal(store.SendSending))

		b = s.NewBatch()
		b.SetSending(e.ID, store.SendSent, store.SendSending)
		b.Release(e.ID, "two")
		Expect(b.Commit(ctx)).To(Succeed())
		Expect(state(e.ID)).To(Equal(store.SendSent))
		Expect(s.Outgoing(ctx, e.ID)).To(HaveField("Lease", store.Lease{}))
	})

	It("is not leased in another sending state than requested", func() {
		e := waiting(&envelope)
		b := s.NewBatch()
		b.SetSending(e.ID, store.SendSuspended, store.SendWaiting)
		Expect(b.Commit(ctx)).To(Succeed())
		Expect(s.Lease(ctx, e.ID, "one", time.Minute, store.SendWaiting)).Error().To(MatchError(store.ErrSending))
		Expect(s.Outgoing(ctx, e.ID)).To(Equal(envelope), "no attempt is counted, no lease is left")
	})

	It("cannot be renewed after somebody has suspended or deleted it", func() {
		e := waiting(nil)
		Expect(s.Lease(ctx, e.ID, "one", time.Minute, store.SendWaiting)).Error().NotTo(HaveOccurred())
		b := s.NewBatch()
		b.SetSending(e.ID, store.SendSuspended, store.SendWaiting, store.SendSending)
		Expect(b.Commit(ctx)).To(Succeed())
		Expect(s.Renew(ctx, e.ID, "one", time.Minute)).To(MatchError(store.ErrSending))
		b = s.NewBatch()
		b.Delete(e.ID)
		Expect(b.Commit(ctx)).To(Succeed())
		Expect(s.Renew(ctx, e.ID, "one", time.Minute)).To(MatchError(store.ErrNotFound))
	})

	It("changes its sending state only from a requested one", func() {
		e := waiting(nil)
		b := s.NewBatch()
		b.SetSending(e.ID, store.SendWaiting, store.SendSuspended, store.SendFailed)
		Expect(b.Commit(ctx)).To(And(MatchError(store.ErrSending), MatchError(ContainSubstring("it is waiting"))))
	})

	It("has SMTP services after the migration of accounts from version 1", func() {
		dir := newDir()
		old, err := store.Open(dir, nil)
		Expect(err).NotTo(HaveOccurred())
		account := service(old, "work")
		b := old.NewBatch()
		b.SetSettings(account, map[string]string{"smtp-host": "mail.example.org"})
		b.SetSettings(service(old, "reads only"), map[string]string{"smtp-host": ""})
		Expect(b.Commit(ctx)).To(Succeed())
		Expect(old.Close()).To(Succeed())
		asVersion(1, dir)

		migrated := open(dir, nil)
		e, err := migrated.Entry(ctx, account)
		Expect(err).NotTo(HaveOccurred())
		smtp, err := migrated.Entry(ctx, e.Related)
		Expect(err).NotTo(HaveOccurred())
		Expect(smtp).To(And(HaveField("Name", "work (SMTP)"), HaveField("Service", account), HaveField("Parent", store.Root)))
		Expect(smtp.IsSMTP()).To(BeTrue())
		Expect(migrated.Children(ctx, store.Root)).To(HaveLen(4), "the local service, two accounts, one SMTP service")
		added := stored(migrated, store.Inbox, nil)
		Expect(added.ID).To(Equal(smtp.ID + 1))
		sum, err := migrated.Check(ctx, func(p store.Problem) { Fail(p.String()) })
		Expect(err).NotTo(HaveOccurred())
		Expect(sum.Problems).To(BeZero())
	})
})
