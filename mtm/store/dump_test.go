package store_test

import (
	"context"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/mtm/store"
)

var _ = Describe("Dump", func() {
	It("prints the tree, one entry per line, without times and places", func() {
		ctx := context.Background()
		s := open(newDir(), nil)
		b := s.NewBatch()
		smtp := &store.Entry{Parent: store.Root, Type: store.TypeService, Name: "work (out)"}
		b.Add(smtp)
		Expect(b.Commit(ctx)).To(Succeed())
		b = s.NewBatch()
		pop := &store.Entry{Parent: store.Root, Type: store.TypeService, Name: "work", Related: smtp.ID,
			RemoteCount: 2, Flags: store.Connected}
		b.Add(pop)
		Expect(b.Commit(ctx)).To(Succeed())
		b = s.NewBatch()
		copied := message(b, store.Inbox, store.BodyWhole, []byte("Subject: x\r\n\r\nwhole\r\n"))
		head := message(b, pop.ID, store.BodyHeader, []byte("Subject: x\r\n\r\n"))
		for _, e := range []*store.Entry{copied, head} {
			e.Service, e.UID, e.Size = pop.ID, "a\t1", 21
			e.Details, e.Description = "Anne <anne@example.org>", "a \"quoted\"\nSubject é"
			e.Date = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
			e.Flags, e.Sending, e.MessageID = store.New|store.Unread, store.SendNotApplicable, "1@example.org"
		}
		copied.Sending = store.SendWaiting
		b.SetOutgoing(copied, store.Outgoing{From: "anne@example.org", Recipients: []store.Recipient{
			{Address: "bob@example.org"},
			{Address: "eve@example.org", State: store.RecipientRefused, Reply: "550 no such user"},
		}, Attempts: 2, Code: -46, Reason: "eve@example.org was refused"})
		head.Flags |= store.Pending
		head.Email = store.Receipt
		Expect(b.Commit(ctx)).To(Succeed())
		b = s.NewBatch()
		ghost := *head
		ghost.Parent, ghost.Related = store.Drafts, head.ID
		b.Queue(store.Queued{Entry: head.ID, Kind: store.QueueCopy, Into: store.Drafts}, &ghost)
		b.Queue(store.Queued{Entry: head.ID, Kind: store.QueueDelete}, nil)
		Expect(b.Commit(ctx)).To(Succeed())
		golden("tree.dump", dump(s))
	})
})
