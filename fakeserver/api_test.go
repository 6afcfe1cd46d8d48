package fakeserver_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pop3mtm/fakeserver"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("the commands of a session", func() {
	It("are kept with user and state, and without secrets", func() {
		srv := fakeserver.New(three(), nil)
		pipe(srv, "user demo\r\nPASS hidden\r\nPASShidden\r\nAPOP demo hidden\r\nAUTH LOGIN\r\naGlkZGVu\r\n*\r\nAUTH GSSAPI\r\nhidden\r\n"+
			"AUTH PLAIN AGRlbW8AZGVtbw==\r\nLIST 1\r\n"+strings.Repeat("hidden", 100)+"\r\nCONNECT\r\n")
		Expect(srv.Close()).To(Succeed())
		t := srv.Transcript(1)
		var said []string
		for _, c := range t.Commands {
			said = append(said, c.String())
		}
		Expect(said).To(Equal([]string{"USER demo", "PASS ********", "PASS ********", "APOP demo ********", "AUTH LOGIN", "RESPONSE LOGIN", "RESPONSE LOGIN",
			"AUTH GSSAPI", "********", "AUTH PLAIN ********", "LIST 1", "[a line that is too long]", "CONNECT", "QUIT"}))
		Expect(t.Commands[0]).To(And(HaveField("User", "demo"), HaveField("State", fakeserver.Authorization)))
		Expect(t.Commands[10]).To(And(HaveField("User", "demo"), HaveField("State", fakeserver.Transaction)))
		Expect(srv.Transcript(2)).To(BeZero())
		connect := fakeserver.Match{Verb: "CONNECT"}
		Expect(connect.Matches(1, t.Commands[12])).To(BeFalse(), "the pseudo-verb is no command")
		Expect(fakeserver.Match{Session: 2}.Matches(1, t.Commands[12])).To(BeFalse())
	})
})

var _ = Describe("a matcher", func() {
	failure := func(m interface {
		Match(any) (bool, error)
		FailureMessage(any) string
		NegatedFailureMessage(any) string
	}, actual any) string {
		matched, err := m.Match(actual)
		Expect(err).NotTo(HaveOccurred())
		Expect(matched).To(BeFalse())
		return m.FailureMessage(actual) + "\n" + m.NegatedFailureMessage(actual)
	}

	It("finds commands, and shows the nearest if it finds no match", func() {
		srv := fakeserver.New(three(), nil)
		Expect(failure(fakeserver.HaveReceived("DELE 2").InSession(3), srv)).To(And(
			ContainSubstring("Expected the server to have received DELE 2 in session 3\nIt has not received any command."), ContainSubstring("not to have")))
		for range 2 {
			pipe(srv, "USER demo\r\nPASS demo\r\nretr 1\r\nDELE 1\r\nDELE 12\r\n")
		}
		Expect(srv).To(fakeserver.HaveReceived("dele 12"))
		Expect(srv).To(fakeserver.HaveReceived("DELE *").Times(4))
		Expect(srv).To(fakeserver.HaveReceived("DELE *").InSession(2).Times(2))
		Expect(srv).NotTo(fakeserver.HaveReceived("DELE 3"))
		Expect(srv).NotTo(fakeserver.HaveReceived("DELE 1").InSession(3))
		Expect(srv.Transcript(1)).To(fakeserver.HaveReceived("RETR 1").Times(1))
		Expect(failure(fakeserver.HaveReceived("DELE 2").InSession(1).Times(1), srv)).To(ContainSubstring("DELE 2, once in session 1\n" +
			"The nearest of its commands:\n  session 1, TRANSACTION: DELE 1\n  session 1, TRANSACTION: DELE 12\n  session 1, "))
		_, err := fakeserver.HaveReceived("x").Match(7)
		Expect(err).To(MatchError(ContainSubstring("not a int")))
		Expect(srv.Close()).To(Succeed())
	})

	It("compares what is kept", func() {
		drop := three()
		srv := fakeserver.New(drop, nil)
		Expect(drop).To(fakeserver.HaveKept("c", "a", "b"))
		Expect(srv).To(fakeserver.HaveKept("a", "b", "c"))
		Expect(drop).NotTo(fakeserver.HaveKept("a", "b"))
		Expect(failure(fakeserver.HaveKept("a", "x", "x"), drop)).To(And(ContainSubstring(`Missing: ["x" "x"]`), ContainSubstring(`Unexpected: ["b" "c"]`)))
		_, err := fakeserver.HaveKept().Match(nil)
		Expect(err).To(HaveOccurred())
	})
})

var _ = Describe("a strict server", func() {
	It("reports invalid commands without secrets, except those that a rule was for", func() {
		srv := fakeserver.New(three(), &fakeserver.Options{Strict: true})
		srv.On(fakeserver.Match{Verb: "XTND"}, fakeserver.Auto)
		pipe(srv, "STAT\r\nPASS hidden\r\nXTND\r\nAUTH NONE\r\nhidden\r\nUSER x\r\nPASS y\r\n"+strings.Repeat("z", 300)+"\r\n")
		err := srv.Close()
		var unexpected *fakeserver.UnexpectedError
		Expect(errors.As(err, &unexpected)).To(BeTrue())
		Expect(unexpected.Commands).To(Equal([]string{"session 1: STAT", "session 1: PASS ********", "session 1: AUTH NONE", "session 1: ********",
			"session 1: [a line that is too long]"}))
	})
})

func TestAStrictServerTellsOfOpenSessions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := fakeserver.New(three(), &fakeserver.Options{Strict: true})
		_ = serve(t, srv).Close()
		serve(t, srv)
		err := srv.Close()
		open, ok := errors.AsType[*fakeserver.OpenError](err)
		if !ok || err.Error() != "sessions left open: 2" || len(open.Sessions) != 1 {
			t.Errorf("got %v", err)
		}
	})
}

func TestWaitForReturnsWhenItsConditionIsMet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		drop := three()
		srv := fakeserver.New(drop, nil)
		c := serve(t, srv)
		begin := time.Now()
		go func() {
			for _, command := range []string{"RETR 1\r\n", "RETR 2\r\n", "DELE 1\r\n", "QUIT\r\n"} {
				<-time.After(time.Minute)
				_, _ = io.WriteString(c, command)
			}
			<-time.After(time.Minute)
			if err := drop.Deliver(three().Messages()...); err != nil {
				t.Error(err)
			}
		}()
		go func() { _, _ = io.Copy(io.Discard, c) }()
		for i, condition := range []fakeserver.Condition{
			fakeserver.Received(fakeserver.Match{Verb: "RETR"}),
			fakeserver.Received(fakeserver.Match{Verb: "RETR", Nth: 2}),
			fakeserver.Received(fakeserver.Match{Verb: "DELE", Args: "1", Session: 1, User: "demo", State: fakeserver.Transaction}),
			fakeserver.Ended(1),
			fakeserver.Holds(drop, 5),
		} {
			if err := srv.WaitFor(t.Context(), condition); err != nil {
				t.Error(err)
			}
			if waited := time.Since(begin); waited != time.Duration(i+1)*time.Minute {
				t.Errorf("%s: met after %v", condition.What, waited)
			}
		}
		// met already
		if err := srv.WaitFor(t.Context(), fakeserver.Received(fakeserver.Match{Verb: "QUIT"})); err != nil {
			t.Error(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		err := srv.WaitFor(ctx, fakeserver.Ended(2))
		if !errors.Is(err, context.DeadlineExceeded) || !strings.HasPrefix(err.Error(), "waiting for the end of session 2: ") {
			t.Errorf("got %v", err)
		}
		closeServer(t, srv)
	})
}
