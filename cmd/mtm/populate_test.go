package main_test

import (
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/edit"
	"pop3mtm/fakeserver/maildrop"
)

var _ = Describe("populate (behaviour section 5)", func() {
	var u *user
	BeforeEach(func() { u = newUser() })

	populates := func(args ...string) fetched {
		GinkgoHelper()
		var f fetched
		fromJSON(u.succeeds(append([]string{"populate", "work", "--json"}, args...)...), &f)
		return f
	}
	long := func(name string) maildrop.Message { return letter(name, strings.Repeat("0123456789\r\n", 1000)) }

	It("fetches new messages in place and leaves them on the server", func() {
		s, drop := serve(letters("a1", "a2")...)
		u.addAccount(s)
		out := u.succeeds("populate", "work")
		Expect(out).To(MatchRegexp(`(?m)^ +\d+  N    h   2026-03-02 07:15  Ada <ada@example.org> +About a1 +\d+ B$`))
		Expect(out).To(MatchRegexp(`\n2 messages, \d+ B\n$`))
		Expect(u.lists("Inbox")).To(BeEmpty())
		Expect(u.lists("work")).To(HaveEach(And(HaveField("Body", "whole"), HaveField("Complete", true))))
		Expect(drop.UIDs()).To(HaveLen(2))
		Expect(s.Transcripts()[0].String()).To(ContainSubstring("C: QUIT"))
		Expect(u.succeeds("populate", "work")).To(Equal("no new messages\n"))
		Expect(u.succeeds("populate", "work", "--which", "all")).To(Equal("0 messages, 2 already there\n"))
	})

	It("fetches the messages whose ids are given, each once", func() {
		s, _ := serve(letters("a1", "a2", "a3")...)
		u.addAccount(s)
		u.succeeds("get", "work", "--headers-only")
		id := number(u.lists("work")[1].ID)
		f := populates(id, id)
		Expect(f.Stored).To(Equal([]int64{u.lists("work")[1].ID}))
		Expect(f.Messages).To(Equal(u.lists("work")[1:2]))
		Expect(u.fails("populate", "work", "3")).To(Equal("mtm: there is no message 3: 'mtm list Inbox' shows the ids"))
	})

	It("fetches the first lines, says how much is left, and all of it later", func() {
		s, _ := serve(long("long"), letter("short", "Hello.\r\n"))
		u.addAccount(s)
		f := populates("--which", "all", "--lines", "10")
		Expect(f.Messages).To(HaveLen(2))
		list := u.lists("work")
		for _, m := range list {
			Expect(m.Complete).To(BeTrue())
			Expect(m.Body == "partial").To(Equal(m.UID == "long"))
			Expect(m.PartialDownload).To(Equal(m.UID == "long"))
		}
		id := number(list[0].ID)
		Expect(u.succeeds("list", "work")).To(ContainSubstring("   p  h  "))
		Expect(u.succeeds("show", id, "--peek")).To(HaveSuffix("\n0123456789\n\n[11 KB of this message are still on the server]\n"))
		var v struct {
			Notice string `json:"partial_notice"`
			Left   int64  `json:"left_on_server"`
		}
		fromJSON(u.succeeds("show", id, "--json", "--peek"), &v)
		Expect(v.Notice).To(Equal("[11 KB of this message are still on the server]"))
		Expect(v.Left).To(BeNumerically("==", 990*12))
		Expect(u.fails("show", id, "--raw")).To(ContainSubstring("is not whole here"))
		Expect(u.succeeds("populate", "work", "--which", "all", "--lines", "20")).To(Equal("0 messages, 2 already there\n"))
		Expect(uids(populates("--which", "all").Messages)).To(Equal([]string{"long"}))
		Expect(u.succeeds("show", id, "--peek")).NotTo(ContainSubstring("on the server"))
		u.succeeds("check-store")
	})

	It("keeps to the account's limits when the flags say nothing", func() {
		s, _ := serve(long("long"), long("other"), letter("short", "Hello.\r\n"))
		u.addAccount(s, "--population-limit", "5", "--max-email-size", "10KiB")
		Expect(uids(populates("--which", "all").Messages)).To(Equal([]string{"short"}))
		Expect(populates("--which", "all", "--max-size", "0").Messages).To(HaveEach(HaveField("Body", "partial")))
		id := number(u.lists("work")[1].ID)
		Expect(populates(id, "--lines", "-1").Messages).To(HaveEach(HaveField("Body", "whole")))
	})

	It("says which messages the server refused, and takes the others", func() {
		s, _ := serve(letters("a1", "a2", "a3")...)
		s.On(fakeserver.Match{Verb: "RETR", Args: "2"}, fakeserver.Auto.With(edit.Refuse("locked"))).Must()
		u.addAccount(s)
		r := u.types("populate", "work", "--json")
		Expect(r.status).To(Equal(1))
		var f fetched
		fromJSON(r.out, &f)
		Expect(uids(f.Messages)).To(Equal([]string{"a3", "a1"}))
		Expect(f.Failed).To(HaveLen(1))
		Expect(f.Failed[0].UID).To(Equal("a2"))
		Expect(f.Code).To(Equal(-174))
		Expect(r.err).To(HavePrefix(`{"error":"populate, populating messages: `))
		Expect(s.Transcripts()[0].String()).To(ContainSubstring("C: QUIT"))
	})

	It("keeps what came before the line broke and fetches the rest next time", func() {
		s, _ := serve(letters("a1", "a2")...)
		s.On(fakeserver.Match{Verb: "RETR", Args: "1"}, fakeserver.Auto.With(edit.CutAfter(40, edit.Reset))).Once().Must()
		s.On(fakeserver.Match{Verb: "CONNECT", Session: 2}, fakeserver.Auto.With(edit.Refuse("no more today"))).Must()
		u.addAccount(s)
		r := u.types("populate", "work")
		Expect(r.status).To(Equal(1))
		Expect(r.out).To(ContainSubstring("1 message, "))
		Expect(r.err).To(ContainSubstring("the next populate fetches what is missing"))
		Expect(uids(populates().Messages)).To(Equal([]string{"a1"}))
	})

	It("uses the line of a shell, and stays online", func() {
		s, _ := serve(letters("a1", "a2")...)
		u.addAccount(s)
		r := u.feeds("populate\npopulate --which all\nstatus\n", "shell", "work")
		Expect(r.status).To(Equal(0), r.err)
		Expect(r.out).To(And(ContainSubstring("0 messages, 2 already there\n"), ContainSubstring("work is online")))
		Expect(s.Transcripts()).To(HaveLen(1))
	})

	DescribeTable("refuses wrong usage before it does anything",
		func(want string, args ...string) {
			Expect(u.misuses(append([]string{"populate"}, args...)...)).To(ContainSubstring(want))
			Expect(u.files()).To(BeEmpty())
		},
		Entry("no account", "an argument is missing: write 'mtm populate ACCOUNT [ID...]'"),
		Entry("selection without ids", "--which selection needs the ids", "work", "--which", "selection"),
		Entry("ids with all", "ids and --which all exclude each other", "work", "4", "--which", "all"),
		Entry("a word for an id", `"four" is not an id`, "work", "four"),
		Entry("less than nothing", "--lines takes a number of lines, or -1 for all, not -2", "work", "--lines", "-2"),
		Entry("no number of lines", "--lines takes a whole number", "work", "--lines", "ten"),
	)
})

var _ = Describe("get without flags", func() {
	It("fetches what the account says: headers only, or messages up to a size", func() {
		u := newUser()
		s, _ := serve(letter("small", "x\r\n"), letter("large", strings.Repeat("0123456789\r\n", 1000)))
		u.addAccount(s, "--get-mail-options", "headers", "--max-email-size", "10KiB")
		Expect(u.succeeds("get", "work")).To(HaveSuffix("2 messages on the server, 2 new\n"))
		Expect(u.lists("Inbox")).To(BeEmpty())
		u.succeeds("get", "work", "--which", "all")
		Expect(uids(u.lists("Inbox"))).To(Equal([]string{"small"}))
		u.succeeds("get", "work", number(u.lists("work")[1].ID))
		Expect(uids(u.lists("Inbox"))).To(ConsistOf("small", "large"))
	})
})
