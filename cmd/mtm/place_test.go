package main_test

import (
	"os"
	"path/filepath"
	"runtime"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("The store", func() {
	It("is that of --store, MTM_STORE, this folder, or the user's data directory", func() {
		if runtime.GOOS == "windows" || runtime.GOOS == "darwin" {
			Skip("the data directory has another place there")
		}
		u := newUser()
		add := func(name string, flags ...string) result {
			return u.types(append([]string{"account", "add", name, "--pop3", "host", "--user", "x", "--password", "x"}, flags...)...)
		}
		home := GinkgoT().TempDir()
		u.env = []string{"MTM_STORE=", "HOME=" + home, "XDG_DATA_HOME="}
		Expect(add("a").status).To(Equal(0))
		Expect(filepath.Join(home, ".local", "share", "pop3mtm", "mail.store", "index.db")).To(BeAnExistingFile())
		u.env[2] = "XDG_DATA_HOME=" + filepath.Join(home, "data")
		Expect(add("b").status).To(Equal(0))
		Expect(filepath.Join(home, "data", "pop3mtm", "mail.store", "index.db")).To(BeAnExistingFile())

		Expect(add("c", "--store", "mail.store").status).To(Equal(0))
		r := u.types("account", "list")
		Expect(r.out).To(ContainSubstring("c"))
		Expect(r.err).To(Equal("mtm: using the store mail.store in this directory\n"))
		Expect(os.Chmod(u.path("mail.store"), 0o755)).To(Succeed())
		r = u.types("account", "list")
		Expect(r.out).To(And(ContainSubstring("b"), Not(ContainSubstring("c "))), "others can read the one in this folder")
		Expect(r.err).To(BeEmpty())

		u.env[0] = "MTM_STORE=elsewhere"
		Expect(add("d").status).To(Equal(0))
		Expect(u.path("elsewhere")).To(BeADirectory())
	})
})

var _ = Describe("list", func() {
	It("sorts, limits and filters", func() {
		u := newUser()
		s, _ := serve(letters("a1", "a2", "a3")...)
		u.addAccount(s)
		u.succeeds("get", "work")
		all := u.lists("Inbox")
		u.succeeds("mark", "read", number(all[1].ID))
		Expect(uids(u.lists("Inbox", "--reverse"))).To(Equal([]string{"a3", "a2", "a1"}))
		Expect(uids(u.lists("Inbox", "--limit", "2"))).To(Equal([]string{"a1", "a2"}))
		Expect(uids(u.lists("Inbox", "--unread"))).To(Equal([]string{"a1", "a3"}))
		Expect(uids(u.lists("Inbox", "--sort", "date", "--reverse", "--limit", "1"))).To(Equal([]string{"a3"}))
		Expect(uids(u.lists("Inbox", "--sort", "size"))).To(HaveLen(3))
		Expect(u.lists("Inbox", "--since", "2030-01-01")).To(BeEmpty())
		Expect(u.lists("Inbox", "--since", "2026-03-01")).To(HaveLen(3))
		Expect(u.misuses("list", "Inbox", "--since", "soon")).To(ContainSubstring("write a date"))
		Expect(u.misuses("list", "--unread")).To(ContainSubstring("name a folder"))
	})

	It("is what a word near it is taken for", func() {
		Expect(newUser().misuses("lst")).To(ContainSubstring(`there is "list"`))
	})
})
