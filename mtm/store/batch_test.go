package store_test

import (
	"bytes"
	"context"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/mtm/store"
)

var _ = Describe("A batch", func() {
	ctx := context.Background()
	var s *store.Store
	var dir string

	BeforeEach(func() {
		dir = newDir()
		s = open(dir, nil)
	})

	It("keeps every field of an entry and every byte of its body", func() {
		service := service(s, "work")
		b := s.NewBatch()
		e := message(b, service, store.BodyWhole, []byte("Subject: a\r\n\r\n.\x00\xff\n"))
		e.Service, e.Related = service, store.Inbox
		e.Details, e.Description = "Anne <anne@example.org>", "Ünï"
		e.Date = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
		e.Size, e.Flags = 20, store.New|store.Unread|store.Complete
		e.Email, e.Sending = store.Receipt, store.SendNotApplicable
		e.UID, e.MessageID, e.RemoteCount = "u\xff1", "1@example.org", 3
		Expect(b.Commit(ctx)).To(Succeed())

		got, err := s.Entry(ctx, e.ID)
		Expect(err).NotTo(HaveOccurred())
		Expect(got).To(Equal(*e))
		Expect(content(s, e.ID)).To(Equal([]byte("Subject: a\r\n\r\n.\x00\xff\n")))
	})

	It("shows nothing before Commit and nothing after Rollback", func() {
		b := s.NewBatch()
		message(b, store.Inbox, store.BodyWhole, []byte("x"))
		Expect(s.Children(ctx, store.Inbox)).To(BeEmpty())
		b.Rollback()
		Expect(s.Children(ctx, store.Inbox)).To(BeEmpty())
		Expect(b.Commit(ctx)).To(MatchError(store.ErrClosed))
	})

	It("returns an error for a parent that does not exist, and then shows nothing of the batch", func() {
		b := s.NewBatch()
		message(b, store.Inbox, store.BodyWhole, []byte("x"))
		message(b, 77, store.BodyWhole, []byte("y"))
		Expect(b.Commit(ctx)).To(MatchError(store.ErrNotFound))
		Expect(s.Children(ctx, store.Inbox)).To(BeEmpty())
	})

	It("adds hundreds of entries at once in the order of Add", func() {
		b := s.NewBatch()
		var added []*store.Entry
		for i := range 333 {
			added = append(added, message(b, store.Inbox, store.BodyWhole, bytes.Repeat([]byte{byte(i)}, i)))
		}
		Expect(b.Commit(ctx)).To(Succeed())
		list, err := s.Children(ctx, store.Inbox)
		Expect(err).NotTo(HaveOccurred())
		Expect(list).To(HaveLen(333))
		for i := range list {
			Expect(list[i]).To(Equal(*added[i]))
			Expect(content(s, list[i].ID)).To(Equal(bytes.Repeat([]byte{byte(i)}, i)))
		}
	})

	It("keeps a body longer than its buffer, and shares it with a second entry", func() {
		big := bytes.Repeat([]byte("0123456789abcdef"), 3<<20/16)
		e := stored(s, store.Inbox, big)
		b := s.NewBatch()
		twin := &store.Entry{Parent: store.Sent, Type: store.TypeMessage, Body: e.Body}
		b.Add(twin)
		Expect(b.Commit(ctx)).To(Succeed())
		Expect(bytes.Equal(content(s, e.ID), big)).To(BeTrue())
		Expect(bytes.Equal(content(s, twin.ID), big)).To(BeTrue())
	})

	It("deletes an entry with all entries below it, skips deleted ones, and keeps built-in ones", func() {
		service := service(s, "work")
		b := s.NewBatch()
		b.SetSettings(service, map[string]string{"user": "demo"})
		message(b, service, store.BodyHeader, []byte("h"))
		Expect(b.Commit(ctx)).To(Succeed())
		b = s.NewBatch()
		b.Delete(service, 4711)
		Expect(b.Commit(ctx)).To(Succeed())
		Expect(s.Children(ctx, service)).To(BeEmpty())
		Expect(s.Settings(ctx, service)).To(BeEmpty())
		_, err := s.Entry(ctx, service)
		Expect(err).To(MatchError(store.ErrNotFound))
		b = s.NewBatch()
		b.Delete(store.Inbox)
		Expect(b.Commit(ctx)).To(MatchError(store.ErrFixedEntry))
	})

	It("never uses an id twice", func() {
		first := stored(s, store.Inbox, []byte("x"))
		b := s.NewBatch()
		b.Delete(first.ID)
		Expect(b.Commit(ctx)).To(Succeed())
		Expect(stored(s, store.Inbox, []byte("y")).ID).To(BeNumerically(">", first.ID))
	})
})
