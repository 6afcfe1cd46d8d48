package mtm_test

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/edit"
	"pop3mtm/fakeserver/maildrop"
	"pop3mtm/mtm"
	"pop3mtm/mtm/store"
)

var _ = Describe("What was asked for and did not come", func() {
	fetch := get(mtm.New, mtm.Copy, mtm.ThenDisconnect)
	ctx := context.Background()
	var b *bench
	drop := func(verb, args string) {
		GinkgoHelper()
		b.breakOff(verb, args, edit.CutAfter(0, edit.Close))
	}
	breakAt := func(verb, args string, cmd mtm.Command) {
		GinkgoHelper()
		drop(verb, args)
		_, err := b.do(cmd)
		Expect(err).To(MatchError(mtm.ErrDisconnected))
	}
	online := func(cmd func() mtm.Command) {
		GinkgoHelper()
		b.mustDo(mtm.Connect{})
		b.mustDo(cmd())
		b.mustDo(mtm.Disconnect{})
	}
	one := func(uid string) []store.ID { GinkgoHelper(); return []store.ID{b.find(b.id, uid).ID} }

	between := map[string]func(){
		"a look at the headers": func() { b.session() },
		"two looks":             func() { b.session(); b.session() },
		"a populate of one": func() {
			online(func() mtm.Command { return mtm.Populate{Which: mtm.Selection, Messages: one("u3")} })
		},
		"a populate of the beginning of all": func() { online(func() mtm.Command { return mtm.Populate{Which: mtm.All, Top: true, Lines: 1} }) },
		"a deletion":                         func() { online(func() mtm.Command { return mtm.Delete{Messages: one("u4")} }) },
		"a get of another message": func() {
			online(func() mtm.Command { return mtm.GetMail{Which: mtm.Selection, Into: store.Inbox, Messages: one("u1")} })
		},
		"a get of small messages": func() {
			small := fetch
			small.MaxSize = 1
			b.mustDo(small)
		},
		"a get that breaks as well":     func() { breakAt("RETR", "2", fetch) },
		"a get that breaks at a header": func() { b.session(); breakAt("RETR", "2", fetch) },
		"another program":               func() { b.open(nil); b.session(); b.open(nil) },
		"a connection that breaks":      func() { breakAt("UIDL", "", mtm.Connect{}); breakAt("TOP", "", mtm.Connect{}) },
		"a copy that waited": func() {
			b.session()
			b.mustDo(mtm.GetMail{Which: mtm.Selection, Into: b.folder("Work"), Messages: one("u3")})
			b.session()
		},
	}
	for name, what := range between {
		for _, broken := range []string{"RETR", "TOP"} {
			It("comes with the next get, whatever stands between: "+name+", after a break at "+broken, func() {
				b = newBench(nil, &mtm.Options{BatchMessages: 1}, mails(4), stay)
				if broken == "TOP" { // of messages without names the headers are asked for first
					b = newBench(&fakeserver.Options{Without: []string{"UIDL"}}, &mtm.Options{BatchMessages: 1}, mails(4), stay)
					if name != "a look at the headers" && name != "two looks" && name != "another program" && name != "a get of small messages" {
						Skip("it names messages")
					}
					breakAt("TOP", "2 1", fetch)
				} else {
					breakAt("RETR", "2", fetch)
				}
				what()
				b.mustDo(fetch)
				want := []string{"Letter 1", "Letter 2", "Letter 3", "Letter 4"}
				Expect(subjects(b.inbox())).To(ConsistOf(want))
				Expect(b.store.Facts(ctx, b.id)).NotTo(HaveKey(store.FactGetAsked))
				for _, e := range b.mailbox() {
					Expect(e.Flags & (store.New | store.Pending)).To(BeZero())
				}
				Expect(b.mustDo(fetch).Result().Messages).To(BeEmpty())
				b.sound()
			})
		}
	}

	It("is what was asked for, and no more: not what is too large, nor what comes after the next visit", func() {
		b = newBench(nil, &mtm.Options{BatchMessages: 1}, mails(4), stay)
		small := fetch
		small.MaxSize = int64(len(raw(3)))
		breakAt("RETR", "2", small)
		b.session()
		Expect(b.drop.Deliver(mail(5))).To(Succeed())
		b.session()
		b.mustDo(fetch)
		Expect(subjects(b.inbox())).To(ConsistOf("Letter 1", "Letter 2", "Letter 3"))
	})

	It("is what was selected too, from the login on", func() {
		b = newBench(nil, &mtm.Options{BatchMessages: 1}, mails(4), stay)
		b.session()
		chosen := mtm.GetMail{Which: mtm.Selection, Link: mtm.ThenDisconnect, Into: store.Inbox, Messages: append(one("u3"), one("u2")...)}
		breakAt("UIDL", "", chosen)
		b.session()
		b.mustDo(fetch)
		Expect(subjects(b.inbox())).To(ConsistOf("Letter 2", "Letter 3"))
		b.mustDo(chosen) // it is there: nothing is left over
		Expect(b.mustDo(fetch).Result()).To(Equal(mtm.Result{}))
	})

	It("is asked for when only its name shows that it is the same", func() {
		b = newBench(nil, nil, []maildrop.Message{maildrop.Bytes("a", anonymous(1, "Note"))}, stay)
		b.mustDo(mtm.Connect{})
		breakAt("RETR", "1", get(mtm.New, mtm.Copy, mtm.WhileConnected))
		b.srv.On(fakeserver.Match{Verb: "LIST", Session: 3}, fakeserver.Auto.With(edit.ReplaceRow(1, "1 7"))).Must()
		b.session()
		b.session()
		b.mustDo(fetch)
		Expect(subjects(b.inbox())).To(Equal([]string{"Note 1"}))
	})

	It("is moved by the next move, and deleted there", func() {
		b = newBench(nil, &mtm.Options{BatchMessages: 1}, mails(4))
		breakAt("RETR", "3", get(mtm.New, mtm.Move, mtm.ThenDisconnect))
		b.session()
		b.mustDo(get(mtm.New, mtm.Move, mtm.ThenDisconnect))
		Expect(subjects(b.inbox())).To(ConsistOf("Letter 1", "Letter 2", "Letter 3", "Letter 4"))
		Expect(b.drop.UIDs()).To(BeEmpty())
		Expect(b.mailbox()).To(BeEmpty())
	})

	populate := func() error {
		p := mtm.Populate{Which: mtm.New}
		_, err := b.do(mtm.Connect{For: &p})
		if err == nil && b.box.Connected() {
			_, err = b.do(p)
		}
		if b.box.Connected() {
			b.mustDo(mtm.Disconnect{})
		}
		return err
	}
	whole := func() (list []string) {
		for _, e := range b.mailbox() {
			if e.Body.Kind == store.BodyWhole {
				list = append(list, e.Description)
			}
		}
		return list
	}

	DescribeTable("populate remembers as get does", func(verb, args string) {
		for name, what := range between {
			b = newBench(nil, &mtm.Options{BatchMessages: 1}, mails(4), stay)
			drop(verb, args)
			Expect(populate()).To(MatchError(mtm.ErrDisconnected))
			switch name {
			case "a deletion", "a get that breaks at a header", "a connection that breaks": // the messages are not listed yet, or gone
				continue
			case "a populate of the beginning of all": // the newer one says how much of them is wanted
				continue
			}
			what()
			Expect(populate()).To(Succeed(), name)
			Expect(whole()).To(ConsistOf("Letter 1", "Letter 2", "Letter 3", "Letter 4"), name)
			Expect(b.store.Facts(ctx, b.id)).NotTo(HaveKey(store.FactPopulateAsked))
			b.sound()
		}
	}, Entry("before the first message", "RETR", "*"), Entry("at a header", "TOP", "2 1"), Entry("at the second message", "RETR", "2"))
})
