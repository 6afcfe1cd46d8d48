package mtm_test

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/edit"
	"pop3mtm/fakeserver/maildrop"
	"pop3mtm/mtm"
	"pop3mtm/mtm/account"
	"pop3mtm/mtm/pop3"
	"pop3mtm/mtm/store"
)

// A server that drips keeps no operation longer than the account allows, in all or at its rate;
// what came before is kept, and the next get fetches the rest. The clock is the bubble's.
func TestAServerThatDripsIsBounded(t *testing.T) {
	for name, c := range map[string]struct {
		limit       func(p *account.POP3)
		least       time.Duration
		slow        bool
		connections int
	}{
		"in time":      {func(p *account.POP3) { p.MaxTime = 90 * time.Second }, 90 * time.Second, false, 1},
		"in its rate":  {func(p *account.POP3) { p.MinRate = 100 }, 20 * time.Second, true, 2},
		"by the first": {func(p *account.POP3) { p.MinRate, p.MaxTime = 100, time.Hour }, 20 * time.Second, true, 2},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				srv := fakeserver.New(fakeserver.NewMaildrop(mails(3)...), nil)
				srv.On(fakeserver.Match{Verb: "RETR", Args: "2"}, fakeserver.Auto.With(edit.Drip(1, time.Second))).Times(c.connections).Must()
				st, box := pipeClient(t, srv)
				a, err := mtm.FindAccount(t.Context(), st, "work")
				if err != nil {
					t.Fatal(err)
				}
				c.limit(&a.POP3)
				if err := mtm.SetAccount(t.Context(), st, a.ID, a.POP3); err != nil {
					t.Fatal(err)
				}
				start := time.Now()
				err = box.InvokeSync(t.Context(), get(mtm.All, mtm.Copy, mtm.ThenDisconnect))
				line, isLine := errors.AsType[*pop3.LineError](err)
				if !errors.Is(err, mtm.ErrTimedOut) || !isLine || (line.Rate > 0) != c.slow {
					t.Errorf("got %v", err)
				}
				if took := time.Since(start); took < c.least || took > c.least+5*time.Second {
					t.Errorf("took %v", took)
				}
				<-time.After(2 * time.Second) // the server finds out, and lets go of the mailbox
				if err := box.InvokeSync(t.Context(), get(mtm.New, mtm.Copy, mtm.ThenDisconnect)); err != nil {
					t.Errorf("the next get mail: %v", err)
				}
				if entries, err := st.Children(t.Context(), store.Inbox); err != nil || len(entries) != 3 {
					t.Errorf("inbox: %d entries, %v; want 3", len(entries), err)
				}
				for _, end := range []func() error{box.Close, srv.Close, st.Close} {
					if err := end(); err != nil {
						t.Error(err)
					}
				}
			})
		})
	}
}

var _ = Describe("A list of more than a million messages that are not in order", func() {
	It("ends the visit, and deletes no entry", func() {
		b := newBench(nil, nil, mails(3), stay)
		b.mustDo(get(mtm.New, mtm.Copy, mtm.ThenDisconnect))
		var rows strings.Builder
		rows.WriteString("+OK\r\n")
		for n := range 1<<20 + 1 {
			rows.WriteString(strconv.Itoa(n+2) + " 1\r\n")
		}
		b.srv.On(fakeserver.Match{Verb: "LIST"}, fakeserver.Auto.With(edit.Raw(rows.String()+".\r\n"))).Once().Must()
		_, err := b.do(get(mtm.New, mtm.Copy, mtm.ThenDisconnect))
		Expect(err).To(MatchError(ContainSubstring("more than 1048576 messages")))
		Expect(b.mailbox()).To(HaveLen(3))
		b.mustDo(get(mtm.New, mtm.Copy, mtm.ThenDisconnect))
		Expect(b.inbox()).To(HaveLen(3))
	})
})

var _ = Describe("A message that is longer than LIST says", func() {
	ctx := context.Background()

	// lying is a server whose second message has some octets, all of them 1,000 as LIST says.
	lying := func(octets int) *bench {
		list := mails(3)
		long := "Subject: long\r\n\r\n" + strings.Repeat(strings.Repeat("x", 78)+"\r\n", octets/80)
		list[1] = maildrop.Bytes(uid(2), []byte(long))
		b := newBench(nil, nil, list)
		b.srv.On(fakeserver.Match{Verb: "LIST"}, fakeserver.Auto.With(edit.Raw("+OK\r\n1 1000\r\n2 1000\r\n3 1000\r\n.\r\n"))).Once().Must()
		return b
	}
	subjects := func(b *bench) []string {
		var list []string
		for _, e := range b.inbox() {
			list = append(list, e.Description)
		}
		return list
	}
	small := func() mtm.GetMail {
		cmd := get(mtm.New, mtm.Move, mtm.ThenDisconnect)
		cmd.MaxSize = 10_000
		return cmd
	}

	It("comes when a tenth more than the limit is enough", func() {
		b := lying(10_500)
		op := b.mustDo(small())
		Expect(op.Result().TooLarge).To(BeZero())
		Expect(subjects(b)).To(ConsistOf("Letter 1", "long", "Letter 3"))
	})

	It("is left out beyond that, and stays on the server until it may be larger", func() {
		b := lying(50_000)
		r := b.mustDo(small()).Result()
		Expect(r.TooLarge).To(Equal(1))
		Expect(r.TooLargeOctets).To(BeNumerically("~", 50_000, 100))
		Expect(subjects(b)).To(ConsistOf("Letter 1", "Letter 3"))
		Expect(b.drop.UIDs()).To(HaveLen(1))
		Expect(b.mailbox()).To(ConsistOf(HaveField("Description", "long")))
		b.mustDo(get(mtm.New, mtm.Move, mtm.ThenDisconnect))
		Expect(subjects(b)).To(ContainElement("long"))
		Expect(b.drop.UIDs()).To(BeEmpty())
	})

	It("ends the connection when it goes on and on, and the others come over the next", func() {
		b := lying(5_000_000)
		op := b.mustDo(small()) // which LIST now tells is too large
		Expect(op.Result().TooLarge).To(Equal(1))
		Expect(subjects(b)).To(ConsistOf("Letter 1", "Letter 3"))
		Expect(b.drop.UIDs()).To(Equal([]string{"u2"}))
		Expect(b.store.Breaks(ctx, b.id)).To(HaveLen(1), "its size has changed, and its name has not")
	})

	It("is bounded by the account whatever is asked for", func() {
		b := lying(50_000)
		a, err := mtm.FindAccount(ctx, b.store, "work")
		Expect(err).NotTo(HaveOccurred())
		a.POP3.MaxMessage = 10_000
		Expect(mtm.SetAccount(ctx, b.store, b.id, a.POP3)).To(Succeed())
		r := b.mustDo(get(mtm.All, mtm.Copy, mtm.ThenDisconnect)).Result()
		Expect(r.TooLarge).To(Equal(1))
		Expect(subjects(b)).To(ConsistOf("Letter 1", "Letter 3"))
		b.mustDo(mtm.Connect{})
		populated := b.mustDo(mtm.Populate{Which: mtm.All}).Result()
		Expect(populated.TooLarge).To(Equal(1))
	})

	It("of which the header goes on and on ends the connection, whatever LIST says", func() {
		b := newBench(nil, nil, mails(3), func(p *account.POP3) { p.MaxMessage = 10_000 })
		endless := "+OK\r\n" + strings.Repeat("X: "+strings.Repeat("x", 75)+"\r\n", 50_000) + "\r\n.\r\n"
		b.srv.On(fakeserver.Match{Verb: "TOP", Args: "2 1"}, fakeserver.Auto.With(edit.Raw(endless))).Times(2).Must()
		_, err := b.do(mtm.Connect{})
		Expect(err).To(MatchError(mtm.ErrServer))
		Expect(err).To(MatchError(ContainSubstring("a message of at most 2108152 octets")))
		b.mustDo(mtm.Disconnect{})
		b.mustDo(mtm.Connect{})
		Expect(subjects(b)).To(BeEmpty())
		Expect(b.mailbox()).To(HaveLen(3))
	})

	It("comes whole for TOP as well where LIST says that it is so long", func() {
		list := append(mails(2), maildrop.Bytes(uid(3), []byte("Subject: long\r\n\r\n"+strings.Repeat(strings.Repeat("x", 78)+"\r\n", 50_000))))
		b := newBench(nil, nil, list, func(p *account.POP3) { p.MaxMessage = 10_000 })
		b.srv.On(fakeserver.Match{Verb: "TOP", Args: "3 1"}, fakeserver.Auto.With(edit.Raw("+OK\r\nSubject: long\r\n\r\n"+
			strings.Repeat(strings.Repeat("x", 78)+"\r\n", 50_000)+".\r\n"))).Must()
		b.mustDo(mtm.Connect{})
		Expect(b.mailbox()).To(HaveLen(3))
	})
})
