package mtm_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/edit"
	"pop3mtm/mtm"
	"pop3mtm/mtm/account"
	"pop3mtm/mtm/store"
)

// A message that ends, stalls or garbles the connection costs that connection, and no
// other message (QUIRK 108).
var _ = Describe("A message that breaks the connection", func() {
	const bad = 3
	ctx := context.Background()
	var b *bench

	failed := func(err error) mtm.Failure {
		GinkgoHelper()
		failure, ok := errors.AsType[*mtm.Error](err)
		Expect(ok).To(BeTrue(), "%v", err)
		Expect(failure.Failed).To(HaveLen(1), "%v", err)
		return failure.Failed[0]
	}
	// asked counts commands in the connections from the first one on.
	asked := func(first int, command string) (n int) {
		for _, transcript := range b.srv.Transcripts()[first:] {
			n += strings.Count(transcript.String()+"\n", "C: "+command+"\n")
		}
		return n
	}
	// poison breaks each connection in which the message is asked for; it is the first one after
	// the others are deleted.
	poison := func(verb string, how edit.End, from int) {
		GinkgoHelper()
		cut := fakeserver.Auto.With(edit.CutAfter(60, how))
		tail := map[string]string{"RETR": "", "TOP": " *"}[verb]
		b.srv.On(fakeserver.Match{Verb: verb, Args: fmt.Sprint(bad) + tail}, cut)
		for session := from; session < from+4; session++ {
			b.srv.On(fakeserver.Match{Verb: verb, Args: "1" + tail, Session: session}, cut)
		}
	}

	for _, take := range []mtm.Take{mtm.Copy, mtm.Move} {
		for _, without := range [][]string{nil, {"PIPELINING"}} {
			for _, how := range []edit.End{edit.Close, edit.Reset} {
				It(fmt.Sprintf("comes last, is named, and is asked for once after two: take %v, without %v, end %v", take, without, how), func() {
					b = newBench(&fakeserver.Options{Without: without}, nil, mails(5))
					from := 3
					if take == mtm.Copy {
						from = 99
					}
					poison("RETR", how, from)
					fetch := get(mtm.New, take, mtm.ThenDisconnect)
					op, err := b.do(fetch)
					Expect(err).To(MatchError(mtm.ErrDisconnected))
					f := failed(err)
					Expect(f.UID).To(Equal(uid(bad)))
					Expect(f.Subject).To(Equal("Letter 3"))
					Expect(f.Visits).To(Equal(2))
					Expect(f.ID).To(Equal(b.find(b.id, uid(bad)).ID))
					Expect(err).To(MatchError(ContainSubstring("message %d, \"Letter 3\": broke the connection 2 times: ", f.Number)))
					Expect(uids(b.inbox())).To(Equal([]string{"u5", "u4", "u2", "u1"}))
					Expect(op.Result().Messages).To(HaveLen(4))
					Expect(op.Result().AlreadyThere).To(BeZero())
					if take == mtm.Move {
						Expect(b.drop.UIDs()).To(Equal([]string{uid(bad)}))
						Expect(op.Result().Deleted).To(Equal(4))
						Expect(f.Number).To(Equal(1))
					}

					first := len(b.srv.Transcripts())
					_, err = b.do(fetch)
					Expect(failed(err).Visits).To(Equal(3))
					Expect(asked(first, fmt.Sprintf("RETR %d", f.Number))).To(Equal(1))
					Expect(b.srv.Transcripts()).To(HaveLen(first + 1))

					skip := fetch
					skip.Skip = []store.ID{f.ID}
					Expect(b.mustDo(skip).Result().Messages).To(BeEmpty())
					Expect(b.store.Breaks(ctx, b.id)).To(Equal(map[store.ID]int{f.ID: 3}))
					b.sound()
				})
			}
		}
	}

	It("is forgiven when it comes after all", func() {
		b = newBench(nil, nil, mails(5))
		b.srv.On(fakeserver.Match{Verb: "RETR", Args: "3"}, fakeserver.Auto.With(edit.CutAfter(60, edit.Close))).Once().Must()
		op := b.mustDo(get(mtm.New, mtm.Move, mtm.ThenDisconnect))
		Expect(uids(b.inbox())).To(Equal([]string{"u5", "u4", "u2", "u1", "u3"}))
		Expect(op.Result().Deleted).To(Equal(5))
		Expect(b.drop.UIDs()).To(BeEmpty())
		Expect(b.mailbox()).To(BeEmpty())
		b.sound()
	})

	It("is populated last", func() {
		b = newBench(nil, nil, mails(5), stay)
		poison("RETR", edit.Close, 99)
		b.mustDo(mtm.Connect{})
		_, err := b.do(mtm.Populate{Which: mtm.All})
		Expect(failed(err).Visits).To(Equal(2))
		Expect(b.box.Connected()).To(BeTrue(), "another connection stands")
		b.mustDo(mtm.Disconnect{})
		for _, e := range b.mailbox() {
			Expect(e.Body.Kind == store.BodyWhole).To(Equal(e.UID != uid(bad)), e.UID)
		}
		b.sound()
	})

	It("keeps nothing that waits from being carried out", func() {
		b = newBench(nil, nil, mails(5), stay)
		b.session()
		id := func(i int) []store.ID { return []store.ID{b.find(b.id, uid(i)).ID} }
		for i := 2; i <= 4; i++ {
			b.mustDo(mtm.GetMail{Which: mtm.Selection, Into: store.Inbox, Messages: id(i)})
		}
		b.mustDo(mtm.Delete{Messages: id(1)})
		b.mustDo(mtm.Populate{Which: mtm.Selection, Messages: id(5)})
		poison("RETR", edit.Close, 99)
		second := fakeserver.Match{Verb: "RETR", Args: "2", Session: 4} // after the deletion
		b.srv.On(second, fakeserver.Auto.With(edit.CutAfter(60, edit.Close))).Must()
		_, err := b.do(mtm.Connect{})
		Expect(failed(err).UID).To(Equal(uid(bad)))
		Expect(b.drop.UIDs()).To(Equal([]string{"u2", "u3", "u4", "u5"}), "what waited to be deleted is, before it is asked for again")
		Expect(b.find(b.id, uid(5)).Body.Kind).To(Equal(store.BodyWhole))
		whole := slices.DeleteFunc(b.inbox(), func(e store.Entry) bool { return !e.Flags.Has(store.Complete) })
		Expect(uids(whole)).To(Equal([]string{"u2", "u4"}))
		Expect(b.store.Queue(ctx, b.id)).To(HaveLen(1), "it waits on")
		b.sound()
	})

	It("lists a message whose header can never be read, and fetches it all the same", func() {
		for _, without := range [][]string{nil, {"UIDL"}} {
			b = newBench(&fakeserver.Options{Without: without}, nil, mails(5), stay)
			poison("TOP", edit.Close, 99)
			_, err := b.do(mtm.Connect{})
			Expect(failed(err).Visits).To(Equal(2))
			Expect(b.mailbox()).To(HaveLen(5))
			b.mustDo(mtm.Disconnect{})
			first := len(b.srv.Transcripts())
			_, err = b.do(mtm.Connect{})
			Expect(failed(err).Visits).To(Equal(3))
			Expect(asked(first, "TOP 3 1")).To(Equal(1))
			b.mustDo(mtm.Disconnect{})
			first = len(b.srv.Transcripts())
			b.mustDo(mtm.Connect{Skip: []store.ID{failed(err).ID}})
			b.mustDo(mtm.Disconnect{})
			Expect(asked(first, "TOP 3 1")).To(BeZero(), "it is left out")
			b.mustDo(get(mtm.All, mtm.Copy, mtm.ThenDisconnect)) // the message brings its header
			want := []string{"Letter 1", "Letter 2", "Letter 3", "Letter 4", "Letter 5"}
			Expect(subjects(b.inbox())).To(ConsistOf(want))
			Expect(subjects(b.mailbox())).To(ConsistOf(want))
			Expect(b.store.Breaks(ctx, b.id)).To(BeEmpty())
			if without == nil {
				b.session() // the header is not asked for again
			}
			b.sound()
		}
	})

	DescribeTable("waits for a server that can be used soon", func(refusal string) {
		b = newBench(&fakeserver.Options{Capabilities: []string{"UIDL", "TOP", "USER", "PIPELINING"}}, nil, mails(5))
		b.srv.On(fakeserver.Match{Verb: "RETR", Args: "3"}, fakeserver.Auto.With(edit.CutAfter(60, edit.Close))).Once().Must()
		b.srv.On(fakeserver.Match{Verb: "PASS", Session: 2}, fakeserver.Auto.With(edit.Refuse(refusal))).Must()
		b.srv.On(fakeserver.Match{Verb: "PASS", Session: 3}, fakeserver.Auto.With(edit.Refuse(refusal))).Must()
		b.mustDo(get(mtm.New, mtm.Move, mtm.ThenDisconnect))
		Expect(b.drop.UIDs()).To(BeEmpty())
		Expect(b.inbox()).To(HaveLen(5))
	},
		Entry("in use", "[IN-USE] another session has it"),
		Entry("the last login was just now", "[LOGIN-DELAY] wait a little"),
		Entry("a temporary failure", "[SYS/TEMP] try again"),
		Entry("in use, in words", "maildrop already locked"),
	)

	It("bounds how many messages may break connections in a row", func() {
		b = newBench(nil, nil, mails(12), func(p *account.POP3) { p.SyncLimit = -1 })
		b.srv.On(fakeserver.Match{Verb: "RETR"}, fakeserver.Auto.With(edit.CutAfter(60, edit.Close)))
		for range 4 {
			before := len(b.srv.Transcripts())
			_, err := b.do(get(mtm.New, mtm.Copy, mtm.ThenDisconnect))
			Expect(err).To(MatchError(mtm.ErrDisconnected))
			Expect(len(b.srv.Transcripts()) - before).To(BeNumerically("<=", 4))
		}
		Expect(b.store.Breaks(ctx, b.id)).To(HaveLen(12), "each command goes on with others")
	})
})

// stalling runs f with a client whose server has ended each connection before the next one begins,
// in a bubble, where time-outs take no time.
func stalling(t *testing.T, f func(*rig)) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.must(r.box.Close())
		var err error
		r.box, err = mtm.Open(r.store, r.id, &mtm.Options{Dial: func(context.Context, string, string) (net.Conn, error) {
			synctest.Wait()
			here, there := net.Pipe()
			go r.srv.ServeConn(there)
			return here, nil
		}})
		r.must(err)
		f(r)
		r.sound()
		r.close()
	})
}

func TestAMessageThatStallsTheConnectionComesLastAndIsNamed(t *testing.T) {
	for _, take := range []mtm.Take{mtm.Copy, mtm.Move} {
		stalling(t, func(r *rig) {
			stall := fakeserver.Auto.With(edit.CutAfter(60, edit.Stall))
			r.srv.On(fakeserver.Match{Verb: "RETR", Args: "3"}, stall)
			if take == mtm.Move { // it is the first one after the others are deleted
				for session := 3; session < 7; session++ {
					r.srv.On(fakeserver.Match{Verb: "RETR", Args: "1", Session: session}, stall)
				}
			}
			for _, visits := range []int{2, 3} {
				err := r.box.InvokeSync(r.t.Context(), get(mtm.New, take, mtm.ThenDisconnect))
				failure, ok := errors.AsType[*mtm.Error](err)
				if !errors.Is(err, mtm.ErrTimedOut) || !ok || len(failure.Failed) != 1 {
					r.t.Fatalf("take %v: got %v", take, err)
				}
				if f := failure.Failed[0]; f.UID != "u3" || f.Subject != "Letter 3" || f.Visits != visits {
					r.t.Errorf("take %v: got %+v, want u3 after %d visits", take, f, visits)
				}
			}
			if got := r.here(); !slices.Equal(got, []string{"u1", "u2", "u4"}) {
				r.t.Errorf("take %v: the Inbox has %v", take, got)
			}
			if got := r.server(); take == mtm.Move && !slices.Equal(got, []string{"u3"}) {
				r.t.Errorf("a move left %v on the server", got)
			}
		})
	}
}

func TestALockBeyondTheTimeOutEndsTheCommandAndTheNextAsksForTheMessageLast(t *testing.T) {
	stalling(t, func(r *rig) {
		r.srv.On(fakeserver.Match{Verb: "RETR", Args: "4"}, fakeserver.Auto.With(edit.CutAfter(60, edit.Close))).Once().Goto("busy").Must()
		refuse := r.srv.On(fakeserver.Match{Verb: "PASS", When: "busy"}, fakeserver.Auto.With(edit.Refuse("[IN-USE] still")))
		err := r.box.InvokeSync(r.t.Context(), get(mtm.New, mtm.Copy, mtm.ThenDisconnect))
		failure, ok := errors.AsType[*mtm.Error](err)
		if !errors.Is(err, mtm.ErrDisconnected) || !strings.Contains(err.Error(), "connecting again: ") || !ok || len(failure.Failed) != 1 || failure.Failed[0].UID != "u4" {
			r.t.Fatalf("got %v", err)
		}
		if refuse.Fired() < 2 {
			r.t.Error("the lock was not waited for")
		}
		refuse.Times(refuse.Fired())
		r.do(get(mtm.New, mtm.Copy, mtm.ThenDisconnect))
		if got := uids(r.children(store.Inbox)); !slices.Equal(got, []string{"u3", "u2", "u1", "u4"}) {
			r.t.Errorf("the Inbox has %v", got)
		}
	})
}
