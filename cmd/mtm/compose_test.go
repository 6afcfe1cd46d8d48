package main_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/fixtures"
	"pop3mtm/internal/need"
)

// made is what the specs read from the JSON of a message of ours.
type made struct {
	message
	Recipients []struct {
		Address string `json:"address"`
		State   string `json:"state"`
	} `json:"recipients"`
	Sender string `json:"sender"`
}

func (u *user) makes(args ...string) made {
	GinkgoHelper()
	var m made
	fromJSON(u.succeeds(append(args, "--json")...), &m)
	return m
}

func (m made) addresses() string {
	var all []string
	for _, r := range m.Recipients {
		all = append(all, r.Address)
	}
	return strings.Join(all, " ")
}

func (u *user) writes(name, text string) string {
	GinkgoHelper()
	Expect(os.WriteFile(u.path(name), []byte(text), 0o600)).To(Succeed())
	return name
}

// raw returns a message as it is stored.
func (u *user) raw(id int64) string {
	GinkgoHelper()
	return u.succeeds("show", number(id), "--raw", "--peek")
}

// newWriter returns a user with an account that sends, and the messages in the Inbox, by subject.
func newWriter(names ...string) (*user, map[string]string) {
	GinkgoHelper()
	s, _ := serve(fixtures.Mail(names...)...)
	u := newUser()
	u.addAccount(s, "--smtp", "mail.example.org", "--from", "Demo <demo@example.org>")
	u.succeeds("get", "work")
	ids := map[string]string{}
	for i, m := range u.lists("Inbox") {
		ids[names[i]] = number(m.ID)
	}
	return u, ids
}

var _ = Describe("compose, reply, forward and receipt (behaviour section 12)", func() {
	It("put a message into the Outbox or into Drafts, and show shows it", func() {
		u, _ := newWriter("plain")
		Expect(u.succeeds("compose", "--to", "Ben <ben@example.org>, cleo@example.org", "--bcc", "eve@example.org", "--subject", "Lunch", "--text", "At noon?")).
			To(MatchRegexp(`^message \d+ waits to be sent, to Ben <ben@example\.org> and 2 more\n$`))
		sent := u.lists("Outbox")[0]
		shown := u.succeeds("show", number(sent.ID))
		Expect(shown).To(HavePrefix("From:     \"Demo\" <demo@example.org>\nTo:       \"Ben\" <ben@example.org>, <cleo@example.org>\nDate:     "))
		Expect(shown).To(HaveSuffix("State:    waiting\nGoes to:  ben@example.org\nGoes to:  cleo@example.org\nGoes to:  eve@example.org\n\nAt noon?\n"))
		Expect(u.succeeds("compose", "--draft", "--text", "")).To(MatchRegexp(`^draft \d+\n$`))
		Expect(u.succeeds("show", number(u.lists("Drafts")[0].ID))).To(ContainSubstring("State:    draft\n"))
	})

	It("take the text from a file, from standard input, or from an editor's", func() {
		u, ids := newWriter("plain")
		u.writes("letter.txt", "Grüße\nDemo\n")
		u.makes("compose", "--to", "a@example.org", "--file", "letter.txt")
		Expect(u.feeds("by pipe\n", "reply", ids["plain"]).status).To(Equal(0))
		Expect(u.feeds("by dash\n", "forward", ids["plain"], "--file", "-", "--to", "a@example.org").status).To(Equal(0))
		list := u.lists("Outbox")
		Expect(u.raw(list[0].ID)).To(HaveSuffix("\r\n\r\nGr=C3=BC=C3=9Fe\r\nDemo\r\n"))
		Expect(u.raw(list[1].ID)).To(HaveSuffix("\r\n\r\nby pipe\r\n"))
		Expect(u.raw(list[2].ID)).To(ContainSubstring("\r\n\r\nby dash\r\n\r\n----- Forward Header -----\r\n"))
	})

	It("answer the writer, or all, without a word of the original unless it is asked for", func() {
		u, ids := newWriter("plain")
		m := u.makes("reply", ids["plain"], "--text", "Thanks")
		Expect(m.addresses()).To(Equal("mara@example.org"))
		Expect(m.Subject).To(HavePrefix("Re: "))
		Expect(u.raw(m.ID)).To(And(ContainSubstring("\r\nIn-Reply-To: <"), HaveSuffix("\r\n\r\nThanks\r\n")))
		m = u.makes("reply", ids["plain"], "--all", "--original", "--text", "Thanks")
		Expect(u.raw(m.ID)).To(ContainSubstring("----- Reply Header -----\r\n"))
	})

	It("confirm that a message was read", func() {
		u, ids := newWriter("receipt")
		m := u.makes("receipt", ids["receipt"])
		Expect(m.addresses() + m.Sender).To(Equal("office@example.net"))
		Expect(m.Subject).To(Equal("Receipt of message: Please confirm: character of the light"))
	})

	It("ask who sends when there is more than one who can", func() {
		u, ids := newWriter("plain")
		u.succeeds("account", "add", "home", "--pop3", "127.0.0.1:1", "--user", "x", "--password", "x", "--smtp", "mail.example.net", "--from", "home@example.net")
		Expect(u.misuses("compose", "--to", "a@example.org", "--text", "x")).To(ContainSubstring("choose one with --account: work or home"))
		Expect(u.makes("compose", "--to", "a@example.org", "--text", "x", "--account", "home").Sender).To(Equal("home@example.net"))
		Expect(u.makes("reply", ids["plain"], "--text", "x").Sender).To(Equal("demo@example.org"))
		Expect(u.makes("reply", ids["plain"], "--text", "x", "--account", "home").Sender).To(Equal("home@example.net"))
	})

	It("work in a shell too, where standard input is not the text", func() {
		u, ids := newWriter("plain")
		r := u.feeds("reply "+ids["plain"]+" --text 'Thanks'\noutbox\ncompose --to a@example.org\n", "shell", "work")
		Expect(r.status).To(Equal(2))
		Expect(r.out).To(MatchRegexp(`^message \d+ waits to be sent.*\n +\d+  waiting `))
		Expect(r.err).To(ContainSubstring("give the text: --text TEXT or --file FILE"))
	})

	DescribeTable("refuse wrong usage, and make nothing", func(want string, args ...string) {
		u, ids := newWriter("plain")
		for i := range args {
			args[i] = strings.ReplaceAll(args[i], "ID", ids["plain"])
		}
		Expect(u.misuses(args...)).To(ContainSubstring(want))
		Expect(u.lists("Outbox")).To(BeEmpty())
	},
		Entry("nobody to send to", "name a recipient", "compose", "--text", "x"),
		Entry("nobody to send on to", "name a recipient", "forward", "ID"),
		Entry("no address", "not an address", "compose", "--to", "ben", "--text", "x"),
		Entry("an address with a field behind it", "U+000D", "compose", "--to", "b@example.org\r\nBcc: eve@example.org", "--text", "x"),
		Entry("a subject with a field behind it", "U+000A", "reply", "ID", "--subject", "x\nBcc: eve@example.org", "--text", "x"),
		Entry("two texts", "exclude", "compose", "--to", "b@example.org", "--text", "x", "--file", "y"),
	)

	DescribeTable("fail, and make nothing", func(want string, args ...string) {
		u, _ := newWriter("plain")
		u.writes("latin1.txt", "\xe4\n")
		Expect(u.fails(args...)).To(ContainSubstring(want))
		Expect(u.lists("Outbox")).To(BeEmpty())
	},
		Entry("a file that is not there", "nowhere", "compose", "--to", "b@example.org", "--text", "x", "--attach", "nowhere"),
		Entry("a directory", "is a directory", "compose", "--to", "b@example.org", "--text", "x", "--attach", "."),
		Entry("a text that is not UTF-8", "not UTF-8", "compose", "--to", "b@example.org", "--file", "latin1.txt"),
		Entry("a message that is not there", "no message 999", "reply", "999", "--text", "x"),
		Entry("an account that is not there", `account "x" does not exist`, "compose", "--to", "b@example.org", "--text", "x", "--account", "x"),
	)

	It("say what an account needs to send", func() {
		s, _ := serve()
		u := newUser()
		u.addAccount(s)
		Expect(u.fails("compose", "--to", "b@example.org", "--text", "x")).To(ContainSubstring("'mtm account set NAME --smtp HOST --from ADDRESS'"))
		Expect(u.fails("compose", "--to", "b@example.org", "--text", "x", "--account", "work")).To(ContainSubstring("mtm account set work --smtp HOST"))
	})
})

var _ = Describe("outbox", func() {
	It("lists what waits, holds it, lets it go, and removes it", func() {
		u, _ := newWriter("plain")
		Expect(u.succeeds("outbox")).To(Equal("nothing waits to be sent\n"))
		Expect(u.succeeds("outbox", "--json")).To(Equal("[]\n"))
		u.succeeds("account", "set", "work", "--smtp-send", "on-request")
		a := u.makes("compose", "--to", "a@example.org", "--text", "x", "--subject", "One")
		Expect(u.succeeds("outbox")).To(MatchRegexp(`^ +%d  upon-request  a@example\.org +One +\d+ B\n$`, a.ID))
		state := func() []string {
			var list []message
			fromJSON(u.succeeds("outbox", "--json"), &list)
			states := []string{}
			for _, m := range list {
				states = append(states, m.Sending)
			}
			return states
		}
		Expect(u.succeeds("outbox", "send", number(a.ID))).To(Equal("1 message is sent the next time that mail is sent\n"))
		Expect(state()).To(Equal([]string{"waiting"}))
		Expect(u.succeeds("outbox", "hold", number(a.ID))).To(Equal("1 message is held back\n"))
		Expect(state()).To(Equal([]string{"suspended"}))
		draft := u.makes("compose", "--to", "a@example.org", "--text", "x", "--draft")
		Expect(u.succeeds("outbox", "send", number(a.ID), number(draft.ID))).To(Equal("2 messages are sent the next time that mail is sent\n"))
		Expect(state()).To(Equal([]string{"waiting", "waiting"}))
		Expect(u.lists("Drafts")).To(BeEmpty())
		Expect(u.succeeds("outbox", "remove", number(a.ID), "--json")).To(Equal(`{"changed":[` + number(a.ID) + "]}\n"))
		Expect(state()).To(HaveLen(1))
	})

	It("changes all or nothing, and only what it is about", func() {
		u, ids := newWriter("plain")
		a := u.makes("compose", "--to", "a@example.org", "--text", "x")
		nobody := u.makes("compose", "--draft", "--text", "x")
		Expect(u.fails("outbox", "hold", number(a.ID), ids["plain"])).To(ContainSubstring("was not written here; nothing was changed"))
		Expect(u.fails("outbox", "remove", number(a.ID), number(nobody.ID))).To(ContainSubstring("is not in the Outbox"))
		Expect(u.fails("outbox", "send", number(a.ID), number(nobody.ID))).To(ContainSubstring("has no recipients; nothing was changed"))
		Expect(u.lists("Outbox")).To(HaveLen(1))
		Expect(u.misuses("outbox", "hold")).To(ContainSubstring("an argument is missing"))
	})
})

// TestAnEditorWritesTheText needs a terminal: script gives the command one.
func TestAnEditorWritesTheText(t *testing.T) {
	script := filepath.FromSlash("/usr/bin/script")
	RegisterTestingT(t)
	if runtime.GOOS != "linux" {
		t.Skip("needs script of util-linux")
	}
	if _, err := os.Stat(script); err != nil {
		need.Missing(t, fmt.Errorf("Debian has it in bsdutils: %w", err))
	}
	dir := t.TempDir()
	u := &user{dir: dir, env: []string{"VISUAL=sh '" + filepath.Join(dir, "my editor") + "'", "TERM=dumb"}}
	Expect(os.WriteFile(filepath.Join(dir, "my editor"), []byte("printf 'written by hand' >\"$1\"\n"), 0o700)).To(Succeed())
	Expect(u.command("account", "add", "work", "--pop3", "127.0.0.1:1", "--user", "x", "--password", "x", "--smtp", "h", "--from", "a@example.org").Run()).To(Succeed())
	c := u.command()
	c.Path, c.Args = script, []string{script, "-qec", "'" + binary + "' compose --to b@example.org", "/dev/null"}
	out, err := c.CombinedOutput()
	Expect(err).NotTo(HaveOccurred(), string(out))
	raw, err := u.command("show", "9", "--raw").Output()
	Expect(err).NotTo(HaveOccurred())
	Expect(string(raw)).To(HaveSuffix("\r\n\r\nwritten by hand\r\n"))
}
