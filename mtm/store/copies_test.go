package store_test

import (
	"context"
	"fmt"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/mtm/store"
)

// addMany commits messages below parent, each with all the fields of an entry in a mailbox.
func addMany(s *store.Store, parent store.ID, n int) []*store.Entry {
	GinkgoHelper()
	b := s.NewBatch()
	var list []*store.Entry
	for i := range n {
		e := message(b, parent, store.BodyHeader, fmt.Appendf(nil, "header %d", i))
		e.Service, e.Size, e.UID, e.MessageID = store.Local, int64(i), fmt.Sprint("uid ", i), fmt.Sprint("id ", i)
		e.Details, e.Description, e.Date = fmt.Sprint("from ", i), fmt.Sprint("subject ", i), time.Unix(int64(i), 0).UTC()
		e.Flags, e.Email, e.Sending = store.Invisible|store.PriorityHigh, store.Receipt|store.PartialDownload, store.SendNotApplicable
		list = append(list, e)
	}
	Expect(b.Commit(context.Background())).To(Succeed())
	return list
}

var _ = Describe("Copying entries", func() {
	ctx := context.Background()
	var s *store.Store

	BeforeEach(func() { s = open(newDir(), nil) })

	DescribeTable("keeps every field that Copies does not set, with new bodies, in the order of the list", func(show func(b *store.Batch, sources []*store.Entry)) {
		sources := addMany(s, store.Local, 200) // some statements full, some short
		b := s.NewBatch()
		for _, e := range sources {
			b.SetFlags([]store.ID{e.ID}, store.New, 0)
		}
		show(b, sources)
		Expect(b.Commit(ctx)).To(Succeed())
		for i, e := range sources {
			seen, err := s.Entry(ctx, e.ID)
			Expect(err).NotTo(HaveOccurred())
			sources[i] = &seen
		}
		b = s.NewBatch()
		c := &store.Copies{Into: store.Inbox, Linked: true, Set: store.Complete, Clear: store.Invisible,
			EmailSet: store.BodyTextComplete, EmailClear: store.PartialDownload}
		for i, e := range sources {
			w := b.Body(store.BodyWhole)
			_, err := fmt.Fprintf(w, "whole %d", i)
			Expect(err).NotTo(HaveOccurred())
			body, err := w.Close()
			Expect(err).NotTo(HaveOccurred())
			c.Of = append(c.Of, store.Copied{Source: e.ID, Body: body})
			if i%3 == 0 {
				c.Of[i].Flags, c.Of[i].Email = store.Attachment, store.MHTML
			}
		}
		b.Copy(c)
		Expect(b.Commit(ctx)).To(Succeed())
		got, err := s.Children(ctx, store.Inbox)
		Expect(err).NotTo(HaveOccurred())
		Expect(got).To(HaveLen(len(sources)))
		for i, e := range got {
			want := *sources[i]
			want.ID, want.Parent, want.Related, want.Body = c.Of[i].ID, store.Inbox, sources[i].ID, c.Of[i].Body
			want.Flags, want.Email = want.Flags&^store.Invisible|store.Complete|c.Of[i].Flags, store.Receipt|store.BodyTextComplete|c.Of[i].Email
			Expect(e).To(Equal(want))
			Expect(string(content(s, e.ID))).To(Equal(fmt.Sprint("whole ", i)))
		}
		Expect(s.Children(ctx, store.Local)).To(ContainElement(*sources[0]), "a source changed")
		_, found := problems(s)
		Expect(found).To(BeEmpty())
	},
		Entry("when readers see the flags that are stored", func(*store.Batch, []*store.Entry) {}),
		Entry("when some are no longer New", func(b *store.Batch, sources []*store.Entry) { b.Age(store.Local, sources[100].ID, store.New) }),
		Entry("when all are hidden", func(b *store.Batch, _ []*store.Entry) { b.Hide(store.Local) }),
		Entry("when none is New, and all are hidden", func(b *store.Batch, _ []*store.Entry) {
			b.Age(store.Local, 1<<60, store.New)
			b.Hide(store.Local)
		}))

	It("copies what readers see at that time, when it changes within a batch", func() {
		b := s.NewBatch()
		b.Prepare(store.Local)
		source := &store.Entry{Parent: store.Local, Service: store.Local, Type: store.TypeMessage, Flags: store.New}
		b.Add(source)
		Expect(b.Commit(ctx)).To(Succeed())
		copies := make([]*store.Copies, 3)
		for i := range copies {
			copies[i] = &store.Copies{Into: store.Inbox, Of: []store.Copied{{Source: source.ID}}}
		}
		b = s.NewBatch()
		b.Copy(copies[0])
		b.Show(store.Local)
		b.Copy(copies[1])
		b.Age(store.Local, 1<<60, store.New)
		b.Copy(copies[2])
		Expect(b.Commit(ctx)).To(Succeed())
		for i, want := range []store.Flags{store.New | store.Invisible | store.InPreparation, store.New, 0} {
			Expect(s.Entry(ctx, copies[i].Of[0].ID)).To(HaveField("Flags", want), "copy %d", i)
		}
		_, found := problems(s)
		Expect(found).To(BeEmpty())
	})

	It("sets Related only when Linked is set, and can copy entries of the same batch", func() {
		b := s.NewBatch()
		first := message(b, store.Inbox, store.BodyWhole, []byte("x"))
		Expect(b.Commit(ctx)).To(Succeed())
		b = s.NewBatch()
		b.Add(&store.Entry{Parent: store.Inbox, Type: store.TypeMessage, Description: "new"})
		c := &store.Copies{Into: store.Sent, Of: []store.Copied{{Source: first.ID + 1}, {Source: first.ID, Body: first.Body}}}
		b.Copy(c)
		Expect(b.Commit(ctx)).To(Succeed())
		got, err := s.Children(ctx, store.Sent)
		Expect(err).NotTo(HaveOccurred())
		Expect(got).To(HaveExactElements(
			And(HaveField("ID", c.Of[0].ID), HaveField("Description", "new"), HaveField("Related", store.ID(0))),
			And(HaveField("ID", c.Of[1].ID), HaveField("Body", first.Body))))
	})

	It("links new entries to earlier entries of the batch, and to existing ones", func() {
		there := addMany(s, store.Drafts, 1)[0]
		b := s.NewBatch()
		var sources, links []*store.Entry
		for range 100 {
			sources = append(sources, &store.Entry{Parent: store.Local, Type: store.TypeMessage})
			b.Add(sources[len(sources)-1])
		}
		for _, source := range append(sources, there) {
			links = append(links, &store.Entry{Parent: store.Inbox, Type: store.TypeMessage})
			b.AddLinked(links[len(links)-1], source)
		}
		Expect(b.Commit(ctx)).To(Succeed())
		for i, source := range append(sources, there) {
			e, err := s.Entry(ctx, links[i].ID)
			Expect(err).NotTo(HaveOccurred())
			Expect(e).To(Equal(*links[i]))
			Expect(e.Related).To(Equal(source.ID))
		}
	})

	DescribeTable("changes nothing when", func(spoil func(*store.Copies), want error) {
		sources := addMany(s, store.Drafts, 70)
		c := &store.Copies{Into: store.Inbox}
		for _, e := range sources {
			c.Of = append(c.Of, store.Copied{Source: e.ID, Body: e.Body})
		}
		spoil(c)
		b := s.NewBatch()
		b.Copy(c)
		Expect(b.Commit(ctx)).To(MatchError(want))
		Expect(s.Children(ctx, store.Inbox)).To(BeEmpty())
		Expect(c.Of[0].ID).To(BeZero())
	},
		Entry("one of many sources was deleted", func(c *store.Copies) { c.Of[5].Source = 4711 }, store.ErrNotFound),
		Entry("the last source was deleted", func(c *store.Copies) { c.Of[69].Source = 4711 }, store.ErrNotFound),
		Entry("the folder was deleted", func(c *store.Copies) { c.Into = 4711 }, store.ErrNotFound),
		Entry("a body is stale", func(c *store.Copies) { c.Of[69].Body.Offset += 1 << 20 }, store.ErrStaleBody),
	)
})
