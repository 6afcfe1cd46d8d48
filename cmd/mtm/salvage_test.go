package main_test

import (
	"encoding/json"
	"os"
	"runtime"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("salvage", func() {
	var u *user
	BeforeEach(func() {
		u = newUser()
		s, _ := serve(letters("a1", "a2")...)
		u.addAccount(s)
		u.succeeds("get", "work")
	})

	It("makes a new store of one without an index, from which mail is fetched on", func() {
		Expect(os.Remove(u.path("mail.store/index.db"))).To(Succeed())
		for _, args := range [][]string{{"list"}, {"get", "work"}, {"check-store"}} {
			Expect(u.fails(args...)).To(ContainSubstring("'mtm salvage' recovers what is intact into a new store"))
		}
		Expect(u.succeeds("salvage", "--to", "new.store")).To(MatchRegexp(
			`lost: the index: .*\nlost: the settings of the account "work", .*\n` +
				`1 account, 0 folders, 0 messages, and 2 messages without an entry in the index, are in new.store; 2 lost\n`))
		Expect(u.succeeds("--store", "new.store", "check-store")).To(ContainSubstring("no problems"))
		u.succeeds("--store", "new.store", "account", "set", "work", "--password", "demo")
		Expect(u.succeeds("--store", "new.store", "get", "work")).To(Equal("0 messages, 2 already there\n"), "they have their UIDs")
	})

	It("says as JSON what it did", func() {
		damage(u)
		var sum struct {
			Accounts, Messages, Found int
			Lost                      []struct {
				Segment int64
				Problem string
			}
		}
		Expect(json.Unmarshal([]byte(u.succeeds("salvage", "--to", "new.store", "--json")), &sum)).To(Succeed())
		Expect(sum.Accounts).To(Equal(1))
		Expect(sum.Messages + sum.Found).To(BeNumerically(">=", 3))
		Expect(sum.Lost).NotTo(BeEmpty())
	})

	It("writes into no folder that holds something, and wants one", func() {
		Expect(u.fails("salvage", "--to", "mail.store")).To(ContainSubstring("mail.store is not empty"))
		Expect(u.endsWith(2, "salvage")).To(ContainSubstring("--to is missing"))
		Expect(u.fails("--store", "none", "salvage", "--to", "new.store")).To(ContainSubstring("there is no message store at none"))
	})
})

var _ = Describe("a store that cannot be written", func() {
	It("is listed, shown, searched, exported and checked; what cannot be done is named", func() {
		if runtime.GOOS == "windows" || os.Geteuid() == 0 && !isMountable() {
			Skip("root may write everywhere, and may not mount here")
		}
		u := newUser()
		s, _ := serve(letters("a1", "a2")...)
		u.addAccount(s)
		u.succeeds("get", "work")
		protect(u.path("mail.store"))
		Expect(u.succeeds("list", "Inbox")).To(ContainSubstring("a2"))
		r := u.types("show", "10")
		Expect(r.status).To(BeZero())
		Expect(r.err).To(HavePrefix("message 10 stays unread: message store is read-only"))
		Expect(u.succeeds("find", "a1", "Inbox")).NotTo(BeEmpty())
		u.succeeds("export", "Inbox", "--format", "mbox", "--out", "inbox.mbox")
		Expect(u.succeeds("check-store")).To(ContainSubstring("no problems"))
		Expect(u.fails("get", "work")).To(And(ContainSubstring("message store is read-only"), Not(MatchRegexp(`\(\d+\)`))))
	})
})

// chmod lets nobody write into dir but root.
func chmod(dir string) {
	GinkgoHelper()
	for _, path := range []string{dir, dir + "/bodies"} {
		Expect(os.Chmod(path, 0o500)).To(Succeed()) //nolint:gosec // a folder
		DeferCleanup(func() { Expect(os.Chmod(path, 0o700)).To(Succeed()) })
	}
}
