package fakeserver_test

import (
	"errors"
	"io"
	"slices"
	"strings"
	"syscall"
	"time"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/edit"
	"pop3mtm/fakeserver/maildrop"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("an edit", func() {
	It("cuts a reply after any number of octets", func() {
		raw := "A: b\r\n\r\n.x\r\n" + strings.Repeat("y", 100_000) + "\r\n"
		srv := start(fakeserver.NewMaildrop(maildrop.Bytes("u", []byte(raw))), nil)
		whole := "+OK 100014 octets\r\n" + stuffed(raw) + ".\r\n"
		for _, n := range []int{0, 1, 5, 19, 20, 26, 27, 28, 29, 30, 50_000, len(whole) - 4, len(whole) - 1, len(whole)} {
			srv.On(fakeserver.Match{Verb: "RETR"}, fakeserver.Auto.With(edit.CutAfter(int64(n), edit.Close))).Once()
			p := login(srv)
			p.say("RETR 1\r\n")
			Expect(p.rest() == whole[:n]).To(BeTrue(), "cut after %d", n)
		}
	})

	It("leaves a shorter reply whole and the connection open", func() {
		srv := start(three(), nil)
		srv.On(fakeserver.Match{Verb: "RETR"}, fakeserver.Auto.With(edit.CutAfter(1000, edit.Reset)))
		p := login(srv)
		_, wire := p.multi("RETR 1")
		Expect(wire).To(HaveLen(10))
		Expect(p.ask("NOOP")).To(HavePrefix("+OK"))
	})

	It("withholds the rest and goes on with Open", func() {
		srv := start(three(), nil)
		srv.On(fakeserver.Match{Verb: "RETR"}, fakeserver.Auto.With(edit.CutAfter(17, edit.Open)))
		p := login(srv)
		p.say("RETR 1\r\nNOOP\r\n")
		Expect(p.line()).To(Equal("+OK 10 octets"))
		Expect(p.line()).To(HavePrefix("A:+OK"))
	})

	It("resets the connection", func() {
		srv := start(three(), nil)
		srv.On(fakeserver.Match{Verb: "RETR"}, fakeserver.Auto.With(edit.CutAfter(15, edit.Reset)))
		p := login(srv)
		p.say("RETR 1\r\n")
		b, err := io.ReadAll(p.in)
		Expect(string(b)).To(Equal("+OK 10 octets\r\n"))
		Expect(errors.Is(err, syscall.ECONNRESET)).To(BeTrue(), "%v", err)
	})

	It("closes one side only, and reads what the client still sends", func() {
		srv := start(three(), nil)
		srv.On(fakeserver.Match{Verb: "NOOP"}, fakeserver.Auto.With(edit.CutAfter(3, edit.HalfClose)))
		p := login(srv)
		p.say("NOOP\r\n")
		Expect(p.rest()).To(Equal("+OK"))
		p.say(strings.Repeat("QUIT\r\n", 100_000))
		Expect(p.Close()).To(Succeed())
		wait(srv)
		Expect(srv.Transcripts()[0].Lines).To(ContainElement("[ended by the server: half-close]"))
	})

	It("stalls: nothing more comes, and the maildrop stays locked until the client closes", func() {
		drop := three()
		srv := start(drop, nil)
		srv.On(fakeserver.Match{Verb: "RETR"}, fakeserver.Auto.With(edit.CutAfter(20, edit.Stall))).Once()
		p := login(srv)
		p.say("RETR 1\r\n")
		Expect(p.line()).To(Equal("+OK 10 octets"))
		Expect(io.ReadFull(p.in, make([]byte, 5))).To(Equal(5))
		p.say(strings.Repeat("NOOP\r\n", 10_000))
		Expect(drop.Locked()).To(BeTrue())
		Expect(p.Close()).To(Succeed())
		wait(srv)
		Expect(drop.Locked()).To(BeFalse())
		Expect(srv.Transcripts()[0].Lines).To(ContainElement("[ended by the server: stall]"))
	})

	It("sends any octets", func() {
		srv := start(three(), nil)
		srv.On(fakeserver.Match{Verb: "STAT"}, fakeserver.Auto.With(edit.Raw("\x00\xff+OK no\n\r.")))
		p := login(srv)
		p.say("STAT\r\nQUIT\r\n")
		Expect(p.rest()).To(Equal("\x00\xff+OK no\n\r.+OK bye\r\n"))
	})

	It("applies one after the other", func() {
		srv := start(three(), nil)
		srv.On(fakeserver.Match{Verb: "STAT"}, fakeserver.Auto.With(edit.Refuse("long text"), edit.CutAfter(6, edit.Close)))
		p := login(srv)
		p.say("STAT\r\n")
		Expect(p.rest()).To(Equal("-ERR l"))
	})

	It("ends the session with a -ERR greeting (quirk 1)", func() {
		srv := start(three(), nil)
		srv.On(fakeserver.Match{Verb: "CONNECT"}, fakeserver.Auto.With(edit.Refuse("go away"))).Once().Must()
		Expect(dial(srv).rest()).To(Equal("-ERR go away\r\n"))
		Expect(login(srv).ask("STAT")).To(Equal("+OK 3 42"))
	})

	It("drops the line when a body cannot be read to its end", func() {
		srv := start(three(), nil)
		srv.On(fakeserver.Match{Verb: "NOOP"}, func(*fakeserver.Exchange) edit.Reply {
			return edit.Reply{{Bytes: []byte("+OK\r\n"), Body: brokenBody{}}}
		})
		p := login(srv)
		p.say("NOOP\r\n")
		Expect(p.rest()).To(Equal("+OK\r\nhalf"))
	})
})

type brokenBody struct{}

func (brokenBody) WriteTo(w io.Writer) (int64, error) {
	n, err := w.Write([]byte("half"))
	return int64(n), errors.Join(err, errors.New("disk fault"))
}

var _ = Describe("a rule", func() {
	refuse := func(text string) fakeserver.Handler { return fakeserver.Auto.With(edit.Refuse(text)) }

	It("is for a verb in any case, and for exact arguments", func() {
		srv := start(three(), nil)
		srv.On(fakeserver.Match{Verb: "list", Args: "2"}, refuse("rule"))
		p := login(srv)
		Expect(p.ask("LIST 2")).To(Equal("-ERR rule"))
		Expect(p.ask("LIST 1")).To(HavePrefix("+OK"))
	})

	It("comes before older ones, until it has fired often enough", func() {
		srv := start(three(), nil)
		srv.On(fakeserver.Match{Verb: "NOOP"}, refuse("old"))
		newer := srv.On(fakeserver.Match{}, refuse("new")).Times(2)
		p, _ := connect(srv)
		Expect(p.ask("NOOP")).To(Equal("-ERR new"))
		Expect(p.ask("X")).To(Equal("-ERR new"))
		Expect(p.ask("NOOP")).To(Equal("-ERR old"))
		Expect(newer.Fired()).To(Equal(2))
	})

	It("picks the nth command that matches", func() {
		srv := start(three(), nil)
		srv.On(fakeserver.Match{Verb: "NOOP", Nth: 2}, refuse("second"))
		p := login(srv)
		Expect(p.ask("NOOP")).To(HavePrefix("+OK"))
		Expect(p.ask("NOOP")).To(Equal("-ERR second"))
		Expect(p.ask("NOOP")).To(HavePrefix("+OK"))
	})

	It("is for one session", func() {
		srv := start(three(), nil)
		srv.On(fakeserver.Match{Verb: "STAT", Session: 2}, refuse("two"))
		p := login(srv)
		Expect(p.ask("STAT")).To(HavePrefix("+OK"))
		Expect(p.ask("QUIT")).To(HavePrefix("+OK"))
		Expect(login(srv).ask("STAT")).To(Equal("-ERR two"))
		Expect(srv.Sessions()).To(Equal(2))
	})

	It("is for one user, the commands that name him included", func() {
		srv := start(three(), &fakeserver.Options{Users: map[string]fakeserver.User{"ann": {Password: "a"}, "bob": {Password: "b"}}})
		srv.On(fakeserver.Match{Verb: "USER", User: "bob"}, refuse("not you"))
		srv.On(fakeserver.Match{Verb: "APOP", User: "bob"}, refuse("not you"))
		srv.On(fakeserver.Match{Verb: "STAT", User: "ann"}, refuse("no numbers"))
		p, greeting := connect(srv)
		Expect(p.ask("USER bob")).To(Equal("-ERR not you"))
		Expect(p.ask(apop(greeting, "bob", "b"))).To(Equal("-ERR not you"))
		Expect(p.ask("USER ann")).To(HavePrefix("+OK"))
		Expect(p.ask("PASS a")).To(HavePrefix("+OK"))
		Expect(p.ask("STAT")).To(Equal("-ERR no numbers"))
	})

	It("takes any text for a * in the arguments", func() {
		srv := start(three(), nil)
		srv.On(fakeserver.Match{Verb: "TOP", Args: "* 0"}, refuse("any message"))
		srv.On(fakeserver.Match{Verb: "TOP", Args: "1 *"}, refuse("the first")).Once()
		srv.On(fakeserver.Match{Verb: "LIST", Args: "*"}, refuse("any at all"))
		srv.On(fakeserver.Match{Verb: "UIDL", Args: "*1*1"}, refuse("two ones"))
		p := login(srv)
		Expect(p.ask("TOP 1 0")).To(Equal("-ERR the first"))
		Expect(p.ask("TOP 22 0")).To(Equal("-ERR any message"))
		Expect(p.ask("LIST 3")).To(Equal("-ERR any at all"))
		Expect(p.ask("UIDL 1")).To(Equal("+OK 1 a"))
		Expect(p.ask("UIDL 121")).To(Equal("-ERR two ones"))
	})

	It("is for a verb without arguments", func() {
		srv := start(three(), nil)
		srv.On(fakeserver.Match{Verb: "LIST", Alone: true}, refuse("not all of them"))
		p := login(srv)
		Expect(p.ask("LIST")).To(Equal("-ERR not all of them"))
		Expect(p.ask("list  ")).To(Equal("-ERR not all of them"))
		Expect(p.ask("LIST 1")).To(HavePrefix("+OK 1 "))
		Expect(fakeserver.Match{Verb: "LIST", Alone: true}.String()).To(Equal("LIST without arguments"))
	})

	It("is for a state of the session", func() {
		srv := start(three(), nil)
		srv.On(fakeserver.Match{Verb: "CAPA", State: fakeserver.Transaction}, refuse("not any more"))
		srv.On(fakeserver.Match{State: fakeserver.Authorization | fakeserver.Transaction, Verb: "NOOP"}, refuse("both"))
		p, _ := connect(srv)
		p.multi("CAPA")
		Expect(p.ask("NOOP")).To(Equal("-ERR both"))
		p = login(srv)
		Expect(p.ask("CAPA")).To(Equal("-ERR not any more"))
		Expect(p.ask("NOOP")).To(Equal("-ERR both"))
	})

	It("leads to a named state, in which other rules hold, in later sessions too", func() {
		srv := start(three(), nil)
		srv.On(fakeserver.Match{Verb: "STAT", When: fakeserver.InitialState}, refuse("at first"))
		srv.On(fakeserver.Match{Verb: "NOOP"}, fakeserver.Auto).Goto("full")
		srv.On(fakeserver.Match{Verb: "STAT", When: "full"}, refuse("full")).Goto(fakeserver.InitialState)
		p := login(srv)
		Expect(p.ask("STAT")).To(Equal("-ERR at first"))
		Expect(p.ask("NOOP")).To(HavePrefix("+OK"))
		Expect(srv.NamedState("")).To(Equal("full"))
		Expect(p.ask("QUIT")).To(HavePrefix("+OK"))
		p = login(srv)
		Expect(p.ask("STAT")).To(Equal("-ERR full"))
		Expect(p.ask("STAT")).To(Equal("-ERR at first"))
	})

	It("with a user has the named states of that user", func() {
		srv := start(three(), &fakeserver.Options{Users: map[string]fakeserver.User{"ann": {}, "bob": {Maildrop: three()}}})
		for _, user := range []string{"ann", "bob"} {
			srv.On(fakeserver.Match{Verb: "NOOP", User: user}, fakeserver.Auto).Goto("later")
			srv.On(fakeserver.Match{Verb: "STAT", User: user, When: "later"}, refuse("later"))
		}
		ann, _ := connect(srv)
		ann.say("USER ann\r\nPASS \r\nNOOP\r\nSTAT\r\nQUIT\r\n")
		Expect(ann.rest()).To(ContainSubstring("-ERR later"))
		bob, _ := connect(srv)
		bob.say("USER bob\r\nPASS \r\nSTAT\r\nQUIT\r\n")
		Expect(bob.rest()).To(ContainSubstring("+OK 3 42"))
		Expect(srv.NamedState("ann")).To(Equal("later"))
		Expect(srv.NamedState("bob")).To(Equal(fakeserver.InitialState))
	})

	It("edits what stands in for its reply too: a maildrop that turns out to be locked", func() {
		srv := start(three(), nil)
		login(srv)
		srv.On(fakeserver.Match{Verb: "PASS"}, fakeserver.Auto.With(edit.StatusText("lock busy")))
		p, _ := connect(srv)
		Expect(p.ask("USER demo")).To(HavePrefix("+OK"))
		Expect(p.ask("PASS demo")).To(Equal("-ERR lock busy"))
	})

	It("is reported when it had to fire and did not", func() {
		srv := fakeserver.New(nil, nil)
		srv.On(fakeserver.Match{Verb: "RETR", Args: "2", Session: 1, Nth: 3, User: "x",
			State: fakeserver.Transaction | fakeserver.Update, When: "full"}, fakeserver.Auto).Must()
		srv.On(fakeserver.Match{Verb: "NOOP"}, fakeserver.Auto)
		err := srv.Close()
		var unmet *fakeserver.UnmetError
		Expect(errors.As(err, &unmet)).To(BeTrue())
		Expect(err).To(MatchError("rules that never fired: RETR 2 of user x in session 1 in the TRANSACTION|UPDATE state when full, number 3"))
	})

	It("may have a handler of its own", func() {
		srv := start(three(), nil)
		srv.On(fakeserver.Match{Verb: "XTND"}, func(x *fakeserver.Exchange) edit.Reply {
			return edit.OK(x.Session.State().String() + " " + x.Session.User() + " " + x.Args)
		})
		Expect(login(srv).ask("xtnd XLST 1")).To(Equal("+OK TRANSACTION demo XLST 1"))
	})
})

var _ = Describe("a transcript", func() {
	transcript := func(srv *fakeserver.Server) []string {
		wait(srv)
		return srv.Transcripts()[len(srv.Transcripts())-1].Lines
	}

	It("shows a session in the notation of the RFCs", func() {
		srv := start(three(), &fakeserver.Options{Without: []string{"APOP"}})
		p := login(srv)
		p.multi("RETR 1")
		Expect(p.ask("QUIT")).To(HavePrefix("+OK"))
		Expect(p.Close()).To(Succeed())
		Expect(transcript(srv)).To(Equal([]string{
			"S: +OK POP3 server ready",
			"C: USER demo", "S: +OK send PASS",
			"C: PASS ********", "S: +OK maildrop locked and ready",
			"C: RETR 1", "S: +OK 10 octets", "S: A: 1", "S: ", "S: ", "S: .",
			"C: QUIT", "S: +OK bye", "[ended by the server: close]",
		}))
	})

	It("masks secrets however they are sent", func() {
		srv := start(three(), nil)
		p, _ := connect(srv)
		for _, c := range []string{"PASS hidden", "pass  hidden hidden", " PASS hidden", "PASS\thidden", "Passhidden",
			"APOP demo hidden", "apop  demo  hidden ", "APOP\tdemo\thidden", "AUTH PLAIN hidden", "hidden", "AUTH GSSAPI", "hidden"} {
			Expect(p.ask(c)).To(HavePrefix("-ERR"))
		}
		p.say("PASS hidden" + strings.Repeat("hidden", 1000) + "\r\nUSER demo\r\nPASS hidden\r\nPASS hidd")
		Expect(p.Close()).To(Succeed())
		text := strings.Join(transcript(srv), "\n")
		Expect(text).NotTo(ContainSubstring("hid"))
		Expect(text).To(ContainSubstring("C: apop  demo ********\n"))
		Expect(text).To(ContainSubstring("C: AUTH GSSAPI\n"))
	})

	It("escapes what is not text and says how long large bodies are", func() {
		drop := fakeserver.NewMaildrop(maildrop.Bytes("u", []byte("\x00\xe4\\ \n\rx")),
			maildrop.Bytes("v", []byte(strings.Repeat("y", 5000))))
		srv := start(drop, nil)
		p := login(srv)
		p.multi("RETR 1")
		p.multi("RETR 2")
		Expect(p.Close()).To(Succeed())
		Expect(transcript(srv)).To(ContainElements(`S: \x00\xe4\\ \n`, `S: \rx`, `S: [5002 octets]`, "[closed by the client]"))
	})

	It("is the same however a short body is written, and counts what is missing", func() {
		mail := "a: b\r\n\r\n" + strings.Repeat("z", 1500) + "\r\n\n\r\rx\r\n.\r\nend"
		record := func(limit int, edits ...edit.Edit) fakeserver.Transcript {
			srv := start(fakeserver.NewMaildrop(maildrop.Bytes("u", []byte(mail))), &fakeserver.Options{TranscriptOctets: limit})
			srv.On(fakeserver.Match{Verb: "RETR"}, fakeserver.Auto.With(edits...))
			p := login(srv)
			p.say("RETR 1\r\nNOOP\r\nRETR 1\r\nQUIT\r\n")
			p.rest()
			Expect(p.Close()).To(Succeed())
			wait(srv)
			return srv.Transcripts()[0]
		}
		whole := record(0)
		Expect(whole.Lines).To(ContainElements("S: a: b", "S: ", "S: "+strings.Repeat("z", 1024), `S: \n`, `S: \r\rx`, "S: ..", "S: end", "S: ."))
		Expect(record(0, edit.SplitOctets()).Lines[1:]).To(Equal(whole.Lines[1:]), "after the greeting")
		Expect(record(0, edit.NoFinalCRLF()).Lines).To(ContainElement("S: end."))
		lines := func(t fakeserver.Transcript) int {
			return len(slices.DeleteFunc(t.Lines, func(l string) bool { return l[0] == '[' })) + t.LeftOut
		}
		all := lines(whole)
		for limit := 20; limit < 2*len(mail); limit += 23 {
			Expect(lines(record(limit))).To(Equal(all), "limit %d", limit)
		}
	})

	It("is bounded, and says how much is missing", func() {
		srv := start(three(), &fakeserver.Options{TranscriptOctets: 1000})
		for range 100 {
			p := login(srv)
			p.say(strings.Repeat("NOOP\r\n", 100) + "QUIT\r\n")
			p.rest()
			Expect(p.Close()).To(Succeed())
		}
		wait(srv)
		kept := srv.Transcripts()
		Expect(len(kept)).To(And(BeNumerically(">=", 8), BeNumerically("<=", 32)))
		Expect(kept[len(kept)-1].Session).To(Equal(100))
		Expect(kept[0].LeftOut).To(BeNumerically(">", 100))
		Expect(len(kept[0].String())).To(BeNumerically("<", 1500))
	})

	It("is a copy, also of a session that goes on", func() {
		srv := start(three(), nil)
		p := login(srv)
		Expect(p.ask("NOOP")).To(HavePrefix("+OK"))
		srv.Transcripts()[0].Lines[0] = "x"
		Expect(srv.Transcripts()[0].Lines).To(HaveExactElements(HavePrefix("S: +OK"), "C: USER demo", HavePrefix("S: "), HavePrefix("C: PASS"), HavePrefix("S: "), "C: NOOP", "S: +OK still here"))
	})

	It("is handed over when a session ends, or kept nowhere", func() {
		got := make(chan fakeserver.Transcript, 1)
		srv := start(three(), &fakeserver.Options{OnSession: func(t fakeserver.Transcript) { got <- t },
			Now: func() time.Time { return time.Unix(0, 1939).UTC() }})
		p, greeting := connect(srv)
		Expect(greeting).To(HaveSuffix("<1.1939@fakeserver>"))
		Expect(p.Close()).To(Succeed())
		t := <-got
		Expect(t.Started.Nanosecond()).To(Equal(1939))
		Expect(t.Remote).To(Equal(p.LocalAddr().String()))
		silent := start(three(), &fakeserver.Options{TranscriptOctets: -1})
		Expect(login(silent).Close()).To(Succeed())
		wait(silent)
		Expect(silent.Transcripts()).To(BeEmpty())
	})
})
