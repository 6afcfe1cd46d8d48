package main_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/smtpsink"
	"pop3mtm/internal/gobuild"
)

var _ = Describe("send", func() {
	// newSender is a user whose account sends to the sink, with two messages in the Outbox.
	newSender := func(sink *smtpsink.Server, flags ...string) *user {
		GinkgoHelper()
		s, _ := serve()
		u := newUser()
		u.addAccount(s, append([]string{"--smtp", sink.Addr(), "--from", "ada@example.org"}, flags...)...)
		u.succeeds("compose", "--to", "ben@example.org", "--subject", "Plan", "--text", "At noon?")
		u.succeeds("compose", "--to", "eve@example.org", "--subject", "Party", "--text", "At night?")
		return u
	}

	It("sends what waits, one line a message, and again nothing", func() {
		sink := smtpsink.Start(GinkgoTB(), nil)
		u := newSender(sink)
		Expect(u.succeeds("send", "work")).To(MatchRegexp(`^sent \d+ Plan\nsent \d+ Party\n2 messages sent\n$`))
		Expect(u.lists("Sent")).To(HaveLen(2))
		Expect(u.succeeds("send", "work")).To(Equal("nothing waits to be sent\n"))
		Expect(sink.Messages()).To(HaveLen(2))
	})

	It("tells what failed and why, for a program too, and sends what is named", func() {
		sink := smtpsink.Start(GinkgoTB(), nil)
		sink.On(fakeserver.Match{Verb: "RCPT", Args: "TO:<ben@example.org>"}, fakeserver.Auto.With(smtpsink.Refuse(550, "no such user"))).Times(2)
		u := newSender(sink)
		r := u.types("send", "work")
		Expect(r.status).To(Equal(1))
		Expect(r.out).To(MatchRegexp(`^failed \d+ Plan: .*ben@example\.org: 550 no such user\nsent \d+ Party\n1 message sent, 1 failed\n$`))
		Expect(r.err).To(ContainSubstring("1 of 2 messages failed"))
		var told struct {
			Sent   []int64
			Failed []struct {
				ID           int64
				State, Error string
				Code         int
			}
			Code int
		}
		Expect(u.succeeds("send", "work")).To(Equal("nothing waits to be sent\n"), "it was refused for good")
		failed := u.lists("Outbox")
		Expect(failed).To(HaveLen(1))
		Expect(u.succeeds("outbox", "retry", number(failed[0].ID))).To(HaveSuffix("is tried again the next time that mail is sent\n"))
		r = u.types("send", "work", "--json")
		fromJSON(r.out, &told)
		Expect(told.Sent).To(BeEmpty())
		Expect(told.Failed).To(ConsistOf(And(HaveField("State", "failed"), HaveField("Code", -21))))
		Expect(told.Code).To(Equal(-21))
		id := number(told.Failed[0].ID)
		u.succeeds("outbox", "hold", id)
		Expect(u.succeeds("send", "work")).To(Equal("nothing waits to be sent\n"))
		Expect(u.succeeds("send", "work", id)).To(HaveSuffix("1 message sent\n"))
		Expect(u.fails("send", "work", id)).To(ContainSubstring("of work is not in the Outbox"))
	})

	It("needs a server for outgoing mail", func() {
		s, _ := serve()
		u := newUser()
		u.addAccount(s)
		Expect(u.fails("send", "work")).To(ContainSubstring("mtm account set work --smtp HOST:PORT --from ADDRESS"))
		Expect(u.fails("send", "home")).To(ContainSubstring(`account "home" does not exist`))
		u.misuses("send")
	})

	It("is said to be missing when get cannot start the program that sends, once, and the mail is fetched", func() {
		if _, err := exec.LookPath("autosend"); err == nil {
			Skip("there is an autosend on the PATH")
		}
		sink := smtpsink.Start(GinkgoTB(), nil)
		u := newSender(sink, "--autosend")
		r := u.feeds("connect\ndisconnect\nconnect\n", "shell", "work")
		Expect(r.status).To(BeZero())
		Expect(r.err).To(MatchRegexp(`^mtm: warning: mail in the Outbox is not being sent: autosend did not start: ` +
			`program autosend\S* not found beside the running program or on the PATH: .*; 'mtm send work' sends it\n$`))
		Expect(u.succeeds("send", "work")).To(HaveSuffix("2 messages sent\n"))
		u.succeeds("get", "work")
	})

	It("is done by get in a program of its own while the account has autosend on", func() {
		sink := smtpsink.Start(GinkgoTB(), nil)
		u := newSender(sink, "--autosend")
		program := filepath.Join(filepath.Dir(binary), "autosend") // mtm looks beside itself
		if runtime.GOOS == "windows" {
			program += ".exe"
		}
		Expect(gobuild.Programs(context.Background(), program, "../autosend")).To(Succeed())
		DeferCleanup(os.Remove, program)
		Expect(u.succeeds("get", "work")).To(Equal("no new messages\n"))
		Eventually(sink.Messages).WithTimeout(patience).Should(HaveLen(2))
		Expect(sink.Wait(context.Background())).To(Succeed())
		Eventually(func() any { return u.lists("Sent") }).WithTimeout(patience).Should(HaveLen(2))
	})
})
