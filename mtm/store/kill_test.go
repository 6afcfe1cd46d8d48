package store_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/mtm/store"
)

// kills is how often a writing process is killed, and killsPerStore how often with the same store.
const (
	kills         = 200
	killsPerStore = 10
)

var _ = Describe("A writing process that is killed", func() {
	for round := range kills / killsPerStore {
		It(fmt.Sprintf("leaves every committed message whole and nothing else, seed %d", round), func() {
			random := rand.New(rand.NewPCG(uint64(round), 1939))
			dir := memoryDir()
			next := 0         // the batch that the child begins with
			cut := []int(nil) // the batches after which a child was killed: their successor deleted nothing
			for range killsPerStore {
				committed := killAfter(dir, next, 1+random.IntN(30))
				next, cut = expectWhole(dir, next, committed, cut)
			}
			Expect(next).To(BeNumerically(">", 0), "no batch was ever committed")
		})
	}
})

// memoryDir returns a directory in memory where the system has one. A killed process does not lose
// what it has written to a file, so slow syncs to a disk would prove nothing.
func memoryDir() string {
	GinkgoHelper()
	dir, err := os.MkdirTemp("/dev/shm", "store-test-")
	if err != nil {
		return newDir()
	}
	DeferCleanup(func() { Expect(os.RemoveAll(dir)).To(Succeed()) })
	return filepath.Join(dir, "mail.store")
}

// killAfter lets a child write from batch first on, kills it after it has reported the given number
// of steps, and returns how many commits it reported.
func killAfter(dir string, first, steps int) (committed int) {
	GinkgoHelper()
	cmd, in, out := startChild("write for ever", dir, first)
	said := bufio.NewReader(out)
	count := func(step byte) {
		if step == 'c' {
			committed++
		}
	}
	for range steps {
		step, err := said.ReadByte()
		Expect(err).NotTo(HaveOccurred())
		count(step)
	}
	Expect(cmd.Process.Kill()).To(Succeed())
	rest, err := io.ReadAll(said) // said between the last step and the kill
	Expect(err).NotTo(HaveOccurred())
	for _, step := range rest {
		count(step)
	}
	var killed *exec.ExitError
	Expect(errors.As(cmd.Wait(), &killed)).To(BeTrue())
	Expect(in.Close()).To(Or(Succeed(), HaveOccurred()))
	return committed
}

// expectWhole opens the store of a killed child, compares it with the child's reports, and returns
// the next batch. The last batch may be committed although the child could not report it.
func expectWhole(dir string, first, committed int, cut []int) (int, []int) {
	GinkgoHelper()
	ctx := context.Background()
	s, err := store.Open(dir, &smallSegments)
	Expect(err).NotTo(HaveOccurred())
	defer func() { Expect(s.Close()).To(Succeed()) }()

	var uids []string
	Expect(s.Each(ctx, store.Inbox, func(e *store.Entry) error {
		uids = append(uids, e.UID)
		n, err := strconv.Atoi(e.UID)
		Expect(err).NotTo(HaveOccurred())
		if n/perBatch >= first-1 { // Check verifies the older ones
			got := content(s, e.ID)
			Expect(bytes.Equal(got, numbered(n))).To(BeTrue(), "message %d", n)
		}
		return nil
	})).To(Succeed())
	batches := first + committed
	want := visible(batches, cut, first)
	if len(uids) != len(want) {
		batches++
		want = visible(batches, cut, first)
	}
	Expect(uids).To(Equal(want))

	sum, err := s.Check(ctx, func(p store.Problem) {
		// The bodies of the unfinished batch stay until their messages are fetched again.
		Expect(p.Text).To(ContainSubstring("a message that the index does not know"))
	})
	Expect(err).NotTo(HaveOccurred())
	Expect(sum.Bodies).To(Equal(len(want)))
	return batches, append(cut, first)
}

// visible lists the messages that are there after so many batches, when new
// children began with the batches in starts and with last.
func visible(batches int, starts []int, last int) []string {
	began := map[int]bool{last: true}
	for _, k := range starts {
		began[k] = true
	}
	var list []string
	for k := range batches {
		list = append(list, strconv.Itoa(perBatch*k))
		if k+1 == batches || began[k+1] { // not deleted by a successor
			list = append(list, strconv.Itoa(perBatch*k+1))
		}
		list = append(list, strconv.Itoa(perBatch*k+2))
	}
	return list
}
