package store_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/mtm/store"
)

var _ = Describe("EachIn", func() {
	ctx := context.Background()
	var s *store.Store
	var dir string
	var account store.ID
	BeforeEach(func() {
		dir = newDir()
		s = open(dir, nil)
		account = service(s, "work")
	})

	// day is a day of March; 0 is no date.
	day := func(n int) (t time.Time) {
		if n > 0 {
			t = time.Date(2026, 3, n, 7, 15, 0, 0, time.UTC)
		}
		return t
	}
	add := func(parent store.ID, flags store.Flags, days ...int) (ids []store.ID) {
		GinkgoHelper()
		b := s.NewBatch()
		entries := make([]store.Entry, len(days))
		for i, n := range days {
			entries[i] = store.Entry{Parent: parent, Type: store.TypeMessage, Service: account, Date: day(n), Flags: flags}
			b.Add(&entries[i])
		}
		Expect(b.Commit(ctx)).To(Succeed())
		for _, e := range entries {
			ids = append(ids, e.ID)
		}
		return ids
	}
	days := func(parent store.ID, o store.Order) (list []int) {
		GinkgoHelper()
		Expect(s.EachIn(ctx, parent, o, func(e *store.Entry) error {
			list = append(list, 0)
			if !e.Date.IsZero() {
				list[len(list)-1] = e.Date.Day()
			}
			return nil
		})).To(Succeed())
		return list
	}
	ids := func(parent store.ID, o store.Order) (list []store.ID) {
		GinkgoHelper()
		Expect(s.EachIn(ctx, parent, o, func(e *store.Entry) error { list = append(list, e.ID); return nil })).To(Succeed())
		return list
	}

	It("visits children by date in both directions, those without one first", func() {
		add(store.Inbox, 0, 3, 1, 0, 2)
		Expect(days(store.Inbox, store.Order{ByDate: true})).To(Equal([]int{0, 1, 2, 3}))
		Expect(days(store.Inbox, store.Order{ByDate: true, Backward: true})).To(Equal([]int{3, 2, 1, 0}))
		Expect(days(store.Inbox, store.Order{Backward: true})).To(Equal([]int{2, 0, 1, 3}))
	})

	It("treats the lowest id of a date as the newest in received mail, and the highest id in written mail", func() {
		for _, place := range []store.ID{store.Inbox, account, store.Sent, store.Outbox, store.Drafts} {
			list := add(place, 0, 4, 4)
			older, newer := list[1], list[0]
			if place == store.Sent || place == store.Outbox || place == store.Drafts {
				older, newer = newer, older
			}
			Expect(ids(place, store.Order{ByDate: true})).To(Equal([]store.ID{older, newer}))
			Expect(ids(place, store.Order{ByDate: true, Backward: true})).To(Equal([]store.ID{newer, older}))
		}
	})

	It("skips children that are older than Since, or have no date", func() {
		add(store.Inbox, 0, 3, 1, 0, 2)
		for _, byDate := range []bool{false, true} {
			Expect(days(store.Inbox, store.Order{ByDate: byDate, Since: day(2)})).To(ConsistOf(2, 3))
			Expect(days(store.Inbox, store.Order{ByDate: byDate, Since: day(2).Add(1)})).To(ConsistOf(3))
		}
	})

	It("selects by the flags that readers see", func() {
		read, unread := add(account, 0, 1), add(account, store.Unread|store.New, 2, 3)
		Expect(ids(account, store.Order{Flags: store.Unread})).To(Equal(unread))
		b := s.NewBatch()
		b.Age(account, unread[1], store.Unread)
		Expect(b.Commit(ctx)).To(Succeed())
		Expect(ids(account, store.Order{Flags: store.Unread})).To(Equal(unread[1:]))
		Expect(ids(account, store.Order{Flags: store.Unread | store.New})).To(Equal(unread))
		b = s.NewBatch()
		b.Hide(account)
		Expect(b.Commit(ctx)).To(Succeed())
		Expect(ids(account, store.Order{Flags: store.Unread})).To(BeEmpty())
		Expect(ids(account, store.Order{Flags: store.Invisible})).To(Equal(append(read, unread...)))
	})

	It("stops when the function returns an error", func() {
		add(store.Inbox, 0, 3, 1, 2)
		enough, calls := errors.New("enough"), 0
		Expect(s.EachIn(ctx, store.Inbox, store.Order{ByDate: true}, func(*store.Entry) error { calls++; return enough })).To(MatchError(enough))
		Expect(calls).To(Equal(1))
	})

	It("skips a damaged row, and returns ErrCorrupt at the end", func() {
		list := add(store.Inbox, 0, 3, 1, 2)
		Expect(s.Close()).To(Succeed())
		sqlite(dir, "UPDATE entries SET details = 'Eve' WHERE id = "+fmt.Sprint(list[1]))
		s = open(dir, nil)
		for _, o := range []store.Order{{}, {ByDate: true}} {
			visited := 0
			Expect(s.EachIn(ctx, store.Inbox, o, func(*store.Entry) error { visited++; return nil })).To(MatchError(store.ErrCorrupt))
			Expect(visited).To(Equal(2))
		}
	})

	// Then the first fifty of a hundred thousand messages need about fifty rows.
	It("finds the order without reading rows", func() {
		for _, o := range []store.Order{{}, {ByDate: true}, {ByDate: true, Since: day(1)}, {Flags: store.Unread}} {
			for _, o.Backward = range []bool{false, true} {
				steps, err := s.PlanForTest(ctx, account, o)
				Expect(err).NotTo(HaveOccurred())
				how := "SEARCH entries USING INDEX"
				if o.ByDate {
					how = "SEARCH entries USING COVERING INDEX"
				}
				Expect(steps).To(HaveExactElements(HavePrefix(how)), "%+v", o)
			}
		}
	})
})
