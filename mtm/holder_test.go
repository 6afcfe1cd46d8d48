package mtm_test

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/edit"
	"pop3mtm/mtm"
	"pop3mtm/mtm/account"
	"pop3mtm/mtm/hold"
	"pop3mtm/mtm/store"
)

var _ = Describe("The mailbox of an account", func() {
	ctx := context.Background()
	var b *bench
	var other *mtm.Client // of another program, for all that matters
	inUse := func(err error) {
		GinkgoHelper()
		Expect(err).To(MatchError(mtm.ErrInUse))
		held, ok := errors.AsType[*hold.HeldError](err)
		Expect(ok).To(BeTrue(), "%v", err)
		Expect(held.Holder.PID).To(Equal(os.Getpid()))
	}
	begin := func(server *fakeserver.Options, changes ...change) {
		GinkgoHelper()
		b = newBench(server, nil, mails(3), changes...)
		var err error
		other, err = mtm.Open(b.store, b.id, nil)
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(func() { Expect(other.Close()).To(Succeed()) })
	}
	free := func() {
		GinkgoHelper()
		Expect(mtm.Status(b.store, b.id)).To(Equal(hold.Status{}))
		Expect(other.InvokeSync(ctx, mtm.Connect{})).To(Succeed())
		Expect(other.InvokeSync(ctx, mtm.Disconnect{})).To(Succeed())
	}
	// within runs f while the server keeps a client waiting for the answer to a
	// verb, and lets it go on.
	within := func(verb string, cmd mtm.Command, f func()) *mtm.Operation {
		GinkgoHelper()
		came, release := make(chan struct{}), make(chan struct{})
		b.srv.On(fakeserver.Match{Verb: verb}, func(x *fakeserver.Exchange) edit.Reply {
			close(came)
			<-release
			return fakeserver.Auto(x)
		}).Once()
		op, err := b.box.InvokeAsync(ctx, cmd)
		Expect(err).NotTo(HaveOccurred())
		defer close(release)
		Eventually(came).WithTimeout(patience).Should(BeClosed())
		f()
		return op
	}

	It("has one client at a time, from connect to disconnect", func() {
		begin(nil)
		b.mustDo(mtm.Connect{})
		inUse(other.InvokeSync(ctx, mtm.Connect{}))
		inUse(other.InvokeSync(ctx, get(mtm.All, mtm.Copy, mtm.ThenDisconnect)))
		Expect(b.srv.Transcripts()).To(HaveLen(1), "the second one does not come near the server")
		Expect(b.box.InvokeSync(ctx, mtm.Connect{})).To(MatchError(mtm.ErrAlreadyConnected))
		b.mustDo(mtm.Disconnect{})
		Expect(other.InvokeSync(ctx, mtm.Connect{})).To(Succeed())
		inUse(b.box.InvokeSync(ctx, mtm.Connect{}))
	})

	It("is kept from a client that comes while another one fetches", func() {
		begin(nil)
		op := within("RETR", get(mtm.All, mtm.Copy, mtm.ThenDisconnect), func() {
			inUse(other.InvokeSync(ctx, get(mtm.All, mtm.Copy, mtm.ThenDisconnect)))
		})
		Expect(op.Wait()).To(Succeed())
		Expect(b.inbox()).To(HaveLen(3))
		free()
	})

	It("is waited for when that was asked", func() {
		begin(nil)
		b.mustDo(mtm.Connect{})
		op, err := other.InvokeAsync(ctx, mtm.GetMail{Which: mtm.All, Link: mtm.ThenDisconnect, Into: store.Inbox, Wait: time.Hour})
		Expect(err).NotTo(HaveOccurred())
		b.mustDo(get(mtm.All, mtm.Copy, mtm.WhileConnected))
		b.mustDo(mtm.Disconnect{})
		Expect(op.Wait()).To(Succeed())
		Expect(op.Result().AlreadyThere).To(Equal(3))

		b.mustDo(mtm.Connect{})
		op, err = other.InvokeAsync(ctx, mtm.Connect{Wait: time.Hour})
		Expect(err).NotTo(HaveOccurred())
		op.Cancel()
		Expect(op.Wait()).To(MatchError(mtm.ErrCancelled))
		Expect(b.box.Connected()).To(BeTrue())
	})

	It("is given back whatever ends the session", func() {
		begin(nil)
		b.srv.On(fakeserver.Match{Verb: "USER"}, fakeserver.Auto.With(edit.Refuse("no"))).Once()
		_, err := b.do(mtm.Connect{})
		Expect(err).To(MatchError(mtm.ErrInvalidUser))
		free()

		b.mustDo(mtm.Connect{})
		Expect(b.box.Close()).To(Succeed(), "without Disconnect")
		free()

		b.open(&mtm.Options{Dial: func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("no network") }})
		_, err = b.do(mtm.Connect{})
		Expect(err).To(MatchError(mtm.ErrCannotConnect))
		free()

		b.open(nil)
		b.srv.On(fakeserver.Match{Verb: "QUIT"}, fakeserver.Auto.With(edit.Refuse("no"))).Once()
		b.mustDo(mtm.Connect{})
		b.mustDo(mtm.Disconnect{})
		free()

		b.mustDo(mtm.Connect{})
		Expect(b.srv.Close()).To(Succeed())
		Eventually(b.box.Err).WithTimeout(patience).Should(HaveOccurred(), "the line drops while it is idle")
		Eventually(func() (hold.Status, error) { return mtm.Status(b.store, b.id) }).WithTimeout(patience).Should(Equal(hold.Status{}))
	})

	It("is known to be connected and busy to any client", func() {
		begin(nil)
		Expect(other.InvokeSync(ctx, mtm.IsConnected{})).To(MatchError(mtm.ErrDisconnected))
		Expect(other.InvokeSync(ctx, mtm.Busy{})).To(Succeed())
		op := within("LIST", mtm.Connect{}, func() {
			Expect(other.InvokeSync(ctx, mtm.IsConnected{})).To(Succeed())
			Expect(other.InvokeSync(ctx, mtm.Busy{})).To(And(MatchError(mtm.ErrBusy), MatchError(ContainSubstring("has the mailbox open"))))
			Expect(b.box.InvokeSync(ctx, mtm.Busy{})).To(MatchError(mtm.ErrBusy))
		})
		Expect(op.Wait()).To(Succeed())
		for _, client := range []*mtm.Client{b.box, other} {
			Expect(client.InvokeSync(ctx, mtm.IsConnected{})).To(Succeed())
			Expect(client.InvokeSync(ctx, mtm.Busy{})).To(Succeed())
		}
		op = within("RETR", get(mtm.All, mtm.Copy, mtm.WhileConnected), func() {
			Expect(other.InvokeSync(ctx, mtm.Busy{})).To(MatchError(mtm.ErrBusy))
		})
		Expect(op.Wait()).To(Succeed())
		b.mustDo(mtm.Disconnect{})
		Expect(other.InvokeSync(ctx, mtm.IsConnected{})).To(MatchError(mtm.ErrDisconnected))
	})

	It("is not connected because a program was killed while it was, and the next session puts its entries right", func() {
		begin(nil)
		b.mustDo(mtm.Connect{})
		b.mustDo(mtm.Disconnect{})
		batch := b.store.NewBatch()
		batch.SetFlags([]store.ID{b.id}, store.Connected, 0)
		batch.Show(b.id)
		Expect(batch.Commit(ctx)).To(Succeed())
		Expect(other.InvokeSync(ctx, mtm.IsConnected{})).To(MatchError(mtm.ErrDisconnected))
		Expect(other.Connected()).To(BeFalse())
		Expect(b.srv.Close()).To(Succeed())
		_, err := b.do(mtm.Connect{})
		Expect(err).To(MatchError(mtm.ErrCannotConnect))
		service, err := b.store.Entry(ctx, b.id)
		Expect(err).NotTo(HaveOccurred())
		Expect(service.Flags.Has(store.Connected)).To(BeFalse())
		Expect(b.mailbox()).To(HaveEach(HaveField("Flags", WithTransform(func(f store.Flags) bool { return f.Has(store.Invisible) }, BeTrue()))))
	})

	It("is not taken from under its holder by removing the account", func() {
		begin(nil)
		b.mustDo(mtm.Connect{})
		inUse(mtm.RemoveAccount(ctx, b.store, b.id))
		b.mustDo(mtm.Disconnect{})
		Expect(mtm.RemoveAccount(ctx, b.store, b.id)).To(Succeed())
		Expect(filepath.Glob(filepath.Join(b.dir, "locks", "7.*"))).To(BeEmpty())
		Expect(mtm.Accounts(ctx, b.store)).To(BeEmpty())
	})

	It("leaves a client without it offline for the queue, and its holder deletes what it finds at QUIT", func() {
		begin(nil, func(p *account.POP3) { p.DisconnectedMode = true })
		b.mustDo(mtm.Connect{})
		box := b.mailbox() // u3, u2, u1
		ids := []store.ID{box[0].ID, box[1].ID, box[2].ID}
		Expect(other.InvokeSync(ctx, mtm.Delete{Messages: ids})).To(Succeed())
		Expect(other.InvokeSync(ctx, mtm.CancelOffline{Messages: ids[:1]})).To(Succeed())
		b.mustDo(mtm.CancelOffline{Messages: ids[1:2]})
		copied, err := other.InvokeAsync(ctx, mtm.GetMail{Which: mtm.Selection, Messages: ids[:1], Into: store.Inbox})
		Expect(err).NotTo(HaveOccurred())
		Expect(copied.Wait()).To(Succeed())
		Expect(copied.Result().Queued).To(Equal(ids[:1]))
		b.mustDo(mtm.Disconnect{})
		Expect(b.drop.UIDs()).To(Equal([]string{"u2", "u3"}))
		Expect(other.InvokeSync(ctx, mtm.Connect{})).To(Succeed())
		Expect(uids(b.inbox())).To(Equal([]string{"u3"}))
	})

	It("is refused when a delete is taken back that is being carried out, and says so", func() {
		begin(nil, func(p *account.POP3) { p.DisconnectedMode = true })
		b.mustDo(mtm.Connect{})
		box := b.mailbox()
		b.mustDo(mtm.Delete{Messages: []store.ID{box[0].ID}})
		for _, verb := range []string{"DELE", "QUIT"} {
			op := within(verb, mtm.Disconnect{}, func() {
				op, err := other.InvokeAsync(ctx, mtm.CancelOffline{Messages: []store.ID{box[0].ID, box[1].ID}})
				Expect(err).NotTo(HaveOccurred())
				err = op.Wait()
				Expect(err).To(MatchError(mtm.ErrInUse))
				Expect(err).To(MatchError(ContainSubstring("the delete is being carried out: it is too late to take it back")))
				Expect(op.Progress().TotalMessages).To(BeZero())
				if verb == "DELE" {
					b.box.InvokeSync(ctx, mtm.Disconnect{}) //nolint:errcheck // it drops the session, whose delete is not done then
				}
			})
			if verb == "QUIT" {
				Expect(op.Wait()).To(Succeed())
				break
			}
			_ = op.Wait()
			Expect(b.drop.UIDs()).To(HaveLen(3))
			b.mustDo(mtm.Connect{})
		}
		Expect(b.drop.UIDs()).To(Equal([]string{"u1", "u2"}))
	})

	It("is refused when a copy is taken back that is being carried out, and the copy comes", func() {
		begin(nil, func(p *account.POP3) { p.DisconnectedMode = true })
		b.mustDo(mtm.Connect{})
		b.mustDo(mtm.Disconnect{})
		id := b.mailbox()[0].ID
		b.mustDo(mtm.GetMail{Which: mtm.Selection, Take: mtm.Move, Messages: []store.ID{id}, Into: store.Inbox})
		op := within("RETR", mtm.Connect{}, func() {
			Expect(other.InvokeSync(ctx, mtm.CancelOffline{Messages: []store.ID{id}})).To(MatchError(ContainSubstring("the move is being carried out")))
		})
		Expect(op.Wait()).To(Succeed())
		Expect(uids(b.inbox())).To(Equal([]string{"u3"}))
		Expect(other.InvokeSync(ctx, mtm.CancelOffline{Messages: []store.ID{id}})).To(Succeed(), "the delete of the move is not begun yet")
		b.mustDo(mtm.Disconnect{})
		Expect(b.drop.UIDs()).To(HaveLen(3))
	})

	It("is refused no longer than the session: what it could not carry out can be taken back", func() {
		begin(nil, func(p *account.POP3) { p.DisconnectedMode = true })
		b.mustDo(mtm.Connect{})
		b.mustDo(mtm.Disconnect{})
		id := b.mailbox()[0].ID
		b.mustDo(mtm.GetMail{Which: mtm.Selection, Messages: []store.ID{id}, Into: store.Inbox})
		b.srv.On(fakeserver.Match{Verb: "RETR"}, fakeserver.Auto.With(edit.Refuse("not now"))).Once()
		_, err := b.do(mtm.Connect{})
		Expect(err).To(HaveOccurred())
		Expect(b.box.Connected()).To(BeTrue())
		Expect(other.InvokeSync(ctx, mtm.CancelOffline{Messages: []store.ID{id}})).To(Succeed())
		Expect(b.inbox()).To(BeEmpty())
	})
})

var _ = Describe("Accounts that are added at the same time", func() {
	It("have names of their own", func() {
		ctx := context.Background()
		st, err := store.Open(GinkgoT().TempDir(), nil)
		Expect(err).NotTo(HaveOccurred())
		defer func() { Expect(st.Close()).To(Succeed()) }()
		settings := account.Defaults()
		settings.Host, settings.LoginName = "pop.example.org", "demo"
		var adding sync.WaitGroup
		var added atomic.Int32
		for range 8 {
			adding.Go(func() {
				defer GinkgoRecover()
				if _, err := mtm.AddAccount(ctx, st, "work", settings); err == nil {
					added.Add(1)
				} else {
					Expect(err).To(MatchError(mtm.ErrInUse))
				}
			})
		}
		adding.Wait()
		Expect(added.Load()).To(Equal(int32(1)))
		Expect(mtm.Accounts(ctx, st)).To(HaveLen(1))
	})
})
