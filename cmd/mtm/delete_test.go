package main_test

import (
	"fmt"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/edit"
)

// deleted is what the specs read from the JSON of delete.
type deleted struct {
	Account         string  `json:"account"`
	DeletedOnServer int     `json:"deleted_on_server"`
	Queued          []int64 `json:"queued"`
	Failed          []struct {
		ID    int64  `json:"id"`
		UID   string `json:"uid"`
		Error string `json:"error"`
	} `json:"failed"`
	Error string `json:"error"`
	Code  int    `json:"code"`
}

var _ = Describe("delete (behaviour sections 5 and 6)", func() {
	var u *user
	BeforeEach(func() { u = newUser() })

	// listed adds the account, lists its mailbox and returns the ids by UID.
	listed := func(s *fakeserver.Server, flags ...string) map[string]string {
		GinkgoHelper()
		u.addAccount(s, flags...)
		u.succeeds("get", "work", "--headers-only")
		byUID := map[string]string{}
		for _, m := range u.lists("work") {
			byUID[m.UID] = number(m.ID)
		}
		return byUID
	}

	It("deletes messages on the server and in the list; copies in folders stay", func() {
		s, drop := serve(letters("a1", "a2", "a3")...)
		id := listed(s)
		u.succeeds("get", "work", "--which", "all")
		Expect(u.succeeds("delete", "work", id["a3"], id["a1"], id["a3"])).To(Equal("2 messages deleted on the server\n"))
		Expect(drop.UIDs()).To(Equal([]string{"a2"}))
		Expect(uids(u.lists("work"))).To(Equal([]string{"a2"}))
		Expect(u.lists("Inbox")).To(HaveLen(3))
	})

	It("tells a program what it did, and counts what had gone already", func() {
		s, drop := serve(letters("a1", "a2")...)
		id := listed(s)
		Expect(drop.Remove("a1")).To(Succeed())
		Expect(u.succeeds("delete", "work", id["a1"], id["a2"])).To(Equal("1 message deleted on the server, 1 already gone\n"))
		Expect(drop.Deliver(letter("a3", "x\r\n"))).To(Succeed())
		u.succeeds("get", "work", "--headers-only")
		Expect(u.succeeds("delete", "work", number(u.lists("work")[0].ID), "--json")).To(Equal(
			`{"account":"work","deleted_on_server":1,"queued":[],"failed":[]}` + "\n"))
	})

	It("keeps a message that the server refuses to delete", func() {
		s, drop := serve(letters("a1", "a2")...)
		s.On(fakeserver.Match{Verb: "DELE", Args: "1"}, fakeserver.Auto.With(edit.Refuse("locked"))).Must()
		id := listed(s)
		r := u.types("delete", "work", id["a1"], id["a2"])
		Expect(r.status).To(Equal(1))
		Expect(r.out).To(MatchRegexp(`^failed: a1: .*locked.*\n1 message deleted on the server, 1 failed\n$`))
		Expect(drop.UIDs()).To(Equal([]string{"a1"}))
		Expect(uids(u.lists("work"))).To(Equal([]string{"a1"}))
		var d deleted
		fromJSON(u.types("delete", "work", id["a1"], "--json").out, &d)
		Expect(d.Code).To(Equal(-174))
		Expect(d.Failed).To(HaveLen(1))
		Expect(number(d.Failed[0].ID)).To(Equal(id["a1"]))
	})

	It("deletes nothing when the line breaks before QUIT", func() {
		s, drop := serve(letters("a1", "a2")...)
		id := listed(s)
		s.On(fakeserver.Match{Verb: "DELE", Args: "2"}, fakeserver.Auto.With(edit.CutAfter(2, edit.Reset))).Once().Must()
		Expect(u.fails("delete", "work", id["a1"], id["a2"])).To(HaveSuffix("; the connection broke: the server may have deleted nothing; the next connection shows which messages are left"))
		Expect(drop.UIDs()).To(HaveLen(2))
		Expect(u.lists("work")).To(HaveLen(2))
	})

	It("waits in disconnected mode until the next session ends, and is taken back by cancel-offline", func() {
		s, drop := serve(letters("a1", "a2", "a3")...)
		id := listed(s, "--disconnected-mode")
		Expect(u.succeeds("delete", "work", id["a1"], id["a2"])).To(Equal("2 messages wait to be deleted when the next session with work ends; " +
			"'mtm cancel-offline work " + id["a1"] + " " + id["a2"] + "' takes it back\n"))
		Expect(s.Transcripts()).To(HaveLen(1), "nothing is sent")
		Expect(u.lists("work")).To(ContainElement(And(HaveField("UID", "a1"), HaveField("Operation", "delete"))))
		Expect(u.succeeds("list", "work")).To(MatchRegexp(`(?m)^ +%s  NU\*D    `, id["a1"]))
		var d deleted
		fromJSON(u.succeeds("delete", "work", id["a2"], "--json"), &d)
		Expect(fmt.Sprint(d.Queued)).To(Equal("[" + id["a2"] + "]"))
		Expect(u.succeeds("cancel-offline", "work", id["a2"], id["a3"])).To(Equal("1 operation taken back\n"))
		Expect(u.succeeds("cancel-offline", "work", id["a2"], "--json")).To(Equal(`{"account":"work","cancelled":0}` + "\n"))
		u.succeeds("get", "work", "--headers-only")
		Expect(drop.UIDs()).To(Equal([]string{"a2", "a3"}))
		Expect(uids(u.lists("work"))).To(ConsistOf("a2", "a3"))
	})

	It("uses the line of a shell; the server deletes as the session ends", func() {
		s, drop := serve(letters("a1", "a2")...)
		id := listed(s)
		r := u.feeds("connect\ndelete "+id["a1"]+"\nlist work\nstatus\n", "shell", "work")
		Expect(r.status).To(Equal(0), r.err)
		Expect(r.out).To(And(ContainSubstring("1 message deleted on the server when this session ends\n"), ContainSubstring("1 listed")))
		Expect(drop.UIDs()).To(Equal([]string{"a2"}))
		Expect(s.Transcripts()).To(HaveLen(2))
		u.succeeds("account", "set", "work", "--disconnected-mode")
		r = u.feeds("connect\ndelete "+id["a2"]+"\nstatus --json\ncancel-offline work "+id["a2"]+"\nstatus\n", "shell", "work")
		Expect(r.status).To(Equal(0), r.err)
		Expect(r.out).To(And(ContainSubstring("1 message waits to be deleted when this session ends"), ContainSubstring(`"waiting":1`),
			ContainSubstring("1 operation taken back\n")))
		Expect(drop.UIDs()).To(Equal([]string{"a2"}))
	})

	DescribeTable("refuses wrong usage before it does anything",
		func(want string, args ...string) {
			Expect(u.misuses(args...)).To(ContainSubstring(want))
			Expect(u.files()).To(BeEmpty())
		},
		Entry("nothing", "write 'mtm delete [ACCOUNT] ID...'", "delete"),
		Entry("no ids", "name the messages by their ids", "delete", "work"),
		Entry("a word for an id", `"x" is not an id`, "delete", "work", "x"),
		Entry("nothing to cancel", "name the messages by their ids", "cancel-offline", "work"),
	)

	It("takes any id of a message, without the account too, and touches no copy", func() {
		s, drop := serve(letters("a1", "a2", "a3")...)
		u.addAccount(s)
		u.succeeds("get", "work")
		inbox := u.lists("Inbox")
		Expect(u.succeeds("delete", number(inbox[0].ID))).To(Equal("1 message deleted on the server\n"))
		Expect(u.succeeds("delete", "work", number(inbox[1].ID), number(inbox[1].Related))).To(Equal("1 message deleted on the server\n"))
		Expect(drop.UIDs()).To(Equal([]string{"a3"}))
		Expect(u.lists("Inbox")).To(HaveLen(3))
		Expect(u.fails("delete", number(inbox[0].ID))).To(ContainSubstring("is only in this store"))
		Expect(u.fails("delete", "work", "3")).To(ContainSubstring("there is no message 3"))
	})
})
