package mtm_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"sync/atomic"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/fakeserver"
	"pop3mtm/mtm"
	"pop3mtm/mtm/account"
	"pop3mtm/mtm/store"
)

var _ = Describe("A connect with autosend on", func() {
	ctx := context.Background()
	on := func(p *account.POP3) { sends(p); p.Autosend = true }

	// launches counts, and notes the last service.
	type launches struct {
		count atomic.Int32
		smtp  atomic.Int64
	}
	counting := func(l *launches, err error) *mtm.Options {
		return &mtm.Options{Launcher: mtm.LauncherFunc(func(_ context.Context, _ *store.Store, smtp store.ID) error {
			l.count.Add(1)
			l.smtp.Store(int64(smtp))
			return err
		})}
	}
	queue := func(b *bench, state store.SendingState) {
		GinkgoHelper()
		batch := b.store.NewBatch()
		batch.Add(&store.Entry{Parent: store.Outbox, Type: store.TypeMessage, Service: 4711, Sending: state})
		Expect(batch.Commit(ctx)).To(Succeed())
	}

	It("launches the sending once when the Outbox holds mail of any state or service", func() {
		l := &launches{}
		b := newBench(nil, counting(l, errors.New("it cannot be started")), nil, on)
		queue(b, store.SendSuspended)
		b.mustDo(mtm.Connect{})
		b.mustDo(mtm.Disconnect{})
		b.mustDo(mtm.GetMail{Into: store.Inbox, Link: mtm.StayOnline})
		b.mustDo(mtm.GetMail{Into: store.Inbox, Link: mtm.WhileConnected})
		b.mustDo(mtm.Disconnect{})
		Expect(b.box.Close()).To(Succeed())
		Expect(l.count.Load()).To(Equal(int32(2)), "connect, and get mail that connects")
		service, err := b.store.Entry(ctx, b.id)
		Expect(err).NotTo(HaveOccurred())
		Expect(l.smtp.Load()).To(Equal(int64(service.Related)))
	})

	It("launches nothing when the Outbox is empty, autosend is off, or there is no SMTP service", func() {
		for name, changes := range map[string][]change{"empty": {on}, "off": {sends}, "without": {func(p *account.POP3) { p.Autosend = true }}} {
			l := &launches{}
			b := newBench(nil, counting(l, nil), nil, changes...)
			if name != "empty" {
				queue(b, store.SendWaiting)
			}
			b.mustDo(mtm.Connect{})
			b.mustDo(mtm.Disconnect{})
			Expect(b.box.Close()).To(Succeed())
			Expect(l.count.Load()).To(BeZero(), name)
		}
	})

	It("launches it although the login fails", func() {
		l := &launches{}
		b := newBench(&fakeserver.Options{Users: map[string]fakeserver.User{}}, counting(l, nil), nil, on)
		queue(b, store.SendWaiting)
		_, err := b.do(mtm.Connect{})
		Expect(err).To(HaveOccurred())
		Expect(b.box.Close()).To(Succeed())
		Expect(l.count.Load()).To(Equal(int32(1)))
	})

	It("does not wait for a sending in this process, but Close does", func() {
		release, ended := make(chan struct{}), atomic.Bool{}
		b := newBench(nil, &mtm.Options{Launcher: mtm.LauncherFunc(func(ctx context.Context, _ *store.Store, _ store.ID) error {
			<-release
			ended.Store(true)
			return ctx.Err()
		})}, nil, on)
		queue(b, store.SendWaiting)
		b.mustDo(mtm.Connect{})
		b.mustDo(mtm.Disconnect{})
		closed := make(chan error)
		go func() { closed <- b.box.Close() }()
		Consistently(closed, "50ms").ShouldNot(Receive())
		close(release)
		Expect(<-closed).To(Succeed())
		Expect(ended.Load()).To(BeTrue())
	})

	It("starts a program with the store and the service's id", func() {
		if runtime.GOOS == "windows" {
			Skip("the program of this test is a shell script")
		}
		dir := GinkgoT().TempDir()
		script, said := filepath.Join(dir, "autosend"), filepath.Join(dir, "said")
		Expect(os.WriteFile(script, []byte("#!/bin/sh\necho \"$@\" >'"+said+"'\n"), 0o700)).To(Succeed())
		b := newBench(nil, &mtm.Options{Launcher: mtm.Program{Path: script}}, nil, on)
		queue(b, store.SendWaiting)
		b.mustDo(mtm.Connect{})
		Expect(b.box.Close()).To(Succeed())
		service, err := b.store.Entry(ctx, b.id)
		Expect(err).NotTo(HaveOccurred())
		want := b.dir + " " + strconv.Itoa(int(service.Related)) + "\n"
		Eventually(func() string { text, _ := os.ReadFile(said); return string(text) }).WithTimeout(patience).Should(Equal(want))
	})
})
