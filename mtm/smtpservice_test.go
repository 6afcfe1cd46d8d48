package mtm_test

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/mtm"
	"pop3mtm/mtm/account"
	"pop3mtm/mtm/store"
)

// sends gives the account a server for outgoing mail.
func sends(p *account.POP3) { p.SMTP.Host, p.SMTP.From = "mail.example.org", "ada@example.org" }

var _ = Describe("The SMTP service of an account", func() {
	ctx := context.Background()

	services := func(st *store.Store) (list []store.Entry) {
		GinkgoHelper()
		children, err := st.Children(ctx, store.Root)
		Expect(err).NotTo(HaveOccurred())
		for _, e := range children {
			if e.IsSMTP() {
				list = append(list, e)
			}
		}
		return list
	}

	It("is there with an account that sends, is no account itself, and leads back to it", func() {
		b := newBench(nil, nil, nil, sends)
		Expect(services(b.store)).To(ConsistOf(And(HaveField("Name", "work (SMTP)"), HaveField("Service", b.id))))
		accounts, err := mtm.Accounts(ctx, b.store)
		Expect(err).NotTo(HaveOccurred())
		Expect(accounts).To(ConsistOf(And(HaveField("ID", b.id), HaveField("SMTP", services(b.store)[0].ID))))
		Expect(mtm.Open(b.store, accounts[0].SMTP, nil)).Error().To(MatchError(mtm.ErrCannotOpenService))
	})

	It("comes and goes with the settings", func() {
		b := newBench(nil, nil, nil)
		a, err := mtm.FindAccount(ctx, b.store, "work")
		Expect(err).NotTo(HaveOccurred())
		Expect(a.SMTP).To(BeZero())
		sends(&a.POP3)
		Expect(mtm.SetAccount(ctx, b.store, b.id, a.POP3)).To(Succeed())
		Expect(services(b.store)).To(HaveLen(1))
		Expect(mtm.SetAccount(ctx, b.store, b.id, a.POP3)).To(Succeed())
		Expect(services(b.store)).To(HaveLen(1))
		a.POP3.SMTP = account.SMTPDefaults()
		Expect(mtm.SetAccount(ctx, b.store, b.id, a.POP3)).To(Succeed())
		Expect(services(b.store)).To(BeEmpty())
		Expect(mtm.FindAccount(ctx, b.store, "work")).To(HaveField("SMTP", store.ID(0)))
	})

	It("stays while mail waits for it", func() {
		b := newBench(nil, nil, nil, sends)
		a, err := mtm.FindAccount(ctx, b.store, "work")
		Expect(err).NotTo(HaveOccurred())
		batch := b.store.NewBatch()
		e := &store.Entry{Parent: store.Outbox, Type: store.TypeMessage, Service: a.SMTP, Sending: store.SendWaiting}
		batch.Add(e)
		Expect(batch.Commit(ctx)).To(Succeed())
		without := a.POP3
		without.SMTP = account.SMTPDefaults()
		Expect(mtm.SetAccount(ctx, b.store, b.id, without)).To(MatchError(mtm.ErrInUse))
		Expect(mtm.RemoveAccount(ctx, b.store, b.id)).To(MatchError(ContainSubstring("the Outbox has 1 message to be sent")))
		Expect(mtm.FindAccount(ctx, b.store, "work")).To(Equal(a))

		batch = b.store.NewBatch()
		batch.Delete(e.ID)
		Expect(batch.Commit(ctx)).To(Succeed())
		Expect(mtm.RemoveAccount(ctx, b.store, b.id)).To(Succeed())
		Expect(services(b.store)).To(BeEmpty())
	})
})
