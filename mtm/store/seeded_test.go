package store_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/mtm/store"
)

// fullRun makes the tests of docs/reliability.md try all cases; without it they try a sample.
const fullRun = "STORE_TEST_FULL"

// tries returns the number of cases to try.
func tries(sample, full int) int {
	if os.Getenv(fullRun) != "" {
		return full
	}
	return sample
}

// specimen is a store to be damaged, and its messages.
type specimen struct {
	dir     string
	older   string            // an earlier copy of the store
	want    map[string][]byte // UID -> content of those that are not deleted
	deleted map[string][]byte
	subject map[string]string
}

// makeSpecimen writes a store with folders, shared bodies, deletions and reclaimed segments.
func makeSpecimen() *specimen {
	GinkgoHelper()
	ctx := context.Background()
	x := &specimen{dir: newDir(), want: map[string][]byte{}, deleted: map[string][]byte{}, subject: map[string]string{}}
	o := &store.Options{SegmentSize: 64 << 10}
	s, err := store.Open(x.dir, o)
	Expect(err).NotTo(HaveOccurred())
	var all []*store.Entry
	write := func(from, to int) {
		b := s.NewBatch()
		for n := from; n < to; n++ {
			uid := strconv.Itoa(n)
			raw := append(fmt.Appendf(nil, "Subject: about %d\r\n\r\n", n), small(n)...)
			w := b.BodyOf(store.BodyWhole, store.Origin{Mailbox: workMailbox, UID: uid})
			_, err := w.Write(raw)
			Expect(err).NotTo(HaveOccurred())
			body, err := w.Close()
			Expect(err).NotTo(HaveOccurred())
			e := &store.Entry{Parent: store.Inbox + store.ID(n%2)*3, Type: store.TypeMessage, UID: uid, Body: body,
				Description: fmt.Sprint("about ", n), Flags: store.Complete | store.Unread}
			b.Add(e)
			all = append(all, e)
			x.want[uid] = raw
			x.subject[uid] = e.Description
		}
		Expect(b.Commit(ctx)).To(Succeed())
	}
	drop := func(list []*store.Entry) {
		remove(s, ids(list)...)
		for _, e := range list {
			x.deleted[e.UID] = x.want[e.UID]
			delete(x.want, e.UID)
		}
	}
	for n := 0; n < 200; n += 20 {
		write(n, n+20)
	}
	drop(all[20:60])
	_, err = s.Reclaim(ctx)
	Expect(err).NotTo(HaveOccurred())
	Expect(s.Close()).To(Succeed())
	x.older = copyStore(x.dir)
	s, err = store.Open(x.dir, o)
	Expect(err).NotTo(HaveOccurred())
	drop(all[60:70])
	write(200, 260)
	Expect(s.Close()).To(Succeed())
	return x
}

// small returns the content of message n, shorter than numbered.
func small(n int) []byte {
	raw := numbered(n % 200)
	return raw[:min(len(raw), 100+n%17*200)]
}

// judge checks a damaged copy. broken lists the messages whose records may be damaged; all others
// must be found.
func (x *specimen) judge(dir string, broken map[string]bool, mustTell bool) {
	GinkgoHelper()
	told := x.judgeOpen(dir)
	to, _, lost := salvaged(dir)
	have := map[string]int{}
	for _, folder := range []store.ID{store.Inbox, store.Sent, store.Drafts} {
		Expect(to.Each(context.Background(), folder, func(e *store.Entry) error {
			x.judgeEntry(to, e)
			have[e.UID]++
			return nil
		})).To(Succeed())
	}
	for uid := range x.want {
		if broken[uid] {
			continue
		}
		Expect(have[uid]).To(Equal(1), "message %s; lost: %v", uid, lost)
	}
	Expect(to.Close()).To(Succeed())
	if mustTell {
		Expect(told).To(BeTrue(), "check-store says that there are no problems")
	}
}

// judgeOpen reads everything of a damaged copy, as list, show and check-store do. What they show
// must be right. It returns whether the damage was reported.
func (x *specimen) judgeOpen(dir string) (told bool) {
	GinkgoHelper()
	s, err := store.Open(dir, &store.Options{ReadOnly: true})
	if err != nil {
		return true
	}
	defer func() { Expect(s.Close()).To(Succeed()) }()
	for _, folder := range []store.ID{store.Inbox, store.Sent} {
		err := s.Each(context.Background(), folder, func(e *store.Entry) error { x.judgeEntry(s, e); return nil })
		told = told || err != nil
	}
	sum, err := s.Check(context.Background(), nil)
	return told || err != nil || sum.Problems > 0
}

// judgeEntry compares a message with what was written.
func (x *specimen) judgeEntry(s *store.Store, e *store.Entry) {
	GinkgoHelper()
	want, known := x.want[e.UID]
	if !known {
		want, known = x.deleted[e.UID]
	}
	Expect(known).To(BeTrue(), "there was no message %q", e.UID)
	Expect(strings.TrimPrefix(e.Description, "Subject: ")).To(Equal(x.subject[e.UID]))
	Expect(e.Flags).To(Equal(store.Complete | store.Unread))
	got, err := readBody(s, e.ID)
	if err == nil {
		Expect(bytes.Equal(got, want)).To(BeTrue(), "message %s is shown wrong", e.UID)
	} else {
		Expect(err).To(MatchError(store.ErrCorrupt))
	}
}

// brokenIn lists the messages whose records lie in the damaged octets of a segment.
func (x *specimen) brokenIn(segment string, from, to int64) map[string]bool {
	GinkgoHelper()
	id, err := strconv.ParseInt(strings.TrimSuffix(filepath.Base(segment), ".seg"), 10, 64)
	Expect(err).NotTo(HaveOccurred())
	s, err := store.Open(x.dir, &store.Options{ReadOnly: true})
	Expect(err).NotTo(HaveOccurred())
	defer func() { Expect(s.Close()).To(Succeed()) }()
	broken := map[string]bool{}
	for _, folder := range []store.ID{store.Inbox, store.Sent} {
		Expect(s.Each(context.Background(), folder, func(e *store.Entry) error {
			if e.Body.Segment == id && from < e.Body.Offset+store.RecordHeader+e.Body.Length && to > e.Body.Offset {
				broken[e.UID] = true
			}
			return nil
		})).To(Succeed())
	}
	return broken
}

// overwrite changes octets of a file, each to a different value.
func overwrite(path string, at int64, change func(p []byte)) {
	GinkgoHelper()
	data, err := os.ReadFile(path)
	Expect(err).NotTo(HaveOccurred())
	change(data[at:])
	Expect(os.WriteFile(path, data, 0o600)).To(Succeed())
}

var _ = Describe("A store with damage at a seeded place", Ordered, func() {
	var x *specimen
	BeforeAll(func() { x = makeSpecimen() })

	It("shows nothing wrong and loses nothing that is whole: an octet of a segment", func() {
		random := rand.New(rand.NewPCG(1, 1939))
		for range tries(8, 200) {
			dir := copyStore(x.dir)
			file := segments(dir)[random.IntN(len(segments(dir)))]
			st, err := os.Stat(file)
			Expect(err).NotTo(HaveOccurred())
			at, bit := random.Int64N(st.Size()), byte(1)<<random.IntN(8)
			overwrite(file, at, func(p []byte) { p[0] ^= bit })
			By(fmt.Sprintf("%s at %d, bit %d", filepath.Base(file), at, bit))
			x.judge(dir, x.brokenIn(file, at, at+1), true)
			Expect(os.RemoveAll(dir)).To(Succeed())
		}
	})

	It("shows nothing wrong and loses nothing that is whole: some kilobytes of a segment", func() {
		random := rand.New(rand.NewPCG(2, 1939))
		for range tries(3, 50) {
			dir := copyStore(x.dir)
			file := segments(dir)[random.IntN(len(segments(dir)))]
			st, err := os.Stat(file)
			Expect(err).NotTo(HaveOccurred())
			at := random.Int64N(st.Size())
			n := min(1+random.Int64N(20_000), st.Size()-at)
			overwrite(file, at, func(p []byte) {
				for i := range p[:n] {
					p[i] ^= 0x5A
				}
			})
			By(fmt.Sprintf("%s at %d, %d octets", filepath.Base(file), at, n))
			x.judge(dir, x.brokenIn(file, at, at+n), true)
			Expect(os.RemoveAll(dir)).To(Succeed())
		}
	})

	It("shows nothing wrong and loses nothing that is whole: the end of a segment cut off", func() {
		random := rand.New(rand.NewPCG(3, 1939))
		for range tries(2, 20) {
			dir := copyStore(x.dir)
			file := segments(dir)[random.IntN(len(segments(dir)))]
			st, err := os.Stat(file)
			Expect(err).NotTo(HaveOccurred())
			at := random.Int64N(st.Size())
			Expect(os.Truncate(file, at)).To(Succeed())
			By(fmt.Sprintf("%s at %d", filepath.Base(file), at))
			x.judge(dir, x.brokenIn(file, at, st.Size()), true)
			Expect(os.RemoveAll(dir)).To(Succeed())
		}
	})

	It("shows nothing wrong and loses nothing that is whole: each page of the index zeroed", func() {
		st, err := os.Stat(filepath.Join(x.dir, "index.db"))
		Expect(err).NotTo(HaveOccurred())
		pages := int(st.Size() / 8192)
		random := rand.New(rand.NewPCG(4, 1939))
		list := random.Perm(pages)[:min(pages, tries(4, pages))]
		for _, page := range list {
			dir := copyStore(x.dir)
			overwrite(filepath.Join(dir, "index.db"), int64(page)*8192, func(p []byte) { clear(p[:8192]) })
			By(fmt.Sprint("page ", page+1))
			x.judge(dir, nil, true)
			Expect(os.RemoveAll(dir)).To(Succeed())
		}
	})

	It("shows nothing wrong and loses nothing that is whole: a bit of the index", func() {
		random := rand.New(rand.NewPCG(5, 1939))
		for range tries(8, 200) {
			dir := copyStore(x.dir)
			path := filepath.Join(dir, "index.db")
			st, err := os.Stat(path)
			Expect(err).NotTo(HaveOccurred())
			at, bit := random.Int64N(st.Size()), byte(1)<<random.IntN(8)
			overwrite(path, at, func(p []byte) { p[0] ^= bit })
			By(fmt.Sprintf("octet %d, bit %d", at, bit))
			x.judge(dir, nil, false) // damage in unused space need not be reported
			Expect(os.RemoveAll(dir)).To(Succeed())
		}
	})

	It("shows nothing wrong and loses nothing that is whole: an older index, a lost log, no index", func() {
		dir := copyStore(x.dir)
		putBack(dir, x.older)
		x.judge(dir, nil, true)
		// The store keeps everything when it is used again.
		s, err := store.Open(dir, &smallSegments)
		Expect(err).NotTo(HaveOccurred())
		fetched(s, store.Inbox, "1000", []byte("Subject: new\r\n\r\n"))
		_, err = s.Reclaim(context.Background())
		Expect(err).NotTo(HaveOccurred())
		Expect(s.Close()).To(Succeed())
		to, _, _ := salvaged(dir)
		for uid, raw := range x.want {
			Expect(slices.ContainsFunc(append(contents(to, store.Inbox), contents(to, store.Sent)...),
				func(s string) bool { return s == string(raw) })).To(BeTrue(), uid)
		}

		dir = copyStore(x.dir)
		Expect(os.Remove(filepath.Join(dir, "index.db"))).To(Succeed())
		x.judge(dir, nil, true)
	})

	It("shows nothing wrong and loses nothing that is whole: the log of the index lost after a kill", func() {
		dir := memoryDir()
		committed := killAfter(dir, 0, 60)
		Expect(committed).To(BeNumerically(">", 2))
		Expect(os.Remove(filepath.Join(dir, "index.db-wal"))).To(Succeed())
		Expect(os.Remove(filepath.Join(dir, "index.db-shm"))).To(Or(Succeed(), MatchError(os.ErrNotExist)))
		s, err := store.Open(dir, &smallSegments)
		Expect(err).NotTo(HaveOccurred())
		_, found := problems(s)
		Expect(len(found)).To(BeNumerically(">=", 2*committed))
		Expect(s.Close()).To(Succeed())
		to, _, _ := salvaged(dir)
		have := contents(to, store.Inbox)
		for k := range committed {
			for _, n := range []int{perBatch * k, perBatch*k + 2} { // each batch's second message is deleted by the next
				Expect(have).To(ContainElement(string(numbered(n))), "message %d", n)
			}
		}
	})
})

// FuzzSegment checks that a scan of any segment file ends, needs memory for one note at a time, and
// finds only intact records.
func FuzzSegment(f *testing.F) {
	f.Add([]byte("mtmN\x01"), []byte("mtmB\x03"))
	f.Add(store.SegmentForTest(), []byte{})
	f.Fuzz(func(t *testing.T, before, behind []byte) {
		for _, raw := range [][]byte{before, slices.Concat(before, store.SegmentForTest(), behind), store.SegmentForTest()} {
			found, err := store.ScanForTest(bytes.NewReader(raw), int64(len(raw)))
			if err != nil && !errors.Is(err, io.EOF) {
				t.Fatal(err)
			}
			for _, body := range found {
				if body.Offset < 0 || body.Offset+store.RecordHeader+body.Length > int64(len(raw)) {
					t.Errorf("a body outside of the file: %+v", body)
				}
			}
		}
	})
}

// FuzzNotes checks that a parsed note is written again as it was.
func FuzzNotes(f *testing.F) {
	f.Add([]byte{}, []byte{})
	f.Add([]byte("\x04work\x03pop\x03ada"), []byte("\x01\x02\x03\x04\x05\x06\x07\x08\x02\x011"))
	f.Fuzz(func(t *testing.T, mailbox, origin []byte) {
		if err := store.NotesForTest(mailbox, origin); err != nil {
			t.Error(err)
		}
	})
}
