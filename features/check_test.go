package features

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/edit"
	"pop3mtm/mtm/store"
)

// The harness has to notice what a scenario's author forgot.
var _ = Describe("After a scenario the harness", func() {
	var (
		w   *world
		ctx context.Context
	)

	// begin runs in the goroutine of the spec, as in that of a scenario.
	begin := func() {
		GinkgoHelper()
		w, ctx = new(world), context.Background()
		w.Gomega = NewGomega(func(message string, _ ...int) { Fail(message) })
		Expect(w.begin(ctx, "this one")).To(Succeed())
		Expect(w.mailboxHolds(`"Lunch"`)).To(Succeed())
	}

	// impatient is for what the harness would wait for, and will not come.
	impatient := func() { w.patience = 100 * time.Millisecond }

	get := func() {
		GinkgoHelper()
		begin()
		Expect(w.do(ctx, "copy all messages, then disconnecting")).To(Succeed())
		Expect(w.wait(w.last)).To(Succeed())
	}

	It("is content when all is well, and leaves nothing on the disk", func() {
		get()
		Expect(w.end(ctx)).To(Succeed())
		Expect(w.dir).NotTo(BeAnExistingFile())
	})

	It("is content with a client that is still connected", func() {
		begin()
		Expect(w.do(ctx, "connect")).To(Succeed())
		Expect(w.end(ctx)).To(Succeed())
	})

	It("finds a fault that never came", func() {
		begin()
		Expect(w.fault(ctx, fakeserver.Match{Verb: "RETR"}, edit.Refuse("no"))).To(Succeed())
		Expect(w.end(ctx)).To(MatchError(ContainSubstring("never fired: RETR")))
	})

	It("finds a connection that was left open", func() {
		begin()
		Expect(w.ready(ctx)).To(Succeed())
		conn, err := w.lines.dial(ctx, "tcp", w.server.Addr())
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(conn.Close)
		impatient()
		_, err = conn.Read(make([]byte, 1)) // the server has taken it
		Expect(err).NotTo(HaveOccurred())
		Expect(w.end(ctx)).To(MatchError(And(
			ContainSubstring("left 1 connections open"), ContainSubstring("a connection was left open"))))
	})

	It("finds a copy that is not what the server had", func() {
		get()
		Expect(w.mailboxHolds(`"Invoice"`)).To(Succeed())
		w.letters["Lunch"] = w.letters["Invoice"]
		Expect(w.end(ctx)).To(MatchError(ContainSubstring(`"Lunch" in Inbox: `)))
	})

	It("finds a message that is there twice", func() {
		get()
		entries := w.entries(ctx, "Inbox")
		batch := w.store.NewBatch()
		batch.Add(&entries[0])
		Expect(batch.Commit(ctx)).To(Succeed())
		Expect(w.end(ctx)).To(MatchError(ContainSubstring(`"Lunch" is in Inbox twice`)))
	})

	It("finds a copy that nobody sent, or that is not complete", func() {
		get()
		e := w.entries(ctx, "Inbox")[0]
		e.Flags = e.Flags.Without(store.Complete)
		batch := w.store.NewBatch()
		batch.Update(&e)
		batch.Add(&store.Entry{Parent: store.Inbox, Type: store.TypeMessage, Description: "Spam"})
		Expect(batch.Commit(ctx)).To(Succeed())
		Expect(w.end(ctx)).To(MatchError(And(ContainSubstring("not complete"), ContainSubstring("no server had it"))))
	})

	It("finds a stray file in the store", func() {
		begin()
		Expect(os.WriteFile(filepath.Join(w.storeDir(), "bodies", "half.tmp"), nil, 0o600)).To(Succeed())
		Expect(w.end(ctx)).To(MatchError(ContainSubstring("a stray file in the store: bodies/half.tmp")))
	})

	It("finds a damaged store", func() {
		get()
		segments, err := filepath.Glob(filepath.Join(w.storeDir(), "bodies", "*.seg"))
		Expect(err).NotTo(HaveOccurred())
		Expect(segments).NotTo(BeEmpty())
		for _, path := range segments {
			raw, err := os.ReadFile(path)
			Expect(err).NotTo(HaveOccurred())
			raw[len(raw)-1]++
			Expect(os.WriteFile(path, raw, 0o600)).To(Succeed())
		}
		Expect(w.end(ctx)).To(MatchError(ContainSubstring("the store: ")))
	})

	It("finds a goroutine that was left behind, and not those of others", func() {
		begin()
		impatient()
		_, far := net.Pipe()
		go func() { _, _ = far.Read(make([]byte, 1)) }()
		err := w.end(ctx)
		Expect(far.Close()).To(Succeed())
		Expect(err).To(MatchError(And(ContainSubstring("goroutines left behind"), ContainSubstring("check_test.go"))))

		other := new(world)
		Expect(other.begin(ctx, "another")).To(Succeed())
		Expect(other.end(ctx)).To(Succeed())
	})
})
