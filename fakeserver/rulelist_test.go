package fakeserver_test

import (
	"context"
	"testing"
	"time"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/edit"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

func refusing(text string) fakeserver.Handler { return fakeserver.Auto.With(edit.Refuse(text)) }

var _ = Describe("the list of rules", func() {
	It("has the newest rule first, also among those of a user, and a removed rule is gone", func() {
		srv := fakeserver.New(three(), nil)
		srv.On(fakeserver.Match{Verb: "NOOP"}, refusing("first"))
		second := srv.On(fakeserver.Match{Verb: "NOOP", User: "demo"}, refusing("second"))
		third := srv.On(fakeserver.Match{Verb: "NOOP"}, refusing("third"))
		login := "USER demo\r\nPASS demo\r\n"
		Expect(pipe(srv, login+"NOOP\r\n")).To(ContainSubstring("-ERR third"))
		third.Remove()
		Expect(pipe(srv, login+"NOOP\r\n")).To(ContainSubstring("-ERR second"))
		second.Remove()
		Expect(pipe(srv, login+"NOOP\r\n")).To(ContainSubstring("-ERR first"))
		Expect(srv.Close()).To(Succeed())
	})

	DescribeTable("takes no rule that can match nothing",
		func(m fakeserver.Match, why string) {
			srv := fakeserver.New(nil, nil)
			Expect(func() { srv.On(m, fakeserver.Auto) }).To(PanicWith(ContainSubstring(why)))
			Expect(m.Check()).To(MatchError(ContainSubstring(why)))
		},
		Entry(nil, fakeserver.Match{Verb: "RETR 1"}, `write Verb: "RETR", Args: "1"`),
		Entry(nil, fakeserver.Match{Verb: "DELL"}, `there is "DELE"`),
		Entry(nil, fakeserver.Match{Verb: "rter"}, `there is "RETR"`),
		Entry(nil, fakeserver.Match{Verb: "CONECT"}, `there is "CONNECT"`),
		Entry(nil, fakeserver.Match{Verb: "*"}, "leave Verb empty"),
		Entry(nil, fakeserver.Match{Verb: "LIST", Args: "1", Alone: true}, "not both"),
		Entry(nil, fakeserver.Match{Verb: "LIST", Nth: -1}, "count from 1"),
		Entry(nil, fakeserver.Match{Verb: "LIST", Nth: 1, From: 2}, "no command is number 1"),
		Entry(nil, fakeserver.Match{Verb: "CONNECT", Args: "x"}, "without arguments"),
		Entry(nil, fakeserver.Match{Verb: "RETR", Args: "1\r\n"}, "control character"),
		Entry(nil, fakeserver.Match{Verb: "RETR", State: 64}, "not a State"),
	)

	It("takes verbs that nobody knows", func() {
		srv := fakeserver.New(nil, nil)
		for _, verb := range []string{"", "XTOP", "HELLO", "response", "retr"} {
			Expect(func() { srv.On(fakeserver.Match{Verb: verb}, fakeserver.Auto) }).NotTo(Panic())
		}
	})
})

var _ = Describe("a matcher for commands", func() {
	It("means any arguments by a verb alone, and reports patterns that match nothing", func() {
		srv := fakeserver.New(three(), nil)
		pipe(srv, "USER demo\r\nPASS demo\r\nDELE 1\r\nLIST\r\nLIST 2\r\n")
		Expect(srv).To(fakeserver.HaveReceived("DELE"))
		Expect(srv).To(fakeserver.HaveReceived("LIST").Times(2))
		Expect(srv).To(fakeserver.HaveReceived("LIST").Alone().Times(1))
		Expect(srv).To(fakeserver.HaveReceived("*").Times(6))
		_, err := fakeserver.HaveReceived("DELEE").Match(srv)
		Expect(err).To(MatchError(ContainSubstring(`there is "DELE"`)))
		Expect(srv.Close()).To(Succeed())
	})
})

var _ = Describe("a user of a shared server", func() {
	It("has sessions, rules and transcripts of its own, which can begin again", func() {
		srv := fakeserver.New(nil, &fakeserver.Options{Users: map[string]fakeserver.User{}, Timed: true})
		for _, name := range []string{"ann", "bob"} {
			srv.SetUser(name, fakeserver.User{Password: "x", Maildrop: three()})
		}
		srv.On(fakeserver.Match{Verb: "NOOP", User: "ann", Session: 1, Nth: 1}, refusing("once")).Named("r1", "refuse")
		pipe(srv, "USER bob\r\nPASS x\r\nNOOP\r\n")
		Expect(pipe(srv, "USER ann\r\nPASS x\r\nNOOP\r\nNOOP\r\n")).To(ContainSubstring("-ERR once\r\n+OK still here"))
		Expect(pipe(srv, "USER ann\r\nPASS x\r\nNOOP\r\n")).NotTo(ContainSubstring("-ERR"))
		pipe(srv, "USER nobody\r\nPASS x\r\n")

		all, lost := srv.UserTranscripts("ann")
		Expect(lost).To(BeZero())
		Expect(all).To(HaveExactElements(And(HaveField("Session", 2), HaveField("Visit", 1), HaveField("User", "ann")), HaveField("Visit", 2)))
		Expect(all[0].Marks).To(ContainElement(And(HaveField("Rule", "r1"), HaveField("Fault", "refuse"))))
		Expect(srv.UserSessions("bob")).To(Equal(1))
		Expect(srv.Transcripts()).To(HaveLen(4))

		srv.RestartRules("ann")
		Expect(srv.ForgetSessions(context.Background(), "ann")).To(Succeed())
		Expect(srv.UserSessions("ann")).To(BeZero())
		Expect(pipe(srv, "USER ann\r\nPASS x\r\nNOOP\r\n")).To(ContainSubstring("-ERR once"))
		srv.RemoveUser("ann")
		all, _ = srv.UserTranscripts("ann")
		Expect(all).To(BeEmpty())
		Expect(srv.Close()).To(Succeed())
	})

	It("keeps its transcripts when another one fills the room for them", func() {
		srv := fakeserver.New(nil, &fakeserver.Options{Users: map[string]fakeserver.User{}, TranscriptOctets: 1000})
		for _, name := range []string{"quiet", "loud"} {
			srv.SetUser(name, fakeserver.User{Password: "x"})
		}
		pipe(srv, "USER quiet\r\nPASS x\r\n")
		for range 200 {
			pipe(srv, "USER loud\r\nPASS x\r\nNOOP\r\n")
		}
		quiet, lost := srv.UserTranscripts("quiet")
		Expect(quiet).To(HaveLen(1))
		Expect(lost).To(BeZero())
		loud, lost := srv.UserTranscripts("loud")
		Expect(len(loud)).To(And(BeNumerically(">", 10), BeNumerically("<", 100)))
		Expect(len(loud) + lost).To(Equal(200))
		Expect(srv.Close()).To(Succeed())
	})

	It("is counted for statistics", func() {
		srv := fakeserver.New(three(), &fakeserver.Options{Timed: true})
		srv.On(fakeserver.Match{Verb: "NOOP"}, fakeserver.Auto.With(edit.Raw("nonsense\r\n")))
		pipe(srv, "USER demo\r\nPASS demo\r\nRETR 9\r\nNOOP\r\nHELLO\r\n")
		Expect(srv.Close()).To(Succeed())
		s := srv.Stats()
		Expect(s).To(And(HaveField("Sessions", int64(1)), HaveField("Open", int64(0)), HaveField("Faults", int64(1))))
		Expect(s.Commands).To(ContainElements(fakeserver.CommandStats{Verb: "RETR", Refused: 1}, fakeserver.CommandStats{Verb: "NOOP", Broken: 1},
			fakeserver.CommandStats{Verb: "PASS", OK: 1}, fakeserver.CommandStats{Verb: "other", Refused: 1}))
		Expect(s.CommandTimes.Count).To(Equal(int64(6)))
		Expect(s.Sent).To(BeNumerically(">", 100))
	})
})

func TestAFollowerSeesWhatHappensAndEndsWithTheUser(t *testing.T) {
	srv := fakeserver.Start(t, three(), nil)
	f := srv.Follow("demo")
	pipe(srv, "USER demo\r\nPASS demo\r\nRETR 1\r\n")
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var text []string
	for ended := false; !ended; {
		events, err := f.Next(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range events {
			text = append(text, string(e.Kind)+" "+e.Text)
			ended = e.Kind == fakeserver.SessionEnded
		}
	}
	all, _ := srv.UserTranscripts("demo")
	if len(text) != len(all[0].Lines)+2 || text[0] != "session " || text[2] != "line "+all[0].Lines[1] {
		t.Errorf("got %q for %q", text, all[0].Lines)
	}
	srv.RemoveUser("demo")
	if _, err := f.Next(ctx); err == nil {
		t.Error("the follower of a user who was removed waits")
	}
	if srv.Follow("demo") != nil {
		t.Error("an unknown user is followed")
	}
}
