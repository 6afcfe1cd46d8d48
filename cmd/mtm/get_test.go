package main_test

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"runtime"
	"strconv"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/edit"
)

// fetched is what the specs read from the JSON of get.
type fetched struct {
	Account         string    `json:"account"`
	Stored          []int64   `json:"stored"`
	Messages        []message `json:"messages"`
	AlreadyThere    int       `json:"already_there"`
	DeletedOnServer int       `json:"deleted_on_server"`
	LeftOut         int       `json:"left_out"`
	LeftOutOctets   int64     `json:"left_out_octets"`
	Failed          []struct {
		UID   string `json:"uid"`
		Error string `json:"error"`
	} `json:"failed"`
	Interruptions int    `json:"interruptions"`
	OnServer      *int   `json:"on_server"`
	Error         string `json:"error"`
	Code          int    `json:"code"`
}

var _ = Describe("get", func() {
	var u *user
	BeforeEach(func() { u = newUser() })

	gets := func(args ...string) fetched {
		GinkgoHelper()
		var f fetched
		fromJSON(u.succeeds(append([]string{"get", "work", "--json"}, args...)...), &f)
		return f
	}

	It("fetches the oldest first when that is asked for, and lists by date", func() {
		s, _ := serve(letters("a1", "a2", "a3")...)
		u.addAccount(s)
		Expect(uids(gets("--order", "oldest").Messages)).To(Equal([]string{"a1", "a2", "a3"}))
		Expect(uids(u.lists("Inbox", "--sort", "id"))).To(Equal([]string{"a1", "a2", "a3"}))
		Expect(u.misuses("get", "work", "9", "--order", "oldest")).To(ContainSubstring("ids and --order exclude each other"))
	})

	It("copies new messages into Inbox and leaves them on the server", func() {
		s, drop := serve(letters("a1", "a2")...)
		u.addAccount(s)
		out := u.succeeds("get", "work")
		Expect(out).To(MatchRegexp(`(?m)^ +\d+  2026-03-02 07:15  Ada <ada@example.org> +About a1 +\d+ B$`))
		Expect(out).To(MatchRegexp(`\n2 messages, \d+ B\n$`))
		Expect(uids(u.lists("Inbox"))).To(Equal([]string{"a1", "a2"}))
		Expect(drop.UIDs()).To(Equal([]string{"a1", "a2"}))
		Expect(u.succeeds("get", "work")).To(Equal("no new messages\n"))
		Expect(u.succeeds("get", "work", "--which", "all")).To(Equal("0 messages, 2 already there\n"))
	})

	It("moves messages: they are deleted on the server", func() {
		s, drop := serve(letters("a1", "a2")...)
		u.addAccount(s)
		Expect(u.succeeds("get", "work", "--take", "move")).To(ContainSubstring("2 deleted on the server"))
		Expect(drop.UIDs()).To(BeEmpty())
		Expect(u.lists("work")).To(BeEmpty())
		Expect(uids(u.lists("Inbox"))).To(Equal([]string{"a1", "a2"}))
	})

	It("warns when the server refuses QUIT after a move: some messages may still be there", func() {
		s, _ := serve(letters("a1", "a2")...)
		u.addAccount(s)
		s.On(fakeserver.Match{Verb: "QUIT"}, fakeserver.Auto.With(edit.Refuse("not all removed"))).Times(2)
		r := u.types("get", "work", "--take", "move")
		Expect(r.status).To(BeZero())
		Expect(r.err).To(Equal("mtm: warning: QUIT: the server refused: not all removed; deleted messages may still be on the server: " +
			"the next connection lists them, and they can be deleted again\n"))
		Expect(u.types("get", "work", "--take", "move", "--json").out).To(ContainSubstring(`"quit_refused":"QUIT: the server refused: not all removed"`))
		Expect(u.types("get", "work", "--take", "move").err).To(BeEmpty())
	})

	It("lists a message at its stored size where LIST does not tell one", func() {
		s, _ := serve(letters("a1", "a2")...)
		u.addAccount(s)
		s.On(fakeserver.Match{Verb: "LIST"}, fakeserver.Auto.With(edit.ReplaceRow(1, "1 unknown")))
		u.succeeds("get", "work", "--headers-only")
		Expect(u.succeeds("list", "work")).To(MatchRegexp(`(?m)About a1 .* \?$`))
		u.succeeds("get", "work", "--which", "all")
		stored := u.lists("Inbox")[0].Stored
		Expect(stored).To(BeNumerically(">", 0))
		Expect(u.lists("Inbox")[0].Size).To(BeEquivalentTo(stored))
		Expect(u.succeeds("list", "Inbox")).To(MatchRegexp(`(?m)About a1 .* %d B$`, stored))
	})

	It("says how often the connection was lost", func() {
		s, _ := serve(letters("a1", "a2")...)
		u.addAccount(s)
		s.On(fakeserver.Match{Verb: "RETR"}, fakeserver.Auto.With(edit.CutAfter(60, edit.Close))).Once()
		Expect(u.succeeds("get", "work", "--resume", "1m")).To(MatchRegexp(`\n2 messages, \d+ B; the connection was lost once\n$`))
		Expect(gets("--which", "all").Interruptions).To(BeZero())
		s.On(fakeserver.Match{Verb: "STAT"}, fakeserver.Auto.With(edit.CutAfter(2, edit.Close))).Once()
		Expect(gets("--which", "all", "--resume", "1m").Interruptions).To(Equal(1))
	})

	It("tells a program what it stored", func() {
		s, _ := serve(letters("a1", "a2")...)
		u.addAccount(s)
		f := gets()
		Expect(f.Account).To(Equal("work"))
		stored := u.lists("Inbox", "--sort", "id")
		Expect(f.Stored).To(Equal(ids(stored)))
		Expect(f.Messages).To(Equal(stored))
		Expect(f.Messages[0]).To(And(HaveField("Subject", "About a2"), HaveField("Date", "2026-03-02T07:15:00Z"),
			HaveField("Complete", true), HaveField("Body", "whole"), HaveField("Flags", ContainElements("new", "unread", "complete"))))
		Expect(gets("--which", "all")).To(And(HaveField("Stored", BeEmpty()), HaveField("AlreadyThere", 2)))
	})

	It("fetches the messages whose ids are given", func() {
		s, _ := serve(letters("a1", "a2", "a3")...)
		u.addAccount(s)
		Expect(u.succeeds("get", "work", "--headers-only")).To(HaveSuffix("3 messages on the server, 3 new\n"))
		Expect(u.lists("Inbox")).To(BeEmpty())
		var second message
		for _, m := range u.lists("work") {
			Expect(m.Body).To(Equal("header"))
			if m.UID == "a2" {
				second = m
			}
		}
		Expect(uids(gets(number(second.ID)).Messages)).To(Equal([]string{"a2"}))
		Expect(u.fails("get", "work", "3")).To(Equal("mtm: there is no message 3: 'mtm list Inbox' shows the ids"))
		Expect(u.fails("get", "work", "99")).To(ContainSubstring("there is no message 99"))
	})

	It("leaves out messages above a size", func() {
		s, _ := serve(letter("small", "x\r\n"), letter("large", strings.Repeat("0123456789\r\n", 1000)))
		u.addAccount(s)
		small := gets("--max-size", "10KiB")
		Expect(uids(small.Messages)).To(Equal([]string{"small"}))
		Expect(small.LeftOut).To(Equal(1))
		Expect(small.LeftOutOctets).To(BeNumerically(">", 10<<10))
		Expect(u.succeeds("get", "work", "--which", "all", "--max-size", "10KiB")).To(MatchRegexp(`, 1 left out \(.*B\)\n$`))
		Expect(uids(gets("--which", "all").Messages)).To(Equal([]string{"large"}))
	})

	It("puts messages into a folder, and makes it when asked to", func() {
		s, _ := serve(letters("a1")...)
		u.addAccount(s)
		Expect(u.fails("get", "work", "--into", "Archive")).To(Equal(
			`mtm: folder "Archive" does not exist; choose one of Inbox, Outbox, Drafts, Sent; --create creates it`))
		u.succeeds("get", "work", "--into", "Archive", "--create")
		Expect(uids(u.lists("Archive"))).To(Equal([]string{"a1"}))
		Expect(u.succeeds("list")).To(MatchRegexp(`(?m)^ +\d+  folder   Archive +1 +1 +1$`))
		u.succeeds("get", "work", "--into", "archive", "--create", "--which", "all")
		Expect(u.lists("Archive")).To(HaveLen(1))
	})

	It("leaves no folder behind when nothing came", func() {
		s, _ := serve(letters("a1")...)
		s.On(fakeserver.Match{Verb: "PASS"}, fakeserver.Auto.With(edit.Refuse("no"))).Must()
		u.addAccount(s, "--auth", "userpass")
		u.fails("get", "work", "--into", "Archive", "--create")
		Expect(u.succeeds("list")).NotTo(ContainSubstring("Archive"))
	})

	It("lists only the newest messages within the sync limit", func() {
		s, _ := serve(letters("a1", "a2", "a3")...)
		u.addAccount(s, "--sync-limit", "2")
		Expect(uids(gets().Messages)).To(ConsistOf("a2", "a3"))
	})

	It("logs in with APOP when told so", func() {
		s, _ := serve(letters("a1")...)
		u.addAccount(s, "--auth", "apop")
		u.succeeds("get", "work")
		Expect(s.Transcripts()[0].String()).To(ContainSubstring("C: APOP demo"))
	})

	It("takes the password from a variable or a command at each login", func() {
		s, _ := serve(letters("a1")...)
		u.addAccount(s)
		u.succeeds("account", "set", "work", "--password-env", "WORK_PASSWORD")
		Expect(u.fails("get", "work")).To(ContainSubstring("environment variable WORK_PASSWORD is not set"))
		u.env = []string{"WORK_PASSWORD=demo"}
		u.succeeds("get", "work")
		u.succeeds("account", "set", "work", "--password-command", "echo demo")
		u.succeeds("get", "work")
	})

	It("says which messages the server refused, and takes the others", func() {
		s, _ := serve(letters("a1", "a2", "a3")...)
		s.On(fakeserver.Match{Verb: "RETR", Args: "2"}, fakeserver.Auto.With(edit.Refuse("locked \x1b[2J"))).Must()
		u.addAccount(s)
		r := u.types("get", "work", "--json")
		Expect(r.status).To(Equal(1))
		var f fetched
		fromJSON(r.out, &f)
		Expect(uids(f.Messages)).To(Equal([]string{"a3", "a1"}))
		Expect(f.Failed).To(HaveLen(1))
		Expect(f.Failed[0].UID).To(Equal("a2"))
		Expect(f.Code).To(Equal(-174))
		Expect(r.err).To(HavePrefix(`{"error":"get mail, copying messages: `))
		r = u.types("get", "work")
		Expect(r.status).To(Equal(1))
		Expect(r.out).To(ContainSubstring("failed: a2: "))
		Expect(r.out + r.err).NotTo(ContainSubstring("\x1b"))
	})

	It("names a message that breaks the connection, marks it, and leaves it out", func() {
		s, _ := serve(letters("a1", "a2", "a3")...)
		s.On(fakeserver.Match{Verb: "RETR", Args: "2"}, fakeserver.Auto.With(edit.CutAfter(40, edit.Close))).Must()
		u.addAccount(s)
		r := u.types("get", "work", "--json")
		Expect(r.status).To(Equal(1))
		var result struct {
			Failed []struct {
				ID, Number, Broke   int
				UID, Subject, Error string
			}
		}
		Expect(json.Unmarshal([]byte(r.out), &result)).To(Succeed())
		Expect(result.Failed).To(HaveLen(1))
		f := result.Failed[0]
		Expect(f.Number).To(Equal(2))
		Expect(f.Broke).To(Equal(2))
		Expect(f.UID).To(Equal("a2"))
		Expect(f.Subject).To(Equal("About a2"))
		Expect(f.Error).To(ContainSubstring("the server closed the connection during RETR 2"))
		Expect(uids(u.lists("Inbox"))).To(Equal([]string{"a1", "a3"}))
		Expect(u.succeeds("list", "work")).To(MatchRegexp(`(?m)^ *%d  .*x`, f.ID))
		Expect(u.types("get", "work").err).To(ContainSubstring("mtm get work --skip %d", f.ID))
		Expect(u.succeeds("get", "work", "--skip", strconv.Itoa(f.ID))).To(ContainSubstring("no new messages"))
		Expect(u.succeeds("get", "work", "--headers-only", "--skip", strconv.Itoa(f.ID))).To(ContainSubstring("3 messages on the server"))
		Expect(u.types("get", "work", "--skip", "-1").status).To(Equal(2))
	})

	It("keeps what came before the line broke and fetches the rest next time", func() {
		s, _ := serve(letters("a1", "a2", "a3")...)
		s.On(fakeserver.Match{Verb: "RETR", Args: "1"}, fakeserver.Auto.With(edit.CutAfter(40, edit.Reset))).Once().Must()
		s.On(fakeserver.Match{Verb: "CONNECT", Session: 2}, fakeserver.Auto.With(edit.Refuse("no more today"))).Must()
		u.addAccount(s)
		r := u.types("get", "work")
		Expect(r.status).To(Equal(1))
		Expect(r.out).To(ContainSubstring("2 messages, "))
		Expect(r.err).To(ContainSubstring("the next get fetches what is missing"))
		Expect(uids(u.lists("Inbox"))).To(Equal([]string{"a2", "a3"}))
		Expect(uids(gets().Messages)).To(Equal([]string{"a1"}))
	})

	It("gives up on a server that says nothing", func() {
		s, _ := serve(letters("a1")...)
		s.On(fakeserver.Match{Verb: "STAT"}, fakeserver.Auto.With(edit.Raw(""))).Must()
		u.addAccount(s)
		line := u.fails("get", "work", "--timeout", "1s")
		Expect(line).To(And(ContainSubstring("timed out"), ContainSubstring("--timeout waits longer")))
	})

	DescribeTable("names step and cause of a refusal, and what to do",
		func(verb, step, advice string, code int) {
			s, _ := serve(letters("a1")...)
			s.On(fakeserver.Match{Verb: verb}, fakeserver.Auto.With(edit.Refuse("not today"))).Must()
			u.addAccount(s, "--auth", "userpass")
			r := u.types("get", "work")
			Expect(r).To(Equal(result{status: 1, err: r.err}))
			Expect(r.err).To(And(HavePrefix("mtm: get mail, "+step), ContainSubstring("not today"), ContainSubstring(advice)))
			var f fetched
			fromJSON(u.types("get", "work", "--json").out, &f)
			Expect(f.Code).To(Equal(code))
		},
		Entry("greeting", "CONNECT", "reading the greeting", "is a POP3 server running on", -170),
		Entry("user", "USER", "logging in", "with --user", -171),
		Entry("password", "PASS", "logging in", "with --user and --password", -172),
		Entry("list of the mailbox", "LIST", "listing the mailbox", "", -174),
	)

	It("asks whether the server is running when nobody answers", func() {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		Expect(err).NotTo(HaveOccurred())
		address := l.Addr().String()
		Expect(l.Close()).To(Succeed())
		u.succeeds("account", "add", "work", "--pop3", address, "--user", "demo", "--password", "demo")
		Expect(u.fails("get", "work")).To(HaveSuffix("; is a POP3 server running on " + address +
			"? 'mtm account set work --pop3 HOST:PORT' changes the server"))
	})

	It("is cancelled by Ctrl-C: what is whole stays, the server forgets the rest", func() {
		if runtime.GOOS == "windows" {
			Skip("Windows has no signals between processes")
		}
		s, drop := serve(letters("a1", "a2")...)
		s.On(fakeserver.Match{Verb: "RETR", Args: "2"}, fakeserver.Auto.With(edit.CutAfter(30, edit.Stall))).Must()
		u.addAccount(s)
		c := u.command("get", "work", "--take", "move")
		r := finish(c, func() error {
			if err := c.Start(); err != nil {
				return err
			}
			Eventually(func() string { return fmt.Sprint(s.Transcripts()) }).WithTimeout(patience).Should(ContainSubstring("C: RETR 2"))
			Expect(c.Process.Signal(os.Interrupt)).To(Succeed())
			return c.Wait()
		})
		Expect(r.status).To(Equal(1))
		Expect(r.err).To(Equal("mtm: move mail: cancelled\n"))
		Expect(uids(u.lists("Inbox"))).To(Or(BeEmpty(), Equal([]string{"a1"})))
		Expect(drop.UIDs()).To(Equal([]string{"a1", "a2"}))
		Expect(u.succeeds("check-store")).To(ContainSubstring("no problems"))
	})

	DescribeTable("refuses wrong usage before it does anything",
		func(want string, args ...string) {
			Expect(u.misuses(append([]string{"get"}, args...)...)).To(ContainSubstring(want))
			Expect(u.files()).To(BeEmpty())
		},
		Entry("no account", "an argument is missing: write 'mtm get ACCOUNT [ID...]'"),
		Entry("selection without ids", "--which selection needs the ids", "work", "--which", "selection"),
		Entry("ids with all", "ids and --which all exclude each other", "work", "4", "--which", "all"),
		Entry("ids with new", "ids and --which new exclude each other", "work", "4", "--which", "new"),
		Entry("a word for an id", `"four" is not an id`, "work", "four"),
		Entry("an unknown kind", "--which: choose one of new, all, selection", "work", "--which", "some"),
		Entry("no size", "--max-size: a size is", "work", "--max-size", "big"),
		Entry("a store without a name", "--store: the path is empty", "work", "--store", ""),
		Entry("no time", "--timeout takes a duration", "work", "--timeout", "0s"),
		Entry("headers and move", "--headers-only and --take exclude each other", "work", "--headers-only", "--take", "move"),
	)

	It("makes no store for an account that is not there", func() {
		Expect(u.fails("get", "work")).To(ContainSubstring("there is no message store at mail.store"))
		Expect(u.files()).To(BeEmpty())
		u.succeeds("account", "add", "home", "--pop3", "host", "--user", "x", "--password", "x")
		Expect(u.fails("get", "work")).To(Equal(`mtm: account "work" does not exist; choose one of home`))
	})
})
