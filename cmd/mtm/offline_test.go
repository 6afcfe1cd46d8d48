package main_test

import (
	"database/sql"
	"path/filepath"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	_ "modernc.org/sqlite"

	"pop3mtm/fakeserver"
)

// queuedResult is what the specs read from the JSON of get and populate.
type queuedResult struct {
	Stored []int64 `json:"stored"`
	Queued []int64 `json:"queued"`
	Failed []struct {
		UID   string `json:"uid"`
		Error string `json:"error"`
	} `json:"failed"`
}

var _ = Describe("What waits for the next session (behaviour section 6)", func() {
	var u *user
	var s *fakeserver.Server
	var drop *fakeserver.Maildrop
	var id map[string]string

	BeforeEach(func() {
		u = newUser()
		s, drop = serve(letters("a1", "a2", "a3")...)
		u.addAccount(s, "--disconnected-mode")
		u.succeeds("get", "work", "--headers-only")
		id = map[string]string{}
		for _, m := range u.lists("work") {
			id[m.UID] = number(m.ID)
		}
	})
	// session is one, and gives what get says of it.
	session := func() string { GinkgoHelper(); return u.succeeds("get", "work", "--headers-only") }

	It("is a copy and a move of what is named, shown in both lists until it is done", func() {
		Expect(u.succeeds("get", "work", id["a1"])).To(Equal("1 message waits to be copied into Inbox when the next session with work begins; " +
			"'mtm cancel-offline work " + id["a1"] + "' takes it back\n"))
		Expect(u.succeeds("get", "work", id["a2"], "--take", "move", "--into", "Later", "--create")).To(ContainSubstring("moved into Later"))
		Expect(s.Transcripts()).To(HaveLen(1), "nothing is sent")
		Expect(u.succeeds("list", "work")).To(And(MatchRegexp(`(?m)^ +%s  NU\*C`, id["a1"]), MatchRegexp(`(?m)^ +%s  NU\*M`, id["a2"])))
		Expect(u.succeeds("list", "Inbox")).To(MatchRegexp(`(?m)^ +\d+  NU\*W`))
		Expect(u.succeeds("list", "work", "--json")).To(ContainSubstring(`"operation":"copy-to","waiting":["copy into 3"]`))
		ghost := number(u.lists("Inbox")[0].ID)
		Expect(u.succeeds("show", ghost)).To(ContainSubstring("the next session with work fetches it"))
		Expect(session()).To(Equal("2 queued messages fetched, 1 message deleted on the server\n2 messages on the server, 0 new\n"))
		Expect(u.succeeds("show", ghost)).NotTo(ContainSubstring("it comes"))
		Expect(uids(u.lists("Later"))).To(Equal([]string{"a2"}))
		Expect(drop.UIDs()).To(Equal([]string{"a1", "a3"}))
	})

	It("is a populate of what is named", func() {
		Expect(u.succeeds("populate", "work", id["a1"], "--lines", "1")).To(HavePrefix("1 message waits to be populated when "))
		Expect(u.succeeds("list", "work")).To(MatchRegexp(`(?m)^ +%s  NU\*P`, id["a1"]))
		Expect(u.succeeds("populate", "work", id["a2"], "--lines", "-1", "--json")).To(ContainSubstring(`"queued":[` + id["a2"] + `]`))
		Expect(session()).To(HavePrefix("2 queued messages fetched\n"))
		Expect(u.lists("work")).To(ContainElement(And(HaveField("UID", "a2"), HaveField("Body", "whole"))))
	})

	It("does not wait with --now, nor without ids", func() {
		Expect(u.succeeds("get", "work", id["a1"], "--now")).To(HavePrefix("  "))
		Expect(u.lists("Inbox")).To(HaveLen(1))
		u.succeeds("populate", "work", id["a2"], "--now")
		u.succeeds("get", "work", "--which", "all")
		Expect(u.lists("Inbox")).To(HaveLen(3))
		Expect(u.lists("work")).To(HaveEach(HaveField("Operation", "")))
	})

	It("is done at once where the message is here", func() {
		u.succeeds("populate", "work", id["a1"], "--now")
		Expect(u.succeeds("get", "work", id["a1"], id["a2"], "--take", "move")).To(MatchRegexp(
			`(?s)^ +\d+ .*\n1 message, [^\n]*\n2 messages wait to be moved into Inbox when`))
		Expect(u.succeeds("get", "work", id["a1"])).To(Equal("0 messages, 1 already there\n"))
	})

	It("is taken back by the message or by what shows it in the folder", func() {
		u.succeeds("get", "work", id["a1"], id["a2"])
		u.succeeds("delete", "work", id["a1"], id["a3"])
		Expect(u.succeeds("list", "work")).To(MatchRegexp(`(?m)^ +%s  NU\*\+`, id["a1"]))
		ghosts := u.lists("Inbox", "--sort", "id")
		Expect(u.succeeds("cancel-offline", "work", number(ghosts[1].ID))).To(Equal("1 operation taken back\n"))
		Expect(u.succeeds("cancel-offline", "work", id["a1"])).To(Equal("2 operations taken back\n"))
		Expect(u.lists("Inbox")).To(BeEmpty())
		Expect(session()).To(Equal("1 message deleted on the server\n2 messages on the server, 0 new\n"))
	})

	It("tells what failed, once, and lists what was set aside until it is taken back", func() {
		u.succeeds("get", "work", id["a1"], id["a2"])
		db, err := sql.Open("sqlite", filepath.Join(u.path("mail.store"), "index.db"))
		Expect(err).NotTo(HaveOccurred())
		_, err = db.Exec("UPDATE operations SET kind = 42 WHERE id = 1")
		Expect(err).NotTo(HaveOccurred())
		Expect(db.Close()).To(Succeed())
		var r queuedResult
		fromJSON(u.types("get", "work", "--headers-only", "--json").out, &r)
		Expect(r.Stored).To(HaveLen(1))
		Expect(r.Failed).To(HaveLen(1))
		Expect(r.Failed[0].Error).To(ContainSubstring("unknown operation kind-42"))
		session()
		Expect(u.succeeds("list", "work")).To(MatchRegexp(`(?m)^ +%s  [^\n]*kind-42, set aside: [^\n]*'mtm cancel-offline work %s' removes it\n`, id["a1"], id["a1"]))
		Expect(u.succeeds("list", "work")).To(MatchRegexp(`(?m)^ +%s   U\*\?`, id["a1"]))
		Expect(u.types("check-store").status).To(Equal(1))
		u.succeeds("cancel-offline", "work", id["a1"])
		u.succeeds("check-store")
		Expect(u.succeeds("list", "work")).NotTo(ContainSubstring("set aside"))
	})

	It("waits in the shell while it is offline, and says so when it connects and disconnects", func() {
		r := u.feeds("get "+id["a1"]+" --take move\nstatus\nconnect\nget "+id["a2"]+"\ndisconnect\n", "shell", "work")
		Expect(r.status).To(Equal(0), r.err)
		Expect(r.out).To(And(ContainSubstring("1 message waits to be moved into Inbox"), ContainSubstring(", 1 waiting"),
			ContainSubstring("1 queued message fetched\n"), ContainSubstring("1 message deleted on the server\n")))
		Expect(uids(u.lists("Inbox"))).To(ConsistOf("a1", "a2"))
		Expect(drop.UIDs()).To(Equal([]string{"a2", "a3"}))
	})
})
