package autosend_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/edit"
	"pop3mtm/fakeserver/smtpsink"
	"pop3mtm/mtm/autosend"
	"pop3mtm/mtm/store"
	"pop3mtm/mtm/symbian"
)

// The environment of a second process: its store and service.
const (
	childDir     = "AUTOSEND_TEST_DIR"
	childService = "AUTOSEND_TEST_SERVICE"
)

// child sends the outbox, and says so for each message.
func child(dir string) int {
	service, err := strconv.ParseInt(os.Getenv(childService), 10, 64)
	if err != nil {
		return 2
	}
	st, err := store.Open(dir, nil)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = st.Close() }()
	_, _ = autosend.Run(context.Background(), st, store.ID(service), &autosend.Options{
		Done: func(o autosend.Attempt) { fmt.Println(o.ID, o.State) },
	})
	return 0
}

func (b *bench) child() *exec.Cmd {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childDir+"="+b.dir, fmt.Sprintf("%s=%d", childService, b.smtp))
	cmd.Stderr = GinkgoWriter
	return cmd
}

// dial connects to the sink whatever the address.
func (b *bench) dial(ctx context.Context, network, _ string) (net.Conn, error) {
	return new(net.Dialer).DialContext(ctx, network, b.sink.Addr())
}

var _ = Describe("A message", func() {
	ctx := context.Background()

	It("is sent once by several programs that send the same outbox at the same time", func() {
		b := newBench(nil)
		want := map[string]int{}
		for i := range 30 {
			subject := fmt.Sprintf("m%d", i)
			b.queue(subject, store.SendWaiting)
			want[subject] = 1
		}
		children := []*exec.Cmd{b.child(), b.child()}
		for _, c := range children {
			Expect(c.Start()).To(Succeed())
		}
		_, err := b.run(nil)
		Expect(err).To(Or(Not(HaveOccurred()), MatchError(symbian.ErrNothingToSend), MatchError(symbian.ErrInUse)))
		for _, c := range children {
			Expect(c.Wait()).To(Succeed())
		}
		got := map[string]int{}
		for _, s := range b.subjects() {
			got[s]++
		}
		Expect(got).To(Equal(want))
		Expect(b.store.Count(ctx, store.Sent)).To(HaveField("Messages", 30))
	})

	It("is suspended during the send, and its end does not go out", func() {
		b := newBench(nil)
		id := b.put("Subject: long\r\n\r\n"+strings.Repeat("x\r\n", 100_000), "long", store.SendWaiting)
		second := b.queue("second", store.SendWaiting)
		b.sink.On(fakeserver.Match{Verb: "DATA", Nth: 1}, func(x *fakeserver.Exchange) edit.Reply {
			batch := b.store.NewBatch()
			batch.SetSending(id, store.SendSuspended, store.SendSending)
			Expect(batch.Commit(ctx)).To(Succeed())
			return fakeserver.Auto(x)
		}).Must()
		Expect(b.run(nil)).To(Equal(autosend.Result{Sent: 1, Suspended: 1}))
		Expect(b.subjects()).To(Equal([]string{"second"}))
		Expect(b.entry(id)).To(And(HaveField("Sending", store.SendSuspended), HaveField("Parent", store.Outbox)))
		Expect(b.outgoing(id).Lease).To(Equal(store.Lease{}))
		Expect(b.entry(second).Parent).To(Equal(store.Sent))
	})

	It("is deleted during the send, and its end does not go out", func() {
		b := newBench(nil)
		id := b.queue("gone", store.SendWaiting)
		b.sink.On(fakeserver.Match{Verb: "DATA"}, func(x *fakeserver.Exchange) edit.Reply {
			batch := b.store.NewBatch()
			batch.Delete(id)
			Expect(batch.Commit(ctx)).To(Succeed())
			return fakeserver.Auto(x)
		}).Must()
		Expect(b.run(nil)).To(Equal(autosend.Result{}))
		Expect(b.subjects()).To(BeEmpty())
	})

	It("is suspended when sending it is cancelled, and the rest waits", func() {
		b := newBench(nil)
		first, second := b.queue("first", store.SendWaiting), b.queue("second", store.SendWaiting)
		cancelled, cancel := context.WithCancel(ctx)
		b.sink.On(fakeserver.Match{Verb: "RCPT"}, func(*fakeserver.Exchange) edit.Reply {
			cancel()
			return nil // and no word more
		}).Must()
		result, err := autosend.Run(cancelled, b.store, b.smtp, nil)
		Expect(err).To(MatchError(symbian.ErrCancelled))
		Expect(result).To(Equal(autosend.Result{Suspended: 1}))
		Expect(b.entry(first).Sending).To(Equal(store.SendSuspended))
		Expect(b.entry(second).Sending).To(Equal(store.SendWaiting))
		Expect(b.subjects()).To(BeEmpty())
	})

	It("that a program was sending when it was killed is sent by another when the lease is over", func() {
		now := time.Now()
		b := &bench{sink: smtpsink.Start(GinkgoTB(), nil)}
		b.open(&store.Options{Now: func() time.Time { return now }})
		b.account()
		id := b.queue("left", store.SendWaiting)
		_, err := b.store.Lease(ctx, id, "the dead", time.Minute, store.SendWaiting)
		Expect(err).NotTo(HaveOccurred())
		result, err := b.run(nil)
		Expect(err).To(MatchError(symbian.ErrInUse))
		Expect(err).To(MatchError(And(ContainSubstring("1 message left to another program"),
			ContainSubstring("its lease ends at "+now.Add(time.Minute).Format(time.TimeOnly)))))
		Expect(result).To(Equal(autosend.Result{Held: 1}))
		now = now.Add(time.Minute)
		Expect(b.run(nil)).To(Equal(autosend.Result{Sent: 1}))
	})

	It("that a lease holds for longer than any lease runs is sent at once", func() {
		now := time.Now()
		b := &bench{sink: smtpsink.Start(GinkgoTB(), nil)}
		b.open(&store.Options{Now: func() time.Time { return now }})
		b.account()
		id := b.queue("left", store.SendWaiting)
		now = now.Add(10 * 365 * 24 * time.Hour) // a clock that was wrong for a while
		_, err := b.store.Lease(ctx, id, "the dead", time.Minute, store.SendWaiting)
		Expect(err).NotTo(HaveOccurred())
		now = now.Add(-10 * 365 * 24 * time.Hour)
		Expect(b.run(nil)).To(Equal(autosend.Result{Sent: 1}))
	})
})

// rounds of killing a program that sends.
const rounds = 8

var _ = Describe("A sending program that is killed", func() {
	for round := range rounds {
		It(fmt.Sprintf("loses no message, and sends none twice but the one whose reply it did not note, seed %d", round), func() {
			random := rand.New(rand.NewPCG(uint64(round), 5321))
			clock := time.Now()
			b := &bench{sink: smtpsink.Start(GinkgoTB(), nil)}
			b.open(&store.Options{Now: func() time.Time { return clock }})
			b.account()
			const messages = 6
			for i := range messages {
				b.queue(fmt.Sprintf("m%d", i), store.SendWaiting)
			}
			// The rule stops the program at a command of one of the messages, before or after the
			// server did its part.
			verb := []string{"MAIL", "RCPT", "DATA", "."}[random.IntN(4)]
			nth, before := 1+random.IntN(messages), random.IntN(2) == 0
			c := b.child()
			reached := make(chan struct{})
			b.sink.On(fakeserver.Match{Verb: verb, Nth: nth}, func(x *fakeserver.Exchange) edit.Reply {
				reply := edit.Reply{}
				if !before {
					reply = smtpsink.LoseReply(edit.Stall)(fakeserver.Auto(x))
				}
				close(reached)
				return reply
			}).Once().Must()
			Expect(c.Start()).To(Succeed())
			<-reached
			if before || verb != "." {
				Expect(c.Process.Kill()).To(Succeed())
			} else {
				Eventually(b.sink.Messages).WithTimeout(time.Minute).Should(HaveLen(nth))
				Expect(c.Process.Kill()).To(Succeed())
			}
			_ = c.Wait() // it was killed

			clock = clock.Add(time.Hour) // the lease is over
			Expect(b.fails(nil)).NotTo(HaveOccurred())
			got := map[string]int{}
			for _, s := range b.subjects() {
				got[s]++
			}
			for i := range messages {
				want := 1
				if verb == "." && !before && i == nth-1 {
					want = 2
				}
				Expect(got[fmt.Sprintf("m%d", i)]).To(Equal(want), "m%d, killed at %s number %d", i, verb, nth)
			}
			Expect(b.store.Count(context.Background(), store.Sent)).To(HaveField("Messages", messages))
		})
	}
})
