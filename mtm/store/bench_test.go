package store_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"testing"
	"time"

	"pop3mtm/mtm/store"
)

func benchStore(b *testing.B) *store.Store {
	b.Helper()
	s, err := store.Open(filepath.Join(b.TempDir(), "mail.store"), nil)
	must(b, err)
	b.Cleanup(func() { must(b, s.Close()) })
	return s
}

func entry(parent store.ID, n int) *store.Entry {
	return &store.Entry{Parent: parent, Type: store.TypeMessage, Service: store.Local, Size: 8192,
		Flags: store.New | store.Unread, Sending: store.SendNotApplicable,
		Date:    time.Unix(1_700_000_000+int64(n), 0),
		Details: "Somebody Else <somebody.else@example.org>", Description: fmt.Sprintf("A subject, number %d", n),
		UID: fmt.Sprintf("%016x", n), MessageID: fmt.Sprintf("%d.1234567@mail.example.org", n)}
}

func writeBody(b testing.TB, batch *store.Batch, kind store.BodyKind, content []byte) store.Body {
	w := batch.Body(kind)
	_, err := w.Write(content)
	must(b, err)
	body, err := w.Close()
	must(b, err)
	return body
}

// Entries without bodies, 1,000 per batch.
func BenchmarkBatchIndex(b *testing.B) {
	ctx := context.Background()
	s := benchStore(b)
	const size = 1000
	n := 0
	b.ResetTimer()
	for b.Loop() {
		batch := s.NewBatch()
		for range size {
			n++
			batch.Add(entry(store.Inbox, n))
		}
		must(b, batch.Commit(ctx))
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "entries/s")
}

// Bodies without entries, 64 MiB per batch.
func BenchmarkBatchBodies(b *testing.B) {
	for _, size := range []int{500, 8 << 10, 1 << 20} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			ctx := context.Background()
			s := benchStore(b)
			content := bytes.Repeat([]byte{'x'}, size)
			b.SetBytes(64 << 20)
			for b.Loop() {
				batch := s.NewBatch()
				for range 64 << 20 / size {
					e := entry(store.Inbox, 1)
					e.Body = writeBody(b, batch, store.BodyWhole, content)
					batch.Add(e)
				}
				must(b, batch.Commit(ctx))
			}
		})
	}
}

// The work of the store in a get of 10,000 messages of 8 KiB: for each message an entry with its
// header and one with all of it, 1,000 per batch, each batch committed while the next one writes
// bodies.
func BenchmarkBatchGet(b *testing.B) {
	ctx := context.Background()
	head, whole := bytes.Repeat([]byte{'h'}, 500), bytes.Repeat([]byte{'w'}, 8<<10)
	for b.Loop() {
		b.StopTimer()
		s := benchStore(b)
		b.StartTimer()
		commit := make(chan *store.Batch)
		failed := make(chan error)
		go func() {
			var err error
			for batch := range commit {
				if err == nil {
					err = batch.Commit(ctx)
				}
			}
			failed <- err
		}()
		for k := 0; k < 10_000; k += 1000 {
			batch := s.NewBatch()
			for n := k; n < k+1000; n++ {
				source, e := entry(store.Local, n), entry(store.Inbox, n)
				e.Body = writeBody(b, batch, store.BodyWhole, whole)
				source.Body = writeBody(b, batch, store.BodyHeader, head)
				batch.Add(source)
				batch.AddLinked(e, source)
			}
			commit <- batch
		}
		close(commit)
		must(b, <-failed)
	}
	b.ReportMetric(10_000*float64(b.N)/b.Elapsed().Seconds(), "messages/s")
}

// Copies of existing entries, 1,000 per batch.
func BenchmarkBatchCopy(b *testing.B) {
	ctx := context.Background()
	s := filled(b, 10_000)
	list, err := s.UIDs(ctx, store.Inbox, store.Local, 0)
	must(b, err)
	n := 0
	for b.Loop() {
		c := &store.Copies{Into: store.Drafts, Linked: true, Set: store.Complete}
		for range 1000 {
			c.Of = append(c.Of, store.Copied{Source: list[n%len(list)].ID})
			n++
		}
		batch := s.NewBatch()
		batch.Copy(c)
		must(b, batch.Commit(ctx))
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "copies/s")
}

func filled(b *testing.B, count int) *store.Store {
	b.Helper()
	s := benchStore(b)
	for k := 0; k < count; k += 10_000 {
		batch := s.NewBatch()
		for n := k; n < k+10_000; n++ {
			batch.Add(entry(store.Inbox, n))
		}
		must(b, batch.Commit(context.Background()))
	}
	return s
}

// All entries of a mailbox of 100,000 messages.
func BenchmarkLarge(b *testing.B) {
	ctx := context.Background()
	s := filled(b, 100_000)
	list, err := s.UIDs(ctx, store.Inbox, store.Local, 0)
	must(b, err)
	var ids []store.ID
	for _, r := range list {
		ids = append(ids, r.ID)
	}
	b.Run("UIDs", func(b *testing.B) {
		for b.Loop() {
			_, err := s.UIDs(ctx, store.Inbox, store.Local, 0)
			must(b, err)
		}
	})
	b.Run("Each", func(b *testing.B) {
		for b.Loop() {
			must(b, s.Each(ctx, store.Inbox, func(*store.Entry) error { return nil }))
		}
	})
	b.Run("Newest50", func(b *testing.B) {
		enough := errors.New("enough")
		for b.Loop() {
			n := 0
			err := s.EachIn(ctx, store.Inbox, store.Order{ByDate: true, Backward: true}, func(*store.Entry) error {
				if n++; n == 50 {
					return enough
				}
				return nil
			})
			if err != enough {
				b.Fatal(err)
			}
		}
	})
	b.Run("Dump", func(b *testing.B) {
		for b.Loop() {
			must(b, s.Dump(ctx, io.Discard))
		}
	})
	b.Run("Entry", func(b *testing.B) {
		for b.Loop() {
			_, err := s.Entry(ctx, ids[77])
			must(b, err)
		}
	})
	b.Run("Entries1000", func(b *testing.B) {
		for b.Loop() {
			_, err := s.Entries(ctx, ids[:1000])
			must(b, err)
		}
	})
	change := func(f func(*store.Batch, int)) func(*testing.B) {
		return func(b *testing.B) {
			n := 0
			for b.Loop() {
				batch := s.NewBatch()
				f(batch, n)
				n++
				must(b, batch.Commit(ctx))
			}
		}
	}
	b.Run("Hide", change(func(c *store.Batch, n int) {
		if n%2 == 0 {
			c.Hide(store.Inbox)
		} else {
			c.Show(store.Inbox)
		}
	}))
	b.Run("Age", change(func(c *store.Batch, n int) { c.Age(store.Inbox, ids[n+1], store.New|store.Unread) }))
	b.Run("SetFlags", change(func(c *store.Batch, n int) { c.SetFlags(ids, store.New, store.Unread) }))
	b.Run("Delete1000", change(func(c *store.Batch, n int) {
		k := n * 1000 % len(ids)
		c.Delete(ids[k : k+1000]...)
	}))
}

// What a visit with nothing new asks: which of 100,000 messages are new or wait.
func BenchmarkNewUIDs(b *testing.B) {
	ctx := context.Background()
	s := filled(b, 100_000)
	batch := s.NewBatch()
	batch.Age(store.Inbox, 1<<60, store.New)
	must(b, batch.Commit(ctx))
	for b.Loop() {
		list, err := s.UIDs(ctx, store.Inbox, store.Local, store.New|store.Pending)
		must(b, err)
		if len(list) > 0 {
			b.Fatal(list)
		}
	}
}

// Reading a body of 64 MiB.
func BenchmarkBodyRead(b *testing.B) {
	ctx := context.Background()
	s := benchStore(b)
	batch := s.NewBatch()
	e := entry(store.Inbox, 1)
	e.Body = writeBody(b, batch, store.BodyWhole, bytes.Repeat([]byte{'x'}, 64<<20))
	batch.Add(e)
	must(b, batch.Commit(ctx))
	b.SetBytes(64 << 20)
	for b.Loop() {
		r, err := s.Body(ctx, e.ID)
		must(b, err)
		_, err = r.WriteTo(io.Discard)
		must(b, err)
		must(b, r.Close())
	}
}
