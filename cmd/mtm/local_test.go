package main_test

import (
	"os"
	"path/filepath"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/fakeserver/maildrop"
)

var _ = Describe("What is in this store", func() {
	var u *user
	var drop interface{ UIDs() []string }
	var inbox []message
	BeforeEach(func() {
		u = newUser()
		s, d := serve(letters("a1", "a2", "a3")...)
		drop = d
		u.addAccount(s)
		u.succeeds("get", "work")
		inbox = u.lists("Inbox")
	})
	id := func(i int) string { return number(inbox[i].ID) }

	It("is removed by any id of a message; the server keeps it", func() {
		Expect(u.succeeds("remove", id(0), number(inbox[1].Related))).To(Equal("2 messages removed from this store\n"))
		Expect(uids(u.lists("Inbox"))).To(Equal([]string{"a3"}))
		Expect(drop.UIDs()).To(HaveLen(3))
		Expect(u.fails("remove", number(inbox[0].Related))).To(ContainSubstring("no folder has a copy"))
		Expect(u.fails("remove", id(2), "99")).To(HaveSuffix("there is no message 99: 'mtm list Inbox' shows the ids; nothing was changed"))
		Expect(u.lists("Inbox")).To(HaveLen(1))
	})

	It("is moved and copied to folders", func() {
		Expect(u.succeeds("move", id(0), "--into", "Old", "--create")).To(Equal("1 message moved to Old\n"))
		Expect(u.succeeds("copy", id(1), "--into", "Old")).To(Equal("1 message copied to Old\n"))
		Expect(uids(u.lists("Inbox"))).To(Equal([]string{"a2", "a3"}))
		Expect(uids(u.lists("Old", "--sort", "id"))).To(Equal([]string{"a1", "a2"}))
		Expect(u.succeeds("show", number(u.lists("Old", "--sort", "id")[1].ID), "--raw")).To(Equal(u.succeeds("show", id(1), "--raw")))
		Expect(u.fails("move", id(2), "--into", "Nowhere")).To(ContainSubstring("does not exist"))
		Expect(u.misuses("move", id(2), "--into", "Outbox")).To(ContainSubstring("written here"))
		u.succeeds("check-store")
	})

	It("is pruned in the list of the mailbox, and populated again", func() {
		source := number(inbox[0].Related)
		u.succeeds("populate", source)
		Expect(u.succeeds("prune", id(0), source)).To(Equal("1 message pruned\n"))
		for _, m := range u.lists("work") {
			Expect(m).To(And(HaveField("Body", "header"), HaveField("Complete", false)))
		}
		Expect(u.lists("Inbox")[0].Body).To(Equal("whole"))
		Expect(u.succeeds("show", source, "--peek")).To(ContainSubstring("only the header is here"))
		u.succeeds("populate", source)
		Expect(u.succeeds("show", source, "--raw")).To(Equal(u.succeeds("show", id(0), "--raw")))
		u.succeeds("check-store")
	})

	It("is marked as read and unread", func() {
		u.succeeds("mark", "read", id(0), id(1))
		u.succeeds("mark", "unread", id(1))
		list := u.lists("Inbox")
		Expect([]bool{list[0].Unread, list[1].Unread, list[2].Unread}).To(Equal([]bool{false, true, true}))
		Expect(list[0].New).To(BeFalse())
	})

	It("has folders that are made, renamed, and removed when they are empty", func() {
		Expect(u.succeeds("folder", "create", "Work mail")).To(HaveSuffix("Work mail: created\n"))
		Expect(u.fails("folder", "create", "work MAIL")).To(ContainSubstring("already exists"))
		Expect(u.fails("folder", "create", "work")).To(ContainSubstring(`account "work" already exists`))
		Expect(u.misuses("folder", "create", "12")).To(ContainSubstring("cannot be a number"))
		Expect(u.succeeds("folder", "rename", "Work mail", "Old")).To(HaveSuffix("Old: renamed\n"))
		u.succeeds("move", id(0), "--into", "Old")
		Expect(u.fails("folder", "remove", "Old")).To(ContainSubstring("is not empty"))
		u.succeeds("move", id(0), "--into", "Inbox")
		Expect(u.succeeds("folder", "remove", "Old")).To(HaveSuffix("Old: removed\n"))
		Expect(u.misuses("folder", "remove", "Inbox")).To(ContainSubstring("built-in folder"))
	})
})

var _ = Describe("save", func() {
	It("writes attachments as files that harm nothing, and writes over none", func() {
		u := newUser()
		part := func(name, body string) string {
			return "--b\r\nContent-Type: application/x\r\nContent-Disposition: attachment; filename=\"" + name + "\"\r\n\r\n" + body + "\r\n"
		}
		s, _ := serve(maildrop.Bytes("a1", []byte("Subject: x\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nHello\r\n"+
			part("../../evil.sh", "1")+part("plan.pdf", "2")+part("plan.pdf", "3")+part("/etc/passwd", "4")+part(".hidden", "5")+
			part("NUL.txt", "6")+part("a\x1b[31m\xe2\x80\xaeb", "7")+part("--rf", "8")+"--b--\r\n")))
		u.addAccount(s)
		u.succeeds("get", "work")
		dir := u.path("files")
		Expect(os.Mkdir(dir, 0o700)).To(Succeed())
		mail := number(u.lists("Inbox")[0].ID)
		u.succeeds("save", mail, "--dir", "files")
		entries, err := os.ReadDir(dir)
		Expect(err).NotTo(HaveOccurred())
		content := map[string]string{}
		for _, e := range entries {
			raw, err := os.ReadFile(filepath.Join(dir, e.Name()))
			Expect(err).NotTo(HaveOccurred())
			content[e.Name()] = string(raw)
		}
		Expect(content).To(Equal(map[string]string{"_.._evil.sh": "1", "plan.pdf": "2", "plan-2.pdf": "3", "_etc_passwd": "4", "hidden": "5",
			"_NUL.txt": "6", "a_[31m_b": "7", "rf": "8"}))
		Expect(u.succeeds("save", mail, "--part", "3", "--dir", "files")).To(Equal("files/plan-3.pdf  1 B\n"))
		Expect(u.fails("save", mail, "--part", "19")).To(ContainSubstring("has no part"))
		Expect(u.succeeds("save", mail, "--part", "3", "--dir", "new")).To(Equal("new/plan.pdf  1 B\n"))
		Expect(u.fails("save", mail, "--dir", "no/where")).To(HaveSuffix("--dir no/where: the directory no does not exist: create it, or name another one"))
		Expect(u.fails("save", mail, "--dir", "new/plan.pdf")).To(HaveSuffix("--dir new/plan.pdf is a file: name a directory"))
		var list []struct{ Part, File string }
		fromJSON(u.succeeds("save", mail, "--all", "--dir", "files", "--json"), &list)
		Expect(list).To(HaveLen(9))
	})
})
