package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"pop3mtm/mtm/store"
)

// listing says which messages list shows, and in which order.
type listing struct {
	sort    choice
	reverse bool
	limit   int
	unread  bool
	since   since
}

func newListing() *listing {
	return &listing{sort: choice{value: "date", allowed: []string{"date", "id", "from", "size"}}}
}

func (l *listing) add(f *pflag.FlagSet) {
	f.Var(&l.sort, "sort", "order of the list: by date, id (the order of storing), sender or size; the smallest first")
	f.BoolVar(&l.reverse, "reverse", false, "reverse the order: the newest, last stored or largest first")
	f.IntVar(&l.limit, "limit", 0, "show at most the first `N` messages; 0 = all")
	f.BoolVar(&l.unread, "unread", false, "show only unread messages")
	f.Var(&l.since, "since", "show only messages since a `DATE` such as 2026-03-01, or of the last 36h or 7d")
}

// given reports whether any of these flags was given.
func (l *listing) given(f *pflag.FlagSet) bool {
	return slices.ContainsFunc([]string{"sort", "reverse", "limit", "unread", "since"}, f.Changed)
}

// order returns the order in which the store is to be read; false when it has no such order.
func (l *listing) order() (o store.Order, is bool) {
	if l.unread {
		o.Flags = store.Unread
	}
	o.Since = time.Time(l.since)
	o.ByDate = l.sort.value == "date"
	if is = o.ByDate || l.sort.value == "id"; is {
		o.Backward = l.reverse
	}
	return o, is
}

var errLimit = errors.New("enough messages")

// each calls f for the messages of a place. In the order of dates or ids it holds no messages in
// memory and reads none beyond the limit.
func (l *listing) each(ctx context.Context, st *store.Store, place store.ID, f func(*store.Entry) error) error {
	o, is := l.order()
	if !is {
		return l.sorted(ctx, st, place, o, f)
	}
	shown := 0
	err := eachMessage(ctx, st, place, o, func(e *store.Entry) error {
		if shown++; shown == l.limit {
			return cmp.Or(f(e), errLimit)
		}
		return f(e)
	})
	if errors.Is(err, errLimit) {
		return nil
	}
	return err
}

// eachMessage calls f for those children of a place that are messages.
func eachMessage(ctx context.Context, st *store.Store, place store.ID, o store.Order, f func(*store.Entry) error) error {
	return st.EachIn(ctx, place, o, func(e *store.Entry) error {
		if e.Type != store.TypeMessage {
			return nil
		}
		return f(e)
	})
}

// byDate returns the wanted messages of a place, the oldest first.
func byDate(ctx context.Context, st *store.Store, place store.ID, wanted func(*store.Entry) bool) (ids []store.ID, err error) {
	err = eachMessage(ctx, st, place, store.Order{ByDate: true}, func(e *store.Entry) error {
		if wanted(e) {
			ids = append(ids, e.ID)
		}
		return nil
	})
	return ids, err
}

// inOrder calls f for entries in the order of a list. An entry that another program
// removes meanwhile is skipped.
func inOrder(ctx context.Context, st *store.Store, ids []store.ID, f func(*store.Entry) error) (err error) {
	for some := range slices.Chunk(ids, 500) {
		if err != nil {
			break
		}
		entries, failed := st.Entries(ctx, some)
		if errors.Is(failed, store.ErrNotFound) {
			entries, failed = present(ctx, st, some)
		}
		err = failed
		for i := 0; i < len(entries) && err == nil; i++ {
			err = f(&entries[i])
		}
	}
	return err
}

// present returns the entries that still exist.
func present(ctx context.Context, st *store.Store, ids []store.ID) (list []store.Entry, err error) {
	for _, id := range ids {
		e, err := st.Entry(ctx, id)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		list = append(list, e)
	}
	return list, nil
}

// sorted calls f for the messages in the wanted order. It holds at most twice as many
// messages as are shown.
func (l *listing) sorted(ctx context.Context, st *store.Store, place store.ID, o store.Order, f func(*store.Entry) error) error {
	var list []store.Entry
	order := func() {
		slices.SortStableFunc(list, l.compare)
		if l.limit > 0 && len(list) > l.limit {
			list = list[:l.limit]
		}
	}
	const least = 1000
	err := eachMessage(ctx, st, place, o, func(e *store.Entry) error {
		if list = append(list, *e); l.limit > 0 && len(list) >= max(least, 2*l.limit) {
			order()
		}
		return nil
	})
	order()
	for i := range list {
		if err != nil {
			break
		}
		err = f(&list[i])
	}
	return err
}

func (l *listing) compare(a, b store.Entry) int {
	var n int
	switch l.sort.value {
	case "from":
		n = strings.Compare(sortName(&a), sortName(&b))
	case "size":
		n = cmp.Compare(sizeOf(&a), sizeOf(&b))
	}
	if n = cmp.Or(n, cmp.Compare(a.ID, b.ID)); l.reverse {
		n = -n
	}
	return n
}

// sortName returns the name by which senders are sorted, without the quotes that some have.
func sortName(e *store.Entry) string {
	return strings.ToLower(strings.TrimLeft(e.Details, `"' `))
}

// since is the value of --since: a moment.
type since time.Time

func (s *since) Type() string { return "date" }

func (s *since) String() string {
	if time.Time(*s).IsZero() {
		return ""
	}
	return time.Time(*s).Format(time.RFC3339)
}

func (s *since) Set(text string) error {
	for _, layout := range []string{time.DateOnly, time.RFC3339, "2006-01-02 15:04", "2006-01-02T15:04"} {
		if t, err := time.Parse(layout, text); err == nil {
			*s = since(t.UTC())
			return nil
		}
	}
	back, err := time.ParseDuration(text)
	if days, ok := strings.CutSuffix(text, "d"); ok {
		var n int
		n, err = strconv.Atoi(days)
		back = time.Duration(n) * 24 * time.Hour
	}
	const longest = 100 * 366 * 24 * time.Hour
	if err != nil || back <= 0 || back > longest {
		return fmt.Errorf("write a date such as 2026-03-01, or a time back from now such as 36h or 7d")
	}
	*s = since(time.Now().Add(-back))
	return nil
}
