package hold_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/mtm/hold"
)

var _ = Describe("A mailbox", func() {
	ctx := context.Background()
	var place hold.Place
	BeforeEach(func() { place = hold.Place{Dir: filepath.Join(GinkgoT().TempDir(), "locks"), Name: "7"} })

	take := func() *hold.Hold {
		GinkgoHelper()
		h, err := place.Take(ctx, 0)
		Expect(err).NotTo(HaveOccurred())
		return h
	}
	status := func() hold.Status {
		GinkgoHelper()
		st, err := place.Status()
		Expect(err).NotTo(HaveOccurred())
		return st
	}
	// start starts a second process, and returns it once it has said its line.
	start := func(role string, env ...string) (cmd *exec.Cmd, in io.Closer, said string) {
		GinkgoHelper()
		cmd = exec.Command(os.Args[0])
		cmd.Env = append(append(os.Environ(), childRole+"="+role, childDir+"="+place.Dir), env...)
		stdin, err := cmd.StdinPipe()
		Expect(err).NotTo(HaveOccurred())
		stdout, err := cmd.StdoutPipe()
		Expect(err).NotTo(HaveOccurred())
		Expect(cmd.Start()).To(Succeed())
		DeferCleanup(func() { _ = cmd.Process.Kill() })
		said, err = bufio.NewReader(stdout).ReadString('\n')
		Expect(err).NotTo(HaveOccurred())
		return cmd, stdin, strings.TrimSpace(said)
	}

	It("has one holder, also within a process, and the next one when it is released", func() {
		h := take()
		_, err := place.Take(ctx, 0)
		held, ok := errors.AsType[*hold.HeldError](err)
		Expect(ok).To(BeTrue(), "%v", err)
		Expect(held.Holder.PID).To(Equal(os.Getpid()))
		Expect(held.Holder.Command).To(Equal(filepath.Base(os.Args[0])))
		Expect(held.Holder.Started).To(BeTemporally("~", time.Now(), time.Hour))
		Expect(held.Holder.Token).To(Equal(h.Token()))
		Expect(err.Error()).To(MatchRegexp(`^` + regexp.QuoteMeta(held.Holder.Command) + ` \(pid \d+, started [-\d]+ [:\d]+\) has the mailbox open$`))
		Expect(h.Release()).To(Succeed())
		Expect(h.Release()).To(Succeed(), "a second release does nothing")
		again := take()
		Expect(h.SetBusy(false)).To(Succeed(), "nor does what was released")
		Expect(status().Busy).To(BeTrue())
		Expect(again.Token()).NotTo(Equal(h.Token()))
		Expect(again.Release()).To(Succeed())
	})

	It("reports whether its holder is logged in and busy", func() {
		Expect(status()).To(Equal(hold.Status{}), "before anybody took it")
		Expect(place.Dir).NotTo(BeADirectory(), "to ask makes nothing")
		h := take()
		Expect(status()).To(And(HaveField("Held", true), HaveField("Busy", true), HaveField("Connected", false)))
		Expect(h.SetConnected(true)).To(Succeed())
		Expect(h.SetBusy(false)).To(Succeed())
		Expect(status()).To(And(HaveField("Busy", false), HaveField("Connected", true), HaveField("Holder.Token", h.Token())))
		Expect(h.SetBusy(true)).To(Succeed())
		Expect(h.SetBusy(true)).To(Succeed())
		Expect(status().Busy).To(BeTrue())
		Expect(h.Release()).To(Succeed())
		Expect(status()).To(Equal(hold.Status{}))
	})

	It("is free as soon as its holder is killed, whatever the files say", func() {
		child, _, said := start("hold")
		Expect(said).To(Equal(strconv.Itoa(child.Process.Pid) + " <nil>"))
		Expect(status()).To(And(HaveField("Connected", true), HaveField("Busy", true), HaveField("Holder.PID", child.Process.Pid)))
		_, err := place.Take(ctx, 0)
		Expect(err).To(MatchError(ContainSubstring("(pid " + strconv.Itoa(child.Process.Pid) + ", started ")))
		Expect(child.Process.Kill()).To(Succeed())
		_ = child.Wait()
		Expect(filepath.Join(place.Dir, "7.holder")).To(BeARegularFile())
		Expect(status()).To(Equal(hold.Status{}))
		Expect(take().Release()).To(Succeed())
	})

	It("is not kept by a process that its holder started", func() {
		h := take()
		Expect(h.SetConnected(true)).To(Succeed())
		start("sleep")
		Expect(h.Release()).To(Succeed())
		Expect(status()).To(Equal(hold.Status{}))
		Expect(take().Release()).To(Succeed())
	})

	It("refuses nobody because somebody asks", func() {
		Expect(take().Release()).To(Succeed())
		var done atomic.Bool
		var asking sync.WaitGroup
		defer asking.Wait()
		defer done.Store(true)
		for range 4 {
			asking.Go(func() {
				defer GinkgoRecover()
				for !done.Load() {
					Expect(place.Status()).Error().NotTo(HaveOccurred())
				}
			})
		}
		for range 1000 {
			h := take()
			Expect(h.SetConnected(true)).To(Succeed())
			Expect(h.SetBusy(false)).To(Succeed())
			Expect(h.SetBusy(true)).To(Succeed())
			Expect(h.Release()).To(Succeed())
		}
	})

	It("is never shown with the record of an earlier holder", func() {
		var done atomic.Bool
		var taking sync.WaitGroup
		var mu sync.Mutex
		known := map[string]int{} // tokens, in the order of their holders
		count := func() int { mu.Lock(); defer mu.Unlock(); return len(known) }
		defer taking.Wait()
		defer done.Store(true)
		taking.Go(func() {
			defer GinkgoRecover()
			for !done.Load() {
				h := take()
				mu.Lock()
				known[h.Token()] = len(known)
				mu.Unlock()
				status() // so that it has the mailbox for a while
				Expect(h.Release()).To(Succeed())
			}
		})
		seen := 0
		for seen < 50 {
			before := count()
			st := status()
			mu.Lock()
			n, told := known[st.Holder.Token]
			mu.Unlock()
			if told {
				seen++
				Expect(n).To(BeNumerically(">=", before-1))
			}
		}
	})

	It("has one holder among processes that all want it", func() {
		Expect(os.MkdirAll(place.Dir, 0o700)).To(Succeed())
		var all []*exec.Cmd
		for range 3 {
			cmd := exec.Command(os.Args[0])
			cmd.Env = append(os.Environ(), childRole+"=count", childDir+"="+place.Dir, "HOLD_ROUNDS=20")
			cmd.Stdout, cmd.Stderr = GinkgoWriter, GinkgoWriter
			Expect(cmd.Start()).To(Succeed())
			all = append(all, cmd)
		}
		Expect(count(place, 20)).To(Succeed())
		for _, cmd := range all {
			Expect(cmd.Wait()).To(Succeed())
		}
		text, err := os.ReadFile(filepath.Join(place.Dir, "number"))
		Expect(err).NotTo(HaveOccurred())
		Expect(string(text)).To(Equal("80"))
	})

	It("leaves nothing when it is removed", func() {
		Expect(take().Remove()).To(Succeed())
		Expect(os.ReadDir(place.Dir)).To(BeEmpty())
		Expect(take().Release()).To(Succeed())
	})

	It("says the cause when its files cannot be written, and is not held then", func() {
		if _, err := os.Stat("/dev/full"); err != nil {
			Skip("there is no /dev/full")
		}
		Expect(os.MkdirAll(place.Dir, 0o700)).To(Succeed())
		name := filepath.Join(place.Dir, "7.holder")
		Expect(os.Symlink("/dev/full", name)).To(Succeed()) // every write to it says ENOSPC
		_, err := place.Take(ctx, 0)
		Expect(err).To(MatchError(hold.ErrDiskFull))
		Expect(status()).To(Equal(hold.Status{}))
		Expect(os.Remove(name)).To(Succeed())
		Expect(take().Release()).To(Succeed())
	})

	It("says so when its directory cannot be made", func() {
		place.Dir = filepath.Join(GinkgoT().TempDir(), "file")
		Expect(os.WriteFile(place.Dir, nil, 0o600)).To(Succeed())
		_, err := place.Take(ctx, time.Hour)
		Expect(err).To(MatchError(HavePrefix("cannot lock the mailbox: ")))
		Expect(place.Status()).Error().To(HaveOccurred())
	})

	It("shows no name that could do anything to a terminal", func() {
		h := take()
		name := filepath.Join(place.Dir, "7.holder")
		Expect(os.WriteFile(name, []byte(` {"pid": 5, "command": "a\u001b[2J\u202e`+strings.Repeat("x", 200)+`"}`), 0o600)).To(Succeed())
		Expect(status().Holder.Command).To(Equal("a?[2J?" + strings.Repeat("x", 94)))
		Expect(os.WriteFile(name, []byte(strings.Repeat("{", 1<<20)), 0o600)).To(Succeed())
		Expect(status().Holder).To(BeZero())
		_, err := place.Take(ctx, 0)
		Expect(err).To(MatchError("another program has the mailbox open"))
		Expect(h.Release()).To(Succeed())
	})
})

// A plain test, since a bubble of synctest wants a *testing.T.
func TestWaiting(t *testing.T) {
	place := hold.Place{Dir: t.TempDir(), Name: "7"}
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		first, err := place.Take(t.Context(), 0)
		g.Expect(err).NotTo(HaveOccurred())
		began := time.Now()
		_, err = place.Take(t.Context(), 5*time.Second)
		g.Expect(err).To(MatchError(HaveSuffix("has the mailbox open (waited 5s)")))
		g.Expect(time.Since(began)).To(Equal(5 * time.Second))

		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Minute, cancel)
		_, err = place.Take(ctx, time.Hour)
		g.Expect(err).To(MatchError(context.Canceled))

		time.AfterFunc(time.Minute, func() { g.Expect(first.Release()).To(Succeed()) })
		second, err := place.Take(t.Context(), time.Hour)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(second.Release()).To(Succeed())
	})
}
