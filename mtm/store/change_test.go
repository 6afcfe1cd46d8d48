package store_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/mtm/store"
)

var _ = Describe("Changing entries", func() {
	ctx := context.Background()
	var s *store.Store

	BeforeEach(func() { s = open(newDir(), nil) })

	commit := func(f func(b *store.Batch)) error {
		b := s.NewBatch()
		f(b)
		return b.Commit(ctx)
	}
	add := func(parent store.ID, e store.Entry) *store.Entry {
		GinkgoHelper()
		e.Parent, e.Type = parent, store.TypeMessage
		Expect(commit(func(b *store.Batch) { b.Add(&e) })).To(Succeed())
		return &e
	}

	It("Update replaces every field", func() {
		e := add(store.Inbox, store.Entry{Description: "before", Flags: store.New})
		e.Parent, e.Description, e.Flags = store.Sent, "after", store.Unread|store.Pending
		e.Date = time.Unix(77, 0).UTC()
		Expect(commit(func(b *store.Batch) { b.Update(e) })).To(Succeed())
		Expect(s.Entry(ctx, e.ID)).To(Equal(*e))
	})

	It("keeps every field, whichever fields of the other entries in its statement have usual values", func() {
		list := make([]*store.Entry, 300)
		for i := range list {
			e := entry(store.Inbox, i)
			if i > 100 {
				e.Email = store.EmailFlags(i % 2)
			}
			if i%70 == 69 {
				e.Sending, e.Related = store.SendWaiting, store.Drafts
			}
			if i%90 == 89 {
				e.Type, e.Name, e.RemoteCount = store.TypeFolder, fmt.Sprint("folder ", i), i
			}
			list[i] = e
		}
		Expect(commit(func(b *store.Batch) {
			for _, e := range list {
				b.Add(e)
			}
		})).To(Succeed())
		for _, e := range list {
			is, err := s.Entry(ctx, e.ID)
			Expect(err).NotTo(HaveOccurred())
			e.Date = e.Date.UTC()
			Expect(is).To(Equal(*e))
		}
		noProblems(s)
	})

	It("has the columns of the schema, in its order, with its defaults", func() {
		db := sqlite(s.Dir())
		rows, err := db.Query("SELECT name, ifnull(dflt_value, '') FROM pragma_table_info('entries') ORDER BY cid")
		Expect(err).NotTo(HaveOccurred())
		defer func() { Expect(rows.Close()).To(Succeed()) }()
		var names, defaults []string
		for rows.Next() {
			var name, value string
			Expect(rows.Scan(&name, &value)).To(Succeed())
			names, defaults = append(names, name), append(defaults, value)
		}
		Expect(rows.Err()).NotTo(HaveOccurred())
		wantNames, wantDefaults := store.Columns()
		Expect(names).To(Equal(wantNames))
		Expect(defaults).To(Equal(wantDefaults))
	})

	It("has the columns and the version that docs/store.md gives", func() {
		page, err := os.ReadFile("../../docs/store.md")
		Expect(err).NotTo(HaveOccurred())
		Expect(string(page)).To(ContainSubstring("schema, now %d.", store.Version()))
		_, table, _ := strings.Cut(string(page), "**entries**")
		table, _, _ = strings.Cut(table, "\n**")
		var given []string
		for line := range strings.Lines(table) {
			if cells := strings.Split(line, "|"); len(cells) > 2 {
				given = append(given, strings.Split(strings.TrimSpace(cells[1]), ", ")...)
			}
		}
		names, _ := store.Columns()
		Expect(given).To(ContainElements(names))
	})

	It("Update returns an error for a deleted entry, a built-in entry, and a folder below itself", func() {
		Expect(commit(func(b *store.Batch) {
			b.Update(&store.Entry{ID: 4711, Parent: store.Inbox, Type: store.TypeMessage})
		})).To(MatchError(store.ErrNotFound))
		inbox, err := s.Entry(ctx, store.Inbox)
		Expect(err).NotTo(HaveOccurred())
		inbox.Parent = store.Root
		Expect(commit(func(b *store.Batch) { b.Update(&inbox) })).To(MatchError(store.ErrFixedEntry))
		folder := &store.Entry{Parent: store.Inbox, Type: store.TypeFolder, Name: "a"}
		Expect(commit(func(b *store.Batch) { b.Add(folder) })).To(Succeed())
		below := &store.Entry{Parent: folder.ID, Type: store.TypeFolder, Name: "b"}
		Expect(commit(func(b *store.Batch) { b.Add(below) })).To(Succeed())
		folder.Parent = below.ID
		Expect(commit(func(b *store.Batch) { b.Update(folder) })).To(MatchError(ContainSubstring("below itself")))
	})

	It("SetFlags changes long lists, and skips deleted entries", func() {
		var list []*store.Entry
		Expect(commit(func(b *store.Batch) {
			for range 600 {
				e := &store.Entry{Parent: store.Inbox, Type: store.TypeMessage, Flags: store.New}
				b.Add(e)
				list = append(list, e)
			}
		})).To(Succeed())
		ids := []store.ID{4711}
		for _, e := range list[:599] {
			ids = append(ids, e.ID)
		}
		Expect(commit(func(b *store.Batch) {
			b.SetFlags(ids, store.Unread|store.Failed, store.New|store.Failed)
			b.SetFlags(ids, store.Pending, 0)
			b.SetFlags(ids[:2], 0, store.Pending)
		})).To(Succeed())
		got, err := s.Entries(ctx, []store.ID{list[598].ID, list[599].ID, list[0].ID})
		Expect(err).NotTo(HaveOccurred())
		Expect(got[0].Flags).To(Equal(store.Unread | store.Failed | store.Pending))
		Expect(got[1]).To(Equal(*list[599]))
		Expect(got[2].Flags.Has(store.Pending)).To(BeFalse())
		_, err = s.Entries(ctx, []store.ID{list[0].ID, 4711})
		Expect(err).To(MatchError(store.ErrNotFound))
	})

	It("SetFlags changes runs of ids, but not the ids between and around them", func() {
		var ids, chosen []store.ID
		for _, e := range addMany(s, store.Inbox, 100) {
			ids = append(ids, e.ID)
		}
		chosen = append(chosen, ids[80:100]...)
		chosen = append(chosen, ids[3], ids[60], 4711)
		chosen = append(chosen, ids[10:50]...)
		Expect(commit(func(b *store.Batch) { b.SetFlags(chosen, store.Pending, 0) })).To(Succeed())
		got, err := s.Entries(ctx, ids)
		Expect(err).NotTo(HaveOccurred())
		for i, e := range got {
			changed := i == 3 || i == 60 || i >= 10 && i < 50 || i >= 80
			Expect(e.Flags.Has(store.Pending)).To(Equal(changed), "entry %d", i)
		}
	})

	It("SetUID sets UIDs, and skips deleted entries", func() {
		one, two := add(store.Inbox, store.Entry{UID: "a", Description: "one"}), add(store.Inbox, store.Entry{UID: "a"})
		one.UID = "b"
		Expect(commit(func(b *store.Batch) { b.SetUID([]store.ID{one.ID, 4711}, "b") })).To(Succeed())
		Expect(s.Entries(ctx, []store.ID{one.ID, two.ID})).To(HaveExactElements(*one, *two))
		Expect(commit(func(b *store.Batch) { b.SetUID([]store.ID{one.ID}, strings.Repeat("x", 1<<20)) })).To(MatchError(ContainSubstring("longer than")))
		Expect(s.Entry(ctx, one.ID)).To(Equal(*one))
	})

	It("Hide makes the children of a service invisible and read, including later ones, until Show", func() {
		service := &store.Entry{Parent: store.Root, Type: store.TypeService, Name: "work"}
		Expect(commit(func(b *store.Batch) { b.Add(service) })).To(Succeed())
		first := add(service.ID, store.Entry{Flags: store.New | store.Unread})
		other := add(store.Inbox, store.Entry{Flags: store.Unread})
		Expect(s.Hidden(ctx, service.ID)).To(BeFalse())
		Expect(commit(func(b *store.Batch) { b.Hide(service.ID); b.Hide(service.ID) })).To(Succeed())
		Expect(s.Hidden(ctx, service.ID)).To(BeTrue())
		later := add(service.ID, store.Entry{UID: "a", Service: service.ID, Flags: store.Unread | store.Complete})
		shown := func() (flags []store.Flags) {
			list, err := s.Children(ctx, service.ID)
			Expect(err).NotTo(HaveOccurred())
			for i, one := range list {
				flags = append(flags, one.Flags)
				Expect(s.Entry(ctx, one.ID)).To(Equal(list[i]))
				Expect(s.Entries(ctx, []store.ID{one.ID})).To(HaveExactElements(list[i]))
			}
			return flags
		}
		Expect(shown()).To(HaveExactElements(store.New|store.Invisible, store.Complete|store.Invisible))
		Expect(s.Count(ctx, service.ID)).To(Equal(store.Counts{Messages: 2, New: 1}))
		Expect(s.UIDs(ctx, service.ID, service.ID, 0)).To(HaveExactElements(HaveField("Flags", store.Unread|store.Complete)))
		Expect(s.Entry(ctx, other.ID)).To(HaveField("Flags", store.Unread))
		Expect(dump(s)).To(ContainSubstring("flags=invisible,complete"))

		Expect(commit(func(b *store.Batch) { b.Show(service.ID); b.Show(4711) })).To(Succeed())
		Expect(shown()).To(HaveExactElements(first.Flags, later.Flags))
		Expect(commit(func(b *store.Batch) { b.Hide(4711) })).To(MatchError(store.ErrNotFound))
		Expect(commit(func(b *store.Batch) { b.Hide(service.ID) })).To(Succeed())
		Expect(commit(func(b *store.Batch) { b.Delete(service.ID) })).To(Succeed())
		Expect(s.Hidden(ctx, service.ID)).To(BeFalse())
	})

	It("UIDs returns the messages of one service, including two with the same UID", func() {
		add(store.Inbox, store.Entry{Service: 2, UID: "a", Size: 5, Flags: store.New | store.Pending})
		add(store.Inbox, store.Entry{Service: 3, UID: "a"})
		add(store.Inbox, store.Entry{Service: 2})
		add(store.Inbox, store.Entry{Service: 2, UID: "a"})
		Expect(s.UIDs(ctx, store.Inbox, 2, 0)).To(Equal([]store.Ref{
			{ID: 7, UID: "a", Size: 5, Flags: store.New | store.Pending}, {ID: 10, UID: "a"}}))
		Expect(s.UIDs(ctx, store.Inbox, 2, store.Pending|store.Unread)).To(HaveExactElements(HaveField("ID", store.ID(7))))
	})

	It("Count counts only messages", func() {
		add(store.Inbox, store.Entry{Flags: store.New | store.Unread})
		add(store.Inbox, store.Entry{Flags: store.Unread | store.Invisible})
		add(store.Inbox, store.Entry{})
		Expect(commit(func(b *store.Batch) {
			b.Add(&store.Entry{Parent: store.Inbox, Type: store.TypeFolder, Flags: store.New})
		})).To(Succeed())
		Expect(s.Count(ctx, store.Inbox)).To(Equal(store.Counts{Messages: 3, Unread: 2, New: 1}))
		Expect(s.Count(ctx, 4711)).To(BeZero())
	})

	It("Each can stop early, and its function can use the store", func() {
		add(store.Inbox, store.Entry{})
		add(store.Inbox, store.Entry{})
		stop := fmt.Errorf("enough")
		calls := 0
		Expect(s.Each(ctx, store.Inbox, func(e *store.Entry) error {
			calls++
			add(store.Inbox, store.Entry{})
			return stop
		})).To(MatchError(stop))
		Expect(calls).To(Equal(1))
	})

	It("cuts long texts of messages between characters, and returns an error for a long UID", func() {
		e := add(store.Inbox, store.Entry{Description: strings.Repeat("é", 40_000) + "x"})
		got, err := s.Entry(ctx, e.ID)
		Expect(err).NotTo(HaveOccurred())
		Expect(got.Description).To(Equal(strings.Repeat("é", 32<<10)))
		Expect(commit(func(b *store.Batch) {
			b.Add(&store.Entry{Parent: store.Inbox, Type: store.TypeMessage, UID: strings.Repeat("u", 70_000)})
		})).To(MatchError(ContainSubstring("longer than")))
	})

	It("replaces the settings of a service, and returns an error when there is no such service", func() {
		work := service(s, "work")
		Expect(commit(func(b *store.Batch) {
			b.SetSettings(work, map[string]string{"host": "pop.example.org", "user": "ünï\x00"})
		})).To(Succeed())
		Expect(s.Settings(ctx, work)).To(Equal(map[string]string{"host": "pop.example.org", "user": "ünï\x00"}))
		Expect(commit(func(b *store.Batch) { b.SetSettings(work, map[string]string{"host": "x"}) })).To(Succeed())
		Expect(s.Settings(ctx, work)).To(Equal(map[string]string{"host": "x"}))
		Expect(s.Settings(ctx, store.Local)).To(BeEmpty())
		Expect(commit(func(b *store.Batch) { b.SetSettings(4711, nil) })).To(MatchError(store.ErrNotFound))
	})
})

// endless is a reader of infinitely many spaces.
type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

var _ = Describe("Bodies", func() {
	ctx := context.Background()
	var s *store.Store
	var dir string

	BeforeEach(func() {
		dir = newDir()
		s = open(dir, nil)
	})

	It("are written by several batches at once, with commits in any order", func() {
		one, two := s.NewBatch(), s.NewBatch()
		first, second := one.Body(store.BodyWhole), two.Body(store.BodyHeader)
		for range 3 {
			Expect(first.Write([]byte("1"))).To(Equal(1))
			Expect(second.Write([]byte("2"))).To(Equal(1))
		}
		b2, err := second.Close()
		Expect(err).NotTo(HaveOccurred())
		b1, err := first.Close()
		Expect(err).NotTo(HaveOccurred())
		Expect(b1.Segment).NotTo(Equal(b2.Segment))
		e1 := &store.Entry{Parent: store.Inbox, Type: store.TypeMessage, Body: b1}
		e2 := &store.Entry{Parent: store.Inbox, Type: store.TypeMessage, Body: b2}
		one.Add(e1)
		two.Add(e2)
		Expect(two.Commit(ctx)).To(Succeed())
		Expect(one.Commit(ctx)).To(Succeed())
		Expect(content(s, e1.ID)).To(Equal([]byte("111")))
		Expect(content(s, e2.ID)).To(Equal([]byte("222")))
		stored(s, store.Inbox, []byte("x"))
		Expect(segments(dir)).To(HaveLen(2))
	})

	It("are committed while the next batch writes bodies", func() {
		previous := make(chan error, 1)
		previous <- nil
		var list []*store.Entry
		for k := range 30 {
			b := s.NewBatch()
			for n := range 20 {
				list = append(list, message(b, store.Inbox, store.BodyWhole, numbered(20*k+n)))
			}
			Expect(<-previous).To(Succeed())
			go func() { previous <- b.Commit(ctx) }()
		}
		Expect(<-previous).To(Succeed())
		for n, e := range list {
			Expect(bytes.Equal(content(s, e.ID), numbered(n))).To(BeTrue())
		}
		_, found := problems(s)
		Expect(found).To(BeEmpty())
	})

	It("leave no octets when they are discarded or rolled back", func() {
		kept := stored(s, store.Inbox, []byte("kept"))
		b := s.NewBatch()
		message(b, store.Inbox, store.BodyWhole, bytes.Repeat([]byte("x"), 3<<20))
		w := b.Body(store.BodyWhole)
		_, err := w.Write(bytes.Repeat([]byte("y"), 3<<20))
		Expect(err).NotTo(HaveOccurred())
		Expect(w.Discard()).To(Succeed())
		message(b, store.Inbox, store.BodyWhole, []byte("z"))
		b.Rollback()
		next := stored(s, store.Inbox, []byte("next"))
		Expect(next.Body.Offset).To(Equal(kept.Body.Offset + 24 + 4 + (24 + 14)))
	})

	It("must be ended before the batch is committed", func() {
		b := s.NewBatch()
		w := b.Body(store.BodyWhole)
		_, err := b.Body(store.BodyWhole).Write([]byte("x"))
		Expect(err).To(MatchError(ContainSubstring("neither closed nor discarded")))
		Expect(b.Commit(ctx)).To(MatchError(ContainSubstring("neither closed nor discarded")))
		_, err = w.Write([]byte("x"))
		Expect(err).To(MatchError(store.ErrClosed))
	})

	It("can be read from any offset, and verified again from the start", func() {
		e := stored(s, store.Inbox, []byte("0123456789"))
		r, err := s.Body(ctx, e.ID)
		Expect(err).NotTo(HaveOccurred())
		defer func() { Expect(r.Close()).To(Succeed()) }()
		Expect(r.Size()).To(Equal(int64(10)))
		Expect(r.Seek(-3, 2)).To(Equal(int64(7)))
		var out bytes.Buffer
		Expect(r.WriteTo(&out)).To(Equal(int64(3)))
		Expect(r.Seek(0, 0)).To(BeZero())
		Expect(r.WriteTo(&out)).To(Equal(int64(10)))
		Expect(out.String()).To(Equal("7890123456789"))
		_, err = r.Seek(11, 0)
		Expect(err).To(HaveOccurred())
	})

	It("are written and read with bounded memory", func() {
		const size = 64 << 20
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		b := s.NewBatch()
		w := b.Body(store.BodyWhole)
		n, err := io.CopyN(w, endless{}, size)
		Expect(err).NotTo(HaveOccurred())
		Expect(n).To(BeEquivalentTo(size))
		body, err := w.Close()
		Expect(err).NotTo(HaveOccurred())
		e := &store.Entry{Parent: store.Inbox, Type: store.TypeMessage, Body: body}
		b.Add(e)
		Expect(b.Commit(ctx)).To(Succeed())
		r, err := s.Body(ctx, e.ID)
		Expect(err).NotTo(HaveOccurred())
		Expect(r.WriteTo(io.Discard)).To(BeEquivalentTo(size))
		Expect(r.Close()).To(Succeed())
		runtime.ReadMemStats(&after)
		Expect(after.TotalAlloc - before.TotalAlloc).To(BeNumerically("<", 8<<20))
	})

	It("cannot be read of an entry that has none", func() {
		_, err := s.Body(ctx, store.Inbox)
		Expect(err).To(MatchError(store.ErrNoBody))
		_, err = s.Body(ctx, 4711)
		Expect(err).To(MatchError(store.ErrNotFound))
	})
})
