package main_test

import (
	"os"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("account", func() {
	var u *user
	BeforeEach(func() { u = newUser() })

	add := func(more ...string) []string {
		return append([]string{"account", "add", "work", "--pop3", "pop.example.org", "--user", "ada"}, more...)
	}

	It("keeps an account and shows its settings without the password", func() {
		Expect(u.succeeds(add("--password", "s3cret")...)).To(Equal("added account work; 'mtm get work' fetches its mail\n"))
		Expect(u.succeeds("account", "show", "work")).To(Equal(
			"name               work\nid                 7\npop3               pop.example.org:110\ntls                none\n" +
				"user               ada\npassword           stored\ntoken              empty\n" +
				"auth               auto\nauth-unlisted      false\nallow-plaintext    false\nignore-uidl        false\n" +
				"sync-limit         -1 (all messages)\ndisconnected-mode  false\nbearer-mobility    false\nautosend           false\n" +
				"get-mail-options   messages\nmax-email-size     0 (no limit)\nmax-message        2GiB\nmax-time           0s (no limit)\nmin-rate           0 (no limit)\npopulation-limit   -1 (all lines)\ncharset            windows-1252\nsmtp               none\n"))
		for _, out := range []string{u.succeeds("account", "list"), u.succeeds("account", "list", "--json"),
			u.succeeds("account", "show", "work", "--json"), u.succeeds("dump")} {
			Expect(out).To(ContainSubstring("work"))
			Expect(out).NotTo(ContainSubstring("s3cret"))
		}
	})

	It("makes the store for its owner alone", func() {
		u.succeeds(add("--password", "x")...)
		info, err := os.Stat(u.path("mail.store"))
		Expect(err).NotTo(HaveOccurred())
		Expect(info.Mode().Perm() & 0o077).To(BeZero())
	})

	It("says where a password comes from", func() {
		u.succeeds(add("--password-env", "WORK_PASSWORD")...)
		Expect(u.succeeds("account", "show", "work")).To(ContainSubstring("password           from environment variable WORK_PASSWORD\n"))
		u.succeeds("account", "set", "work", "--password-command", "pass show work")
		Expect(u.succeeds("account", "show", "work")).To(ContainSubstring("password           from a command\n"))
	})

	It("changes only the settings that are given", func() {
		u.succeeds(add("--password", "x", "--sync-limit", "50", "--allow-plaintext")...)
		Expect(u.succeeds("account", "set", "work", "--pop3", "[::1]:1110", "--disconnected-mode")).To(Equal("changed account work\n"))
		var v map[string]any
		fromJSON(u.succeeds("account", "show", "work", "--json"), &v)
		Expect(v).To(And(HaveKeyWithValue("pop3", "[::1]:1110"), HaveKeyWithValue("user", "ada"), HaveKeyWithValue("sync_limit", 50.0),
			HaveKeyWithValue("allow_plaintext", true), HaveKeyWithValue("disconnected_mode", true), HaveKeyWithValue("password", "stored")))
	})

	It("removes an account", func() {
		u.succeeds(add("--password", "x")...)
		u.succeeds("account", "remove", "work")
		Expect(u.succeeds("account", "list", "--json")).To(Equal("[]\n"))
		Expect(u.succeeds("account", "list")).To(Equal("no accounts yet: 'mtm account add' adds one\n"))
		Expect(u.fails("account", "remove", "work")).To(Equal(`mtm: account "work" does not exist`))
	})

	It("refuses a second account of the same name", func() {
		u.succeeds(add("--password", "x")...)
		Expect(u.fails(add("--password", "y")...)).To(ContainSubstring(`account "work" already exists`))
	})

	DescribeTable("refuses settings that cannot work and makes no store",
		func(want string, args ...string) {
			Expect(u.misuses(append([]string{"account", "add"}, args...)...)).To(ContainSubstring(want))
			Expect(u.files()).To(BeEmpty())
		},
		Entry("no server", "--pop3 is missing", "work", "--user", "ada", "--password", "x"),
		Entry("no user", "--user is missing", "work", "--pop3", "host", "--password", "x"),
		Entry("no password and no terminal", "the password is missing", "work", "--pop3", "host", "--user", "ada"),
		Entry("two passwords", "--password-env and --password exclude each other", "work", "--pop3", "host", "--user", "ada", "--password", "x", "--password-env", "Y"),
		Entry("no variable", "--password-env is empty", "work", "--pop3", "host", "--user", "ada", "--password-env", ""),
		Entry("a port that is not a number", "--pop3 \"host:pop3\" is not HOST or HOST:PORT", "work", "--pop3", "host:pop3", "--user", "ada", "--password", "x"),
		Entry("a port out of range", "port 70000 is not between 1 and 65535", "work", "--pop3", "host:70000", "--user", "ada", "--password", "x"),
		Entry("an unknown way to log in", `auth "magic" is not one of [auto userpass apop plain login cram-md5`, "work", "--pop3", "host", "--user", "ada", "--password", "x", "--auth", "magic"),
		Entry("a line break in the user", "user has the unprintable character", "work", "--pop3", "host", "--user", "a\nb", "--password", "x"),
		Entry("a line break in the password", "password has a line break", "work", "--pop3", "host", "--user", "a", "--password", "x\r\nDELE 1"),
		Entry("an empty name", "name is missing", "", "--pop3", "host", "--user", "a", "--password", "x"),
		Entry("a sync limit below -1", "sync limit -2 is below -1", "work", "--pop3", "host", "--user", "a", "--password", "x", "--sync-limit", "-2"),
	)

	It("wants a setting to set", func() {
		u.succeeds(add("--password", "x")...)
		Expect(u.misuses("account", "set", "work")).To(ContainSubstring("no setting is given"))
		Expect(u.misuses("account", "set", "work", "--pop3", ":1")).To(ContainSubstring("is not HOST or HOST:PORT"))
		Expect(u.fails("account", "set", "home", "--user", "x")).To(Equal(`mtm: account "home" does not exist; choose one of work`))
	})

	It("completes account and folder names for a shell", func() {
		u.succeeds(add("--password", "x")...)
		Expect(u.types("__complete", "get", "").out).To(HavePrefix("work\taccount 7\n"))
		Expect(u.types("__complete", "list", "").out).To(HavePrefix("Inbox\tfolder 3\nOutbox\t"))
		Expect(u.types("__complete", "get", "work", "--into", "").out).To(HavePrefix("Inbox\tfolder 3\n"))
		Expect(u.types("__complete", "get", "--take", "").out).To(HavePrefix("copy\nmove\n"))
	})
})
