package main_test

import (
	"fmt"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/edit"
)

var _ = Describe("shell", func() {
	var u *user
	BeforeEach(func() { u = newUser() })

	// says feeds lines to the shell of the account "work".
	says := func(lines string, flags ...string) result {
		GinkgoHelper()
		return u.feeds(lines, append([]string{"shell", "work"}, flags...)...)
	}

	It("keeps one session over many lines and ends it with QUIT", func() {
		s, drop := serve(letters("a1", "a2", "a3")...)
		u.addAccount(s)
		r := says("connect\nstatus\nget --take move --max-size 1MiB\nlist\n")
		Expect(r.status).To(Equal(0), r.err)
		Expect(r.out).To(And(
			HavePrefix("work is online: 3 messages on the server at the last connect, 3 listed, 3 new\n"),
			ContainSubstring("3 messages, "), ContainSubstring("Inbox ")))
		Expect(s.Transcripts()).To(HaveLen(1))
		Expect(s.Transcripts()[0].String()).To(ContainSubstring("C: QUIT"))
		Expect(drop.UIDs()).To(BeEmpty())
	})

	It("connects for get when it is offline, and stays online", func() {
		s, _ := serve(letters("a1")...)
		u.addAccount(s)
		r := says("status --json\nget\nstatus --json\ndisconnect\nstatus --json\n")
		Expect(r.status).To(Equal(0), r.err)
		lines := strings.Split(r.out, "\n")
		Expect(lines[0]).To(Equal(`{"account":"work","connected":false,"busy":false,"on_server":0,"listed":0,"new":0,"waiting":0}`))
		Expect(lines[3]).To(Equal(`{"account":"work","connected":true,"busy":false,"on_server":1,"listed":1,"new":0,"waiting":0}`))
		Expect(lines[4]).To(Equal(`{"account":"work","connected":false,"busy":false,"on_server":1,"listed":1,"new":0,"waiting":0}`))
		Expect(s.Transcripts()).To(HaveLen(1))
	})

	It("fetches a selection in the session that listed it", func() {
		s, _ := serve(letters("a1", "a2")...)
		u.addAccount(s)
		u.succeeds("get", "work", "--headers-only")
		id := u.lists("work")[0].ID
		r := says(fmt.Sprintf("connect\nget %d\nget work %d\nshow %d\n", id, id, id))
		Expect(r.status).To(Equal(0), r.err)
		Expect(r.out).To(ContainSubstring("0 messages, 1 already there\n"))
	})

	It("shows the progress of the last operation", func() {
		s, _ := serve(letters("a1", "a2")...)
		u.addAccount(s)
		r := says("get\nprogress\nprogress --json\n")
		Expect(r.status).To(Equal(0), r.err)
		Expect(r.out).To(ContainSubstring("copy new mail, copying: 0 of 2 to process, "))
		Expect(r.out).To(ContainSubstring(`{"phase":"copy new mail","phase_number":9,"sub_phase":"copying","sub_phase_number":1,"total_messages":2,"messages_to_process":0,`))
	})

	It("stops at the first line that fails, with its status, and disconnects properly", func() {
		s, _ := serve(letters("a1")...)
		u.addAccount(s)
		r := says("connect\nconnect\nlist\n")
		Expect(r.status).To(Equal(1))
		Expect(r.err).To(Equal("mtm: connect: already connected\nmtm: stopped at line 2: connect\n"))
		Expect(r.out).NotTo(ContainSubstring("Inbox"))
		Expect(s.Transcripts()[0].String()).To(ContainSubstring("C: QUIT"))
		Expect(says("frob\n").status).To(Equal(2))
		Expect(says("get --take it\n").err).To(HavePrefix("mtm: --take: choose one of copy, move; see 'mtm get --help'\n"))
	})

	It("goes on with --keep-going and ends with the status of the first failure", func() {
		s, _ := serve(letters("a1")...)
		u.addAccount(s)
		r := says("progress\nfrob\nlist Inbox\nstatus\n", "--keep-going")
		Expect(r.status).To(Equal(1))
		Expect(r.out).To(HavePrefix("work is offline"))
		Expect(r.err).To(HavePrefix("mtm: no operation has run yet: try connect or get\nmtm: there is no command \"frob\""))
	})

	It("quotes words as sh does", func() {
		s, _ := serve(letters("a1")...)
		u.addAccount(s)
		r := says("# fetch it\n\nmtm get --into 'My \"mail\"' --create # now\nlist \"My \\\"mail\\\"\"\nlist My\\ \\\"mail\\\"\n")
		Expect(r.status).To(Equal(0), r.err)
		Expect(strings.Count(r.out, "About a1")).To(Equal(3))
		Expect(says("list 'Inbox\n").err).To(HavePrefix("mtm: the ' in column 6 is not closed; see 'mtm --help'\n"))
	})

	It("has help for its words and leaves at quit", func() {
		s, _ := serve(letters("a1")...)
		u.addAccount(s)
		r := says("help\nget --help\nquit\nfrob\n")
		Expect(r.status).To(Equal(0), r.err)
		Expect(r.out).To(And(MatchRegexp("disconnect +Log out"), ContainSubstring("mtm get [ID...] [flags]")))
	})

	It("goes on after the line broke", func() {
		s, _ := serve(letters("a1", "a2")...)
		s.On(fakeserver.Match{Verb: "RETR"}, fakeserver.Auto.With(edit.CutAfter(20, edit.Reset))).Once().Must()
		s.On(fakeserver.Match{Verb: "CONNECT", Session: 2}, fakeserver.Auto.With(edit.Refuse("no more today"))).Must()
		u.addAccount(s)
		r := says("get\nstatus\nget\n", "--keep-going")
		Expect(r.status).To(Equal(1))
		Expect(r.out).To(And(HavePrefix("failed: a2: "), ContainSubstring("work is offline"), ContainSubstring("2 messages, ")))
	})

	It("prints JSON for every line when the shell was started with --json", func() {
		s, _ := serve(letters("a1")...)
		u.addAccount(s)
		r := says("list Inbox\nlist Foo\n", "--json")
		Expect(r.status).To(Equal(1))
		Expect(r.out).To(Equal("[]\n"))
		Expect(r.err).To(MatchRegexp(`^{"error":"folder or account \\"Foo\\" does not exist; .*","code":-1}\n$`))
	})

	It("refuses a line without an end in sight", func() {
		s, _ := serve(letters("a1")...)
		u.addAccount(s)
		r := says("status\n" + strings.Repeat("x", 2<<20))
		Expect(r.status).To(Equal(1))
		Expect(r.err).To(Equal("mtm: line 2 is longer than 1048576 octets\n"))
	})
})
