package main_test

import (
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/fakeserver/maildrop"
)

var _ = Describe("list", func() {
	var u *user
	BeforeEach(func() { u = newUser() })

	It("shows folders and accounts with their counts", func() {
		s, _ := serve(letters("a1", "a2", "a3")...)
		u.addAccount(s)
		u.succeeds("get", "work")
		u.succeeds("show", number(u.lists("Inbox")[0].ID))
		Expect(u.succeeds("list")).To(Equal(
			"    id  kind     name                      messages    unread       new\n" +
				"     3  folder   Inbox                            3         2         3\n" +
				"     4  folder   Outbox                           0         0         0\n" +
				"     5  folder   Drafts                           0         0         0\n" +
				"     6  folder   Sent                             0         0         0\n" +
				"     7  account  work                             3         0         0\n"))
		var places []map[string]any
		fromJSON(u.succeeds("list", "--json"), &places)
		Expect(places[0]).To(Equal(map[string]any{"id": 3.0, "parent": 2.0, "kind": "folder", "name": "Inbox", "messages": 3.0, "unread": 2.0, "new": 3.0}))
		Expect(places[4]).To(And(HaveKeyWithValue("id", 7.0), HaveKeyWithValue("kind", "account")))
	})

	It("shows the messages of a folder by name, in any case, and by id", func() {
		s, _ := serve(letters("a1")...)
		u.addAccount(s)
		u.succeeds("get", "work")
		Expect(u.succeeds("list", "Inbox")).To(MatchRegexp(`^ +\d+  NU       2026-03-02 07:15  Ada <ada@example.org> +About a1 +\d+ B\n$`))
		Expect(u.succeeds("list", "inbox")).To(Equal(u.succeeds("list", "Inbox")))
		Expect(u.succeeds("list", "3")).To(Equal(u.succeeds("list", "Inbox")))
		Expect(u.succeeds("list", "Sent")).To(BeEmpty())
		Expect(u.succeeds("list", "Sent", "--json")).To(Equal("[]\n"))
	})

	It("shows the mailbox of an account offline too, as hidden", func() {
		s, _ := serve(letters("a1", "a2")...)
		u.addAccount(s)
		u.succeeds("get", "work", "--headers-only")
		for _, m := range u.lists("work") {
			Expect(m).To(And(HaveField("Visible", false), HaveField("Complete", false), HaveField("New", true)))
		}
		Expect(strings.Count(u.succeeds("list", "work"), "  N *  h  ")).To(Equal(2))
		u.succeeds("account", "set", "work", "--disconnected-mode")
		u.succeeds("get", "work", "--headers-only")
		Expect(u.lists("work")[0].Visible).To(BeTrue())
	})

	It("sorts by sender without the quotes around a name, and refuses a limit below 0", func() {
		s, _ := serve(maildrop.Bytes("b", []byte("From: Ben <b@example.org>\r\n\r\n")),
			maildrop.Bytes("c", []byte("From: \"Carr, C\" <c@example.org>\r\n\r\n")), maildrop.Bytes("a", []byte("From: ada <a@example.org>\r\n\r\n")))
		u.addAccount(s)
		u.succeeds("get", "work")
		Expect(uids(u.lists("Inbox", "--sort", "from"))).To(Equal([]string{"a", "b", "c"}))
		Expect(uids(u.lists("Inbox", "--sort", "from", "--reverse", "--limit", "1"))).To(Equal([]string{"c"}))
		Expect(u.misuses("list", "Inbox", "--limit", "-1")).To(ContainSubstring("--limit takes a number of messages, or 0 for all"))
	})

	It("shows what a message says of itself without letting it touch the terminal", func() {
		s, _ := serve(maildrop.Bytes("a1", []byte("From: =?utf-8?q?Evil=1B[2J?= <e@example.org>\r\n"+
			"Subject: =?utf-8?b?77u/4oCu?= \x07bell\r\n\r\n")))
		u.addAccount(s)
		for _, out := range []string{u.succeeds("get", "work"), u.succeeds("list", "Inbox")} {
			Expect(out).To(ContainSubstring(`Evil\u001b[2J`))
			Expect(out).NotTo(ContainAny("\x1b", "\x07", "\u202e"))
		}
	})

	It("names what there is when a name is wrong", func() {
		u.succeeds("account", "add", "work", "--pop3", "host", "--user", "x", "--password", "x")
		Expect(u.fails("list", "Foo")).To(Equal(`mtm: folder or account "Foo" does not exist; choose one of Inbox, Outbox, Drafts, Sent, work`))
		Expect(u.misuses("list", "a", "b")).To(ContainSubstring("write 'mtm list [FOLDER or ACCOUNT]'"))
	})

	It("asks for the id when a folder and an account share a name", func() {
		s, _ := serve(letters("a1")...)
		u.addAccount(s)
		u.succeeds("get", "work", "--into", "work", "--create")
		Expect(u.fails("list", "work")).To(MatchRegexp(`the name "work" is not unique: give the id, such as \d+ or 7$`))
		Expect(uids(u.lists("7"))).To(Equal([]string{"a1"}))
	})
})

// ContainAny matches text that contains one of the parts.
func ContainAny(parts ...string) OmegaMatcher {
	var any []OmegaMatcher
	for _, p := range parts {
		any = append(any, ContainSubstring(p))
	}
	return Or(any...)
}
