package store_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/mtm/store"
)

// lucks returns ways in which a power cut may treat data that was not synced.
func lucks(r *rand.Rand) []luck {
	never, always := func() bool { return false }, func() bool { return true }
	chance := func(n int) func() bool { return func() bool { return r.IntN(n) == 0 } }
	left := 0
	prefix := func() bool { left--; return left >= 0 }
	return []luck{
		{"nothing that was not synced", never, never},
		{"all that was written", always, never},
		{"the beginning", func() bool {
			if left == 0 {
				left = 1 + r.IntN(20)
			}
			return prefix()
		}, never},
		{"any of it, torn", chance(2), chance(4)},
		{"nearly all, torn", func() bool { return r.IntN(8) != 0 }, chance(16)},
	}
}

// expectCommitted checks a store after a child was interrupted while writing to it. It must contain
// every batch that the child has reported, perhaps the next one, and nothing else. Check may report
// only bodies that the index does not know.
func expectCommitted(dir string, committed int) {
	GinkgoHelper()
	ctx := context.Background()
	s, err := store.Open(dir, &smallSegments)
	if committed == 0 && err != nil {
		Expect(err).NotTo(MatchError(store.ErrCorrupt))
		return
	}
	Expect(err).NotTo(HaveOccurred())
	var uids []string
	Expect(s.Each(ctx, store.Inbox, func(e *store.Entry) error {
		n, err := strconv.Atoi(e.UID)
		Expect(err).NotTo(HaveOccurred())
		Expect(bytes.Equal(content(s, e.ID), numbered(n))).To(BeTrue(), "message %d", n)
		uids = append(uids, e.UID)
		return nil
	})).To(Succeed())
	want := visible(committed, nil, 0)
	if len(uids) != len(want) {
		want = visible(committed+1, nil, 0)
	}
	Expect(uids).To(HaveLen(len(want)))
	if len(want) > 0 {
		Expect(uids).To(Equal(want))
	}
	_, err = s.Check(ctx, func(p store.Problem) {
		Expect(p.Text).To(Or(ContainSubstring("a message that the index does not know"),
			Equal("octets that are not a complete record")), p.String())
	})
	Expect(err).NotTo(HaveOccurred())
	Expect(s.Close()).To(Succeed())
	if committed > 0 {
		Expect(useOn(dir)).To(Succeed(), "it can be used on")
	}
}

// useOn adds a message as a later program would.
func useOn(dir string) error {
	GinkgoHelper()
	s, err := store.Open(dir, &smallSegments)
	if err != nil {
		return err
	}
	b := s.NewBatch()
	message(b, store.Sent, store.BodyWhole, []byte("later"))
	return errors.Join(b.Commit(context.Background()), s.Close())
}

var _ = Describe("A power cut", func() {
	It("leaves exactly the committed messages, whatever else is on the disk", func() {
		root := filepath.Join(memoryDir()) // only the trace is used, so a slow disk is not needed
		list := traceOf("write 9", root)
		Expect(len(list)).To(BeNumerically(">", 100))
		cuts := tries(30, 760)
		random := rand.New(rand.NewPCG(6, 1939))
		d := newDisk()
		d.names[filepath.Dir(root)], d.now[filepath.Dir(root)] = 0, 0
		at := 0
		for i := range cuts {
			for ; at < len(list)*(i+1)/cuts; at++ {
				d.apply(list[at])
			}
			ways := lucks(random)
			l := ways[i%len(ways)]
			By(fmt.Sprintf("cut %d, before call %d (%v): %s", i, at, list[min(at, len(list)-1)], l.name))
			dir := memoryDir()
			d.image(root, dir, l)
			expectCommitted(dir, bytes.Count(d.said, []byte{'c'}))
			Expect(os.RemoveAll(filepath.Dir(dir))).To(Succeed())
		}
		Expect(bytes.Count(d.said, []byte{'c'})).To(Equal(9))
	})
})

var _ = Describe("A system call that fails, or after which the process is killed", func() {
	// run lets a child write while strace makes the n-th of some system calls fail.
	run := func(call, what string, n int) {
		GinkgoHelper()
		dir := memoryDir()
		var out bytes.Buffer
		cmd := strace("write 9", dir, "-o", os.DevNull, "-e", "trace="+call, "-e",
			fmt.Sprintf("inject=%s:%s:when=%d", call, what, n))
		cmd.Stdout, cmd.Stderr, cmd.WaitDelay = &out, GinkgoWriter, time.Minute
		_ = cmd.Run() // it succeeds when there are fewer calls
		By(fmt.Sprintf("%s %s %d: %d commits", call, what, n, bytes.Count(out.Bytes(), []byte{'c'})))
		expectCommitted(dir, bytes.Count(out.Bytes(), []byte{'c'}))
		Expect(os.RemoveAll(filepath.Dir(dir))).To(Succeed())
	}
	// spread calls f for count numbers up to most, evenly.
	spread := func(count, most int, f func(n int)) {
		for i := range count {
			f(1 + i*most/count)
		}
	}

	It("loses no committed message: killed at the call", func() {
		spread(tries(4, 200), 240, func(n int) { run("pwrite64", "signal=KILL", n) })
		spread(tries(2, 60), 60, func(n int) { run("fdatasync", "signal=KILL", n) })
		spread(tries(2, 60), 60, func(n int) { run("fsync", "signal=KILL", n) })
		spread(tries(1, 60), 120, func(n int) { run("openat", "signal=KILL", n) })
		spread(tries(1, 40), 40, func(n int) { run("ftruncate", "signal=KILL", n) })
		spread(tries(1, 36), 36, func(n int) { run("open", "signal=KILL", n) })
	})

	It("loses no committed message: an error of the call", func() {
		for _, fault := range []string{"error=EIO", "error=ENOSPC"} {
			spread(tries(2, 30), 240, func(n int) { run("pwrite64", fault, n) })
			spread(tries(1, 12), 60, func(n int) { run("fdatasync", fault, n) })
			spread(tries(1, 12), 60, func(n int) { run("fsync", fault, n) })
		}
	})
})

var _ = Describe("A disk that becomes full", func() {
	It("loses no committed message, wherever it becomes full", func() {
		for i := range tries(4, 40) {
			dir := filepath.Join(mounted(fmt.Sprint(400+i*20, "k")), "mail.store")
			cmd, in, out := startChild("write 50", dir, 0)
			said := new(bytes.Buffer)
			_, err := said.ReadFrom(out)
			Expect(err).NotTo(HaveOccurred())
			Expect(cmd.Wait()).To(HaveOccurred())
			Expect(in.Close()).To(Or(Succeed(), HaveOccurred()))
			By(fmt.Sprintf("%d KiB: %d commits", 400+i*20, bytes.Count(said.Bytes(), []byte{'c'})))
			copied := copyIfThere(dir)
			expectCommitted(copied, bytes.Count(said.Bytes(), []byte{'c'}))
		}
	})
})

// copyIfThere copies a store, if it exists, to a place with room.
func copyIfThere(dir string) string {
	GinkgoHelper()
	if _, err := os.Stat(dir); err != nil {
		return newDir()
	}
	return copyStore(dir)
}
