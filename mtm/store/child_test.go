package store_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/mtm/store"
)

// The environment variables of a child process: what it does, where, and from which number on.
const (
	childRole  = "STORE_TEST_CHILD"
	childDir   = "STORE_TEST_DIR"
	childStart = "STORE_TEST_START"
)

// smallSegments make rotation and reclaiming common.
var smallSegments = store.Options{SegmentSize: 256 << 10}

// workMailbox is the mailbox of messages in tests.
var workMailbox = store.Mailbox{Name: "work", Host: "pop.example.org:995", User: "ada"}

// child runs in the second process and returns its exit status.
func child(role string) int {
	start, err := strconv.Atoi(os.Getenv(childStart))
	if err == nil {
		count := 1 << 30
		_, _ = fmt.Sscanf(role, "write %d", &count) // "write for ever"
		switch {
		case strings.HasPrefix(role, "write "):
			err = writeBatches(os.Getenv(childDir), start, count)
		case role == "add and copy many":
			err = addAndCopy(os.Getenv(childDir))
		case role == "hold a body":
			err = holdBody(os.Getenv(childDir), store.ID(start))
		default:
			err = fmt.Errorf("no role %q", role)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// startChild starts a second process; the caller waits for it.
func startChild(role, dir string, start int) (cmd *exec.Cmd, in io.WriteCloser, out io.ReadCloser) {
	GinkgoHelper()
	cmd = exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childRole+"="+role, childDir+"="+dir, fmt.Sprintf("%s=%d", childStart, start))
	cmd.Stderr = GinkgoWriter
	in, err := cmd.StdinPipe()
	Expect(err).NotTo(HaveOccurred())
	out, err = cmd.StdoutPipe()
	Expect(err).NotTo(HaveOccurred())
	Expect(cmd.Start()).To(Succeed())
	return cmd, in, out
}

// numbered returns the content of message n. Its length and every octet depend on n.
func numbered(n int) []byte {
	size := n * 7919 % 20_000
	switch {
	case n%17 == 3:
		size = 0
	case n%23 == 5:
		size = 300_000 + n%1000
	}
	var word [8]byte
	binary.LittleEndian.PutUint64(word[:], uint64(n)*0x9E3779B97F4A7C15+1)
	return bytes.Repeat(word[:], size/8+1)[:size]
}

// perBatch is how many messages each batch of writeBatches adds. Batch k adds the messages 3k, 3k+1
// and 3k+2, and deletes 3(k-1)+1.
const perBatch = 3

// writeBatches writes batches, and prints an octet for each step: 'w' inside a body, 'a' before a
// commit, 'c' after it, and 'r' after a reclaim.
func writeBatches(dir string, first, count int) (err error) {
	ctx := context.Background()
	s, err := store.Open(dir, &smallSegments)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	say := func(step byte) {
		if err == nil {
			_, err = os.Stdout.Write([]byte{step})
		}
	}
	var previous []*store.Entry
	for k := first; k < first+count; k++ {
		b := s.NewBatch()
		var entries []*store.Entry
		for n := perBatch * k; n < perBatch*(k+1); n++ {
			w := b.BodyOf(store.BodyWhole, store.Origin{Mailbox: workMailbox, UID: strconv.Itoa(n)})
			for rest := numbered(n); ; {
				piece := rest[:min(len(rest), 100_000)]
				if _, err := w.Write(piece); err != nil {
					return err
				}
				say('w')
				if rest = rest[len(piece):]; len(rest) == 0 {
					break
				}
			}
			body, err := w.Close()
			if err != nil {
				return err
			}
			e := &store.Entry{Parent: store.Inbox, Type: store.TypeMessage, UID: strconv.Itoa(n), Body: body}
			b.Add(e)
			entries = append(entries, e)
		}
		if previous != nil {
			b.Delete(previous[1].ID)
		}
		previous = entries
		say('a')
		if err := b.Commit(ctx); err != nil {
			return err
		}
		say('c')
		if k%8 == 7 {
			if _, err := s.Reclaim(ctx); err != nil {
				return err
			}
			say('r')
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// addAndCopy adds 3,000 entries in one commit and copies them in another.
func addAndCopy(dir string) (err error) {
	ctx := context.Background()
	s, err := store.Open(dir, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	copies := store.Copies{Into: store.Sent}
	b := s.NewBatch()
	var entries []*store.Entry
	for n := range 3000 {
		entries = append(entries, entry(store.Inbox, n))
		b.Add(entries[n])
	}
	if err = b.Commit(ctx); err != nil {
		return err
	}
	for _, e := range entries {
		copies.Of = append(copies.Of, store.Copied{Source: e.ID})
	}
	b = s.NewBatch()
	b.Copy(&copies)
	return b.Commit(ctx)
}

// holdBody reads the first octet of a body, prints an octet, and reads the rest when its standard
// input ends.
func holdBody(dir string, id store.ID) (err error) {
	s, err := store.Open(dir, &store.Options{ReadOnly: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	r, err := s.Body(context.Background(), id)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	if _, err := io.ReadFull(r, make([]byte, 1)); err != nil {
		return err
	}
	if _, err := os.Stdout.Write([]byte{'h'}); err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, r) // verifies the checksum
	return err
}
