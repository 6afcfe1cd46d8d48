package fakeserver_test

import (
	"errors"
	"fmt"
	"strings"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/edit"
	"pop3mtm/fakeserver/maildrop"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// rows are those of a listing of a new session.
func rows(p *peer, command string) []string {
	GinkgoHelper()
	_, wire := p.multi(command)
	return strings.Split(strings.TrimSuffix(wire, "\r\n"), "\r\n")
}

var _ = Describe("an action", func() {
	added := maildrop.Bytes("new", []byte("N: 1\r\n\r\n"))

	DescribeTable("changes the maildrop, which the next session sees",
		func(change fakeserver.Change, want ...string) {
			drop := three()
			srv := start(drop, nil)
			srv.On(fakeserver.Match{Verb: "NOOP"}, fakeserver.Auto.Before(fakeserver.ChangeMail(change)))
			p := login(srv)
			Expect(p.ask("NOOP")).To(HavePrefix("+OK"))
			Expect(rows(p, "UIDL")).To(Equal([]string{"1 a", "2 b", "3 c"}))
			Expect(p.ask("QUIT")).To(HavePrefix("+OK"))
			Expect(rows(login(srv), "UIDL")).To(Equal(want))
		},
		Entry("mail arrives", fakeserver.AddMail(added), "1 a", "2 b", "3 c", "4 new"),
		Entry("mail goes", fakeserver.RemoveMail("a", "c"), "1 b"),
		Entry("mail is replaced", fakeserver.ReplaceMail("b", added), "1 a", "2 new", "3 c"),
		Entry("the order changes (quirk 57)", fakeserver.ReverseMail(), "1 c", "2 b", "3 a"),
		Entry("unique-ids change (quirk 53)", fakeserver.RenewUIDs("-x"), "1 a-x", "2 b-x", "3 c-x"))

	It("shows a change at once, and keeps marks with their messages (quirk 63)", func() {
		drop := three()
		srv := start(drop, nil)
		srv.On(fakeserver.Match{Verb: "NOOP"}, fakeserver.Auto.After(fakeserver.ChangeMail(fakeserver.RemoveMail("a")), fakeserver.Reload))
		p := login(srv)
		Expect(p.ask("DELE 2")).To(HavePrefix("+OK"))
		Expect(p.ask("NOOP")).To(HavePrefix("+OK"))
		Expect(rows(p, "UIDL")).To(Equal([]string{"2 c"}))
		Expect(p.ask("STAT")).To(Equal("+OK 1 10"))
		Expect(p.ask("RETR 1")).To(Equal("-ERR message 1 is deleted"))
		Expect(p.ask("QUIT")).To(HavePrefix("+OK"))
		Expect(drop.UIDs()).To(Equal([]string{"c"}))
	})

	It("after a command waits for its success", func() {
		drop := three()
		srv := start(drop, nil)
		srv.On(fakeserver.Match{Verb: "RETR"}, fakeserver.Auto.After(fakeserver.ChangeMail(fakeserver.RemoveMail("c"))))
		p := login(srv)
		Expect(p.ask("RETR 9")).To(HavePrefix("-ERR"))
		Expect(drop.UIDs()).To(HaveLen(3))
		p.multi("RETR 1")
		Expect(drop.UIDs()).To(Equal([]string{"a", "b"}))
	})

	It("that fails is reported when the server is closed", func() {
		srv := fakeserver.New(fakeserver.MaildropOf(sourceThatFails{}), nil)
		cause := errors.New("no such luck")
		srv.On(fakeserver.Match{Verb: "CAPA"}, fakeserver.Auto.Before(func(*fakeserver.Exchange) error { return cause }))
		srv.On(fakeserver.Match{Verb: "NOOP"}, fakeserver.Auto.Before(fakeserver.Reload, fakeserver.ChangeMail(fakeserver.ReverseMail())))
		said := pipe(srv, "CAPA\r\nNOOP\r\n")
		Expect(said).To(ContainSubstring("\r\n.\r\n"))
		err := srv.Close()
		Expect(err).To(MatchError(cause))
		Expect(err).To(MatchError(And(ContainSubstring("session 1, CAPA: no such luck"), ContainSubstring("no user has logged in"), ContainSubstring("only a maildrop in memory can"))))
	})

	DescribeTable("answers another command than the one that came",
		func(handler fakeserver.Handler, verb, command, want string) {
			srv := start(three(), nil)
			srv.On(fakeserver.Match{Verb: verb}, handler)
			p := login(srv)
			p.say(command + "\r\nQUIT\r\n")
			Expect(p.rest()).To(HavePrefix(want))
		},
		Entry("one line of TOP, always (quirk 68)", fakeserver.As("TOP $1 1"), "TOP", "TOP 2 7", "+OK top of message follows\r\nB: 1\r\nC: 2\r\n\r\nxx\r\n.\r\n"),
		Entry("all rows for one (quirk 55)", fakeserver.As("LIST"), "LIST", "LIST 2", "+OK 3 messages (42 octets)\r\n1 10"),
		Entry("the wrong number (quirk 54)", fakeserver.As("UIDL 3"), "UIDL", "UIDL 2", "+OK 3 c\r\n"),
		Entry("all arguments", fakeserver.As("TOP $*"), "XTOP", "XTOP 1 0", "+OK top of message follows\r\nA: 1\r\n"),
		Entry("a number left out (quirk 55)", fakeserver.Auto.With(edit.Count(edit.To(""))), "LIST", "LIST 2", "+OK 22\r\n"))

	It("lists mechanisms for an AUTH without one (quirk 24)", func() {
		srv := start(three(), &fakeserver.Options{Mechanisms: []string{"PLAIN", "MSN"}})
		srv.On(fakeserver.Match{Verb: "AUTH"}, fakeserver.ListMechanisms)
		p, _ := connect(srv)
		Expect(rows(p, "AUTH")).To(Equal([]string{"PLAIN", "MSN"}))
		Expect(p.ask("AUTH MSN")).To(HavePrefix("-ERR"))
		Expect(p.ask("AUTH PLAIN AGRlbW8AZGVtbw==")).To(HavePrefix("+OK"))
	})

	It("deletes at once, and the numbers behind become less", func() {
		drop := three()
		srv := start(drop, nil)
		srv.On(fakeserver.Match{Verb: "DELE"}, fakeserver.Auto.After(fakeserver.Expunge))
		p := login(srv)
		Expect(p.ask("DELE 1")).To(Equal("+OK message 1 deleted"))
		Expect(drop.UIDs()).To(Equal([]string{"b", "c"}), "without QUIT")
		Expect(rows(p, "UIDL")).To(Equal([]string{"1 b", "2 c"}))
		Expect(p.ask("DELE 3")).To(HavePrefix("-ERR"))
		Expect(p.ask("DELE 2")).To(HavePrefix("+OK"))
		Expect(p.ask("RSET")).To(HavePrefix("+OK"))
		Expect(p.ask("STAT")).To(Equal("+OK 1 22"))
	})

	It("says in the status line what is so once the command has taken effect", func() {
		srv := start(three(), nil)
		told := func(verb, text string) {
			srv.On(fakeserver.Match{Verb: verb}, fakeserver.Auto.With(edit.StatusText(text)).Telling())
		}
		told("PASS", "{messages} messages ({octets} octets) for {user} in session {session}; {argument}{verb} {other}")
		told("RETR", "{size} octets of {argument}")
		told("DELE", "{messages} are left")
		told("XYZZY", "{verb} {argument}: unknown")
		p, _ := connect(srv)
		Expect(p.ask("USER demo")).To(HavePrefix("+OK"))
		Expect(p.ask("PASS demo")).To(Equal("+OK 3 messages (42 octets) for demo in session 1; PASS {other}"), "a password is not told")
		status, _ := p.multi("RETR 2")
		Expect(status).To(Equal("+OK 22 octets of 2"))
		Expect(p.ask("RETR 9")).To(Equal("-ERR 0 octets of 9"))
		Expect(p.ask("DELE 2")).To(Equal("+OK 2 are left"))
		Expect(p.ask("xyzzy {verb} 1")).To(Equal("-ERR XYZZY {verb} 1: unknown"))
	})

	It("loses what is pipelined (quirk 98)", func() {
		srv := start(three(), nil)
		srv.On(fakeserver.Match{Verb: "LIST"}, fakeserver.Auto.Before(fakeserver.LosePipelined))
		p := login(srv)
		p.say("LIST 1\r\nLIST 2\r\nLIST 3\r\n")
		Expect(p.line()).To(Equal("+OK 1 10"))
		Expect(p.ask("STAT")).To(Equal("+OK 3 42"))
	})
})

// sourceThatFails is a source of files that nobody can change.
type sourceThatFails struct{}

func (sourceThatFails) List() (maildrop.List, error) { return nil, errors.New("no list") }
func (sourceThatFails) Remove([]string) error        { return errors.New("no removal") }

var _ = Describe("a view", func() {
	size := func(m maildrop.Message) int64 { return m.Size() / 2 }

	DescribeTable("changes what a session sees, and DELE deletes what is behind it",
		func(view fakeserver.View, list, uidl []string, left ...string) {
			drop := three()
			srv := start(drop, &fakeserver.Options{Views: []fakeserver.View{view}})
			p := login(srv)
			Expect(rows(p, "LIST")).To(Equal(list))
			Expect(rows(p, "UIDL")).To(Equal(uidl))
			Expect(p.ask("DELE 1")).To(HavePrefix("+OK"))
			Expect(p.ask("QUIT")).To(HavePrefix("+OK"))
			Expect(drop.UIDs()).To(Equal(left))
		},
		Entry("the oldest (quirk 62)", fakeserver.Oldest(2), []string{"1 10", "2 22"}, []string{"1 a", "2 b"}, "b", "c"),
		Entry("the newest (quirk 62)", fakeserver.Newest(2), []string{"1 22", "2 10"}, []string{"1 b", "2 c"}, "a", "c"),
		Entry("more than there are", fakeserver.Newest(9), []string{"1 10", "2 22", "3 10"}, []string{"1 a", "2 b", "3 c"}, "b", "c"),
		Entry("newest first (quirk 57)", fakeserver.Reversed(), []string{"1 10", "2 22", "3 10"}, []string{"1 c", "2 b", "3 a"}, "a", "b"),
		Entry("compressed sizes (quirk 42)", fakeserver.Sized(size), []string{"1 5", "2 11", "3 5"}, []string{"1 a", "2 b", "3 c"}, "b", "c"),
		Entry("rounded sizes (quirk 42)", fakeserver.Sized(fakeserver.RoundedTo(1024)), []string{"1 1024", "2 1024", "3 1024"}, []string{"1 a", "2 b", "3 c"}, "b", "c"),
		Entry("sizes with LF (quirk 42)", fakeserver.Sized(fakeserver.CountedInLF), []string{"1 7", "2 17", "3 7"}, []string{"1 a", "2 b", "3 c"}, "b", "c"),
		Entry("sizes without the header", fakeserver.Sized(fakeserver.CountedWithoutHeader), []string{"1 2", "2 8", "3 2"}, []string{"1 a", "2 b", "3 c"}, "b", "c"),
		Entry("the same unique-id twice (quirk 50)", fakeserver.Named(func(fakeserver.Viewer, int, string) string { return "\xe4 /" }),
			[]string{"1 10", "2 22", "3 10"}, []string{"1 \xe4 /", "2 \xe4 /", "3 \xe4 /"}, "b", "c"))

	It("counts a CR in LF only where it belongs to a line end", func() {
		at := func(text string) int64 { return fakeserver.CountedInLF(maildrop.Bytes("a", []byte(text))) }
		Expect(at("A: b\r\n\r\nx\ry\nz\r\n")).To(Equal(int64(12)))
		Expect(at("\r\r\n")).To(Equal(int64(2)))
	})

	It("may be another one in each session, for each user and in each named state", func() {
		renamed := fakeserver.Named(func(who fakeserver.Viewer, n int, _ string) string {
			return fmt.Sprintf("%s-%d.%d", who.User, who.Session, n)
		})
		srv := start(three(), &fakeserver.Options{Users: map[string]fakeserver.User{
			"demo": {Password: "demo"}, "ann": {Password: "demo", Views: []fakeserver.View{renamed, fakeserver.InState("short", fakeserver.Oldest(1))}}}})
		srv.On(fakeserver.Match{Verb: "NOOP"}, fakeserver.Auto).Goto("short")
		uidl := func(user string) string {
			p, _ := connect(srv)
			p.say("USER " + user + "\r\nPASS demo\r\nUIDL\r\nSTAT\r\nNOOP\r\nQUIT\r\n")
			said := p.rest()
			Expect(p.Close()).To(Succeed())
			wait(srv)
			return said
		}
		Expect(uidl("ann")).To(ContainSubstring("\r\n1 ann-1.1\r\n2 ann-1.2\r\n3 ann-1.3\r\n.\r\n"))
		Expect(uidl("ann")).To(ContainSubstring("\r\n1 ann-2.1\r\n.\r\n+OK 1 10\r\n"))
		Expect(uidl("demo")).To(ContainSubstring("\r\n1 a\r\n2 b\r\n3 c\r\n"))
	})
})

var _ = Describe("what a server deletes", func() {
	DescribeTable("when a session has read 1 and marked 2",
		func(deletes func(fakeserver.Leaving) bool, afterQuit, afterDrop []string) {
			for _, c := range []struct {
				last string
				left []string
			}{{"QUIT\r\n", afterQuit}, {"NOOP\r\n", afterDrop}} {
				drop := three()
				srv := start(drop, &fakeserver.Options{Deletes: deletes})
				p := login(srv)
				p.multi("RETR 1")
				p.say("DELE 2\r\n" + c.last)
				Expect(p.line()).To(HavePrefix("+OK"))
				Expect(p.line()).To(HavePrefix("+OK"))
				Expect(p.Close()).To(Succeed())
				wait(srv)
				Expect(drop.UIDs()).To(Equal(c.left))
			}
		},
		Entry("is what is marked", nil, []string{"a", "c"}, []string{"a", "b", "c"}),
		Entry("is what is marked, by name", fakeserver.DeleteMarked, []string{"a", "c"}, []string{"a", "b", "c"}),
		Entry("is what was read, at QUIT (quirk 64)", fakeserver.DeleteRead, []string{"c"}, []string{"a", "b", "c"}),
		Entry("is what was read, at once (quirk 65)", fakeserver.DeleteReadAtOnce, []string{"c"}, []string{"b", "c"}),
		Entry("is nothing (quirk 66)", fakeserver.DeleteNothing, []string{"a", "b", "c"}, []string{"a", "b", "c"}),
		Entry("is everything when the line drops (quirk 96)", fakeserver.DeleteAllOnDrop, []string{"a", "c"}, []string{}))

	It("is up to the user, and nothing when the server is closed", func() {
		drop := three()
		srv := start(drop, &fakeserver.Options{Users: map[string]fakeserver.User{"demo": {Password: "demo", Deletes: fakeserver.DeleteAllOnDrop}}})
		login(srv)
		Expect(srv.Close()).To(Succeed())
		Expect(drop.UIDs()).To(HaveLen(3))
	})
})
