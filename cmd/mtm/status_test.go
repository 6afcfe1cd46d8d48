package main_test

import (
	"io"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/edit"
	"pop3mtm/fakeserver/maildrop"
	"pop3mtm/fakeserver/smtpsink"
	"pop3mtm/internal/need"
)

// sharing starts a server that lets any number of sessions have the mailbox.
func sharing(messages ...maildrop.Message) (*fakeserver.Server, *fakeserver.Maildrop) {
	drop := fakeserver.NewMaildrop(messages...)
	return fakeserver.Start(tb(), drop, &fakeserver.Options{Shared: true}), drop
}

var _ = Describe("A mailbox that two programs want", func() {
	var u *user
	BeforeEach(func() { u = newUser() })

	// online starts a shell that stays online until in is closed.
	online := func() (c *exec.Cmd, in io.WriteCloser) {
		GinkgoHelper()
		c, in, lines := shell(u)
		DeferCleanup(func() { _ = c.Process.Kill() })
		_, err := io.WriteString(in, "connect\n")
		Expect(err).NotTo(HaveOccurred())
		Expect(lines.ReadString('\n')).To(HavePrefix("work is online: "))
		return c, in
	}
	held := `mtm\.exe \(pid \d+, started [-\d]+ [:\d]+\) has the mailbox open`

	It("is refused to the second one at once, with the name of the first and what to do", func() {
		s, _ := sharing(letters("a1", "a2")...)
		u.addAccount(s)
		c, in := online()
		for _, args := range [][]string{{"get", "work"}, {"get", "work", "--headers-only"}, {"populate", "work"}, {"get", "work", "--wait", "20ms"}} {
			Expect(u.fails(args...)).To(MatchRegexp(": in use: "+held+".*; --wait DURATION waits for it$"), "%v", args)
		}
		var e struct{ Code int }
		fromJSON(u.types("get", "work", "--json").err, &e)
		Expect(e.Code).To(Equal(-14))
		Expect(s.Transcripts()).To(HaveLen(1), "that of the shell")
		Expect(u.succeeds("list", "work")).NotTo(BeEmpty(), "what needs no connection works")
		Expect(u.fails("account", "remove", "work")).To(MatchRegexp(held))
		Expect(in.Close()).To(Succeed())
		Expect(c.Wait()).To(Succeed())
		u.succeeds("get", "work")
		u.succeeds("account", "remove", "work")
	})

	It("is had after a while with --wait", func() {
		s, _ := sharing(letters("a1", "a2")...)
		u.addAccount(s)
		c, in := online()
		waiting := u.command("get", "work", "--which", "all", "--wait", "1m")
		Expect(waiting.Start()).To(Succeed())
		Expect(in.Close()).To(Succeed())
		Expect(c.Wait()).To(Succeed())
		Expect(waiting.Wait()).To(Succeed())
		Expect(u.lists("Inbox")).To(HaveLen(2))
		Expect(u.succeeds("shell", "work", "--wait", "1m")).To(BeEmpty())
		Expect(u.misuses("get", "work", "--wait", "-1s")).To(ContainSubstring("--wait takes a duration"))
		Expect(u.misuses("get", "work", "--wait", "soon")).NotTo(BeEmpty())
	})

	It("is printed by status, for one account and for all", func() {
		s, _ := sharing(letters("a1", "a2")...)
		u.addAccount(s)
		u.succeeds("account", "add", "other", "--pop3", s.Addr(), "--user", "demo", "--password", "demo")
		Expect(u.succeeds("status", "work")).To(Equal("work is offline: 0 messages on the server at the last connect, 0 listed, 0 new\n"))
		c, in := online()
		Expect(u.succeeds("status")).To(MatchRegexp(`^work is online: 2 messages .*\n` + held + `\nother is offline: .*\n$`))
		type status struct {
			ID        int64
			Account   string
			Connected bool
			Busy      bool
			Holder    *struct {
				PID     int
				Command string
				Started string
			}
		}
		var all []status
		fromJSON(u.succeeds("status", "--json"), &all)
		Expect(all).To(HaveLen(2))
		Expect(all[0].Holder.PID).To(Equal(c.Process.Pid))
		Expect(all[0].Holder.Command).To(Equal("mtm.exe"))
		Expect(all[0].Holder.Started).To(HaveSuffix("Z"))
		Expect(all[1]).To(Equal(status{ID: all[1].ID, Account: "other"}))
		// A killed program is connected no longer, whatever it left.
		Expect(c.Process.Kill()).To(Succeed())
		_ = c.Wait()
		_ = in.Close()
		var one status
		fromJSON(u.succeeds("status", "work", "--json"), &one)
		Expect(one).To(Equal(status{ID: one.ID, Account: "work"}))
		Expect(u.fails("status", "nobody")).To(ContainSubstring(`account "nobody" does not exist`))
		u.succeeds("get", "work")
	})

	It("stops no mail from being sent", func() {
		sink := smtpsink.Start(GinkgoTB(), nil)
		s, _ := sharing(letters("a1")...)
		u.addAccount(s, "--smtp", sink.Addr(), "--from", "ada@example.org")
		u.succeeds("compose", "--to", "ben@example.org", "--subject", "Plan", "--text", "At noon?")
		_, in := online()
		Expect(u.succeeds("send", "work")).To(HaveSuffix("1 message sent\n"))
		Expect(in.Close()).To(Succeed())
	})

	It("is kept from nobody by a status that is asked for all the time", func() {
		s, _ := sharing(letters("a1")...)
		u.addAccount(s)
		done := make(chan struct{})
		var asking sync.WaitGroup
		asking.Go(func() {
			defer GinkgoRecover()
			for {
				select {
				case <-done:
					return
				default:
					u.succeeds("status", "work")
				}
			}
		})
		for range 10 {
			u.succeeds("get", "work")
		}
		close(done)
		asking.Wait()
	})

	It("is queued for by the one that does not have it, and what is being carried out cannot be taken back", func() {
		s, drop := sharing(letters("a1", "a2", "a3")...)
		u.addAccount(s, "--disconnected-mode")
		u.succeeds("get", "work", "--headers-only")
		id := map[string]string{}
		for _, m := range u.lists("work") {
			id[m.UID] = number(m.ID)
		}
		c, in := online()
		u.succeeds("delete", "work", id["a1"], id["a2"])
		u.succeeds("cancel-offline", "work", id["a2"])
		came, release := make(chan struct{}), make(chan struct{})
		s.On(fakeserver.Match{Verb: "QUIT"}, func(x *fakeserver.Exchange) edit.Reply {
			close(came)
			<-release
			return fakeserver.Auto(x)
		}).Once()
		Expect(in.Close()).To(Succeed())
		Eventually(came).WithTimeout(patience).Should(BeClosed())
		r := u.types("cancel-offline", "work", id["a1"])
		close(release)
		Expect(r.status).To(Equal(1))
		Expect(r.out).To(Equal("failed: a1: the delete is being carried out: it is too late to take it back\n"))
		Expect(c.Wait()).To(Succeed())
		Expect(drop.UIDs()).To(Equal([]string{"a2", "a3"}))
	})
})

var _ = Describe("A folder that two programs make", func() {
	It("is one, whoever comes first and whoever fails", func() {
		u := newUser()
		s, _ := sharing(letters("a1", "a2")...)
		u.addAccount(s)
		u.succeeds("account", "add", "other", "--pop3", s.Addr(), "--user", "demo", "--password", "demo")
		for _, folder := range []string{"A", "B", "C", "D", "E"} {
			first, second := u.command("get", "work", "--which", "all", "--into", folder, "--create"), u.command("get", "other", "--which", "all", "--into", folder, "--create")
			Expect(first.Start()).To(Succeed())
			Expect(second.Start()).To(Succeed())
			Expect(first.Wait()).To(Succeed())
			Expect(second.Wait()).To(Succeed())
			Expect(u.lists(folder)).To(HaveLen(4))
		}
		Expect(strings.Count(u.succeeds("list"), "folder ")).To(Equal(4 + 5))
	})

	It("stays when the one that made it fails and another one uses it", func() {
		u := newUser()
		s, _ := sharing(letters("a1")...)
		u.addAccount(s)
		u.succeeds("account", "add", "other", "--pop3", s.Addr(), "--user", "demo", "--password", "demo")
		came, release := make(chan struct{}), make(chan struct{})
		s.On(fakeserver.Match{Verb: "STAT"}, func(x *fakeserver.Exchange) edit.Reply {
			close(came)
			<-release
			return edit.Err("no")
		}).Once()
		first := u.command("get", "work", "--into", "Shared", "--create", "--which", "all")
		Expect(first.Start()).To(Succeed())
		Eventually(came).WithTimeout(patience).Should(BeClosed())
		u.succeeds("get", "other", "--into", "Shared", "--max-size", "1")
		close(release)
		Expect(first.Wait()).NotTo(Succeed())
		Expect(u.lists("Shared")).To(BeEmpty(), "it is there")
	})
})

var _ = Describe("Locks that cannot be had", func() {
	It("say that the file system knows none, and the mailbox is not touched", func() {
		u := newUser()
		s, _ := serve(letters("a1")...)
		u.addAccount(s)
		strace := need.Program(GinkgoTB(), "strace")
		for _, cause := range []string{"ENOLCK", "EOPNOTSUPP", "ENOSYS", "EINVAL"} {
			c := exec.Command(strace, "-f", "-qq", "-o", "/dev/null", "-P", filepath.Join(u.path("mail.store"), "locks", "7.lock"),
				"-e", "trace=fcntl", "-e", "inject=fcntl:error="+cause, binary, "get", "work")
			c.Dir = u.dir
			r := finish(c, c.Run)
			if strings.Contains(r.err, "ptrace") {
				Skip("strace may not trace here")
			}
			Expect(r.status).To(Equal(1), r.err)
			Expect(r.err).To(ContainSubstring("not supported: cannot lock the mailbox: the file system cannot lock files; keep the store on a local disk"))
		}
		Expect(s.Transcripts()).To(BeEmpty())
		u.succeeds("get", "work")
	})
})
