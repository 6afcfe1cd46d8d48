package main_test

import (
	"fmt"
	"os"
	"os/exec"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/fakeserver/maildrop"
	"pop3mtm/fixtures"
	"pop3mtm/internal/need"
)

var _ = Describe("show", func() {
	var u *user
	BeforeEach(func() { u = newUser() })

	// get fetches one message and returns its id.
	get := func(m maildrop.Message) string {
		GinkgoHelper()
		s, _ := serve(m)
		u.addAccount(s)
		u.succeeds("get", "work")
		return number(u.lists("Inbox")[0].ID)
	}

	It("prints header and text and marks the message as read", func() {
		id := get(letter("a1", "Hello.\r\n"))
		Expect(u.succeeds("show", id, "--peek")).To(Equal("From:     Ada <ada@example.org>\nTo:       demo@example.org\n" +
			"Date:     Mon, 02 Mar 2026 08:15:00 +0100\nSubject:  About a1\n\nHello.\n"))
		Expect(u.lists("Inbox")[0].Unread).To(BeTrue())
		u.succeeds("show", id)
		Expect(u.lists("Inbox")[0].Unread).To(BeFalse())
	})

	It("decodes words, transfer encodings and charsets", func() {
		out := u.succeeds("show", get(fixtures.Mail("latin1")[0]))
		Expect(out).To(And(ContainSubstring("Subject:  Les poutres en chêne sont là\n"), ContainSubstring("À l'étage, il manque encore une poutre")))
	})

	It("lists the parts and writes one of them", func() {
		id := get(fixtures.Mail("attachments")[0])
		out := u.succeeds("show", id)
		Expect(out).To(And(ContainSubstring("Three files, as promised:\n"), MatchRegexp(`(?m)^part 3 +text/csv +\d+ B  attachment  stones.csv$`)))
		Expect(u.succeeds("show", id, "--part", "2")).To(HavePrefix("\x89PNG\r\n\x1a\n"))
		Expect(u.fails("show", id, "--part", "9")).To(ContainSubstring("has no part \"9\": 'mtm show " + id + "' lists its parts"))
	})

	It("gives programs the same as JSON", func() {
		var v struct {
			Subject string            `json:"subject"`
			Header  map[string]string `json:"header"`
			Text    string            `json:"text"`
			Parts   []struct {
				Path      string `json:"path"`
				MediaType string `json:"media_type"`
			} `json:"parts"`
		}
		fromJSON(u.succeeds("show", get(fixtures.Mail("html")[0]), "--json"), &v)
		Expect(v.Header).To(HaveKeyWithValue("subject", v.Subject))
		Expect(v.Text).To(HavePrefix("Two reds are left on the list:\n"))
		Expect(v.Parts).To(HaveLen(2))
		Expect(v.Parts[1]).To(And(HaveField("Path", "2"), HaveField("MediaType", "text/html")))
	})

	It("makes text of a message that is HTML only", func() {
		id := get(maildrop.Bytes("a1", []byte("Subject: x\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"+
			"<html><head><title>no</title><style>no{}</style></head><body><h1>Hi</h1>\r\n<p>one\r\n two<br>three &amp; <a href=\"https://example.org\">a link</a>.</p>"+
			"<ul><li>first<li>second</ul><script>no()</script></body>")))
		Expect(u.succeeds("show", id)).To(HaveSuffix("\n\nHi\n\none two\nthree & a link <https://example.org>.\n\n- first\n- second\n"))
	})

	It("writes the bytes exactly as they came with --raw, and never a control character without", func() {
		s, _ := serve(fixtures.Nasty()...)
		u.addAccount(s)
		u.succeeds("get", "work")
		list := u.lists("Inbox")
		Expect(uids(list)).To(HaveLen(len(fixtures.Nasty())))
		var want strings.Builder
		var raw, shown strings.Builder // lines for one shell, which is quicker than as many processes
		entries := map[string]int64{}
		for _, e := range list {
			entries[e.UID] = e.ID
		}
		for _, m := range fixtures.Nasty() {
			want.Write(served(m))
			fmt.Fprintf(&raw, "show %d --raw\n", entries[m.UID()])
			fmt.Fprintf(&shown, "show %d\n", entries[m.UID()])
		}
		Expect(u.feeds(raw.String(), "shell", "work").out).To(BeComparableTo(want.String()))
		r := u.feeds(shown.String(), "shell", "work")
		Expect(r.status).To(Equal(0), r.err)
		Expect(strings.IndexFunc(r.out, func(r rune) bool { return r < ' ' && r != '\n' && r != '\t' || r >= 0x7f && r < 0xa0 })).To(Equal(-1))
	})

	It("says how to fetch a message of which only the header is here", func() {
		s, _ := serve(letters("a1")...)
		u.addAccount(s)
		u.succeeds("get", "work", "--headers-only")
		id := number(u.lists("work")[0].ID)
		Expect(u.succeeds("show", id)).To(HaveSuffix("(only the header is here; 'mtm get work " + id + "' fetches it)\n"))
		Expect(u.fails("show", id, "--raw")).To(HaveSuffix("is not whole here; 'mtm get work " + id + "' fetches it"))
	})

	It("ends quietly when the reader of its output leaves", func() {
		need.Program(GinkgoTB(), "sh")
		need.Program(GinkgoTB(), "head")
		id := get(letter("a1", strings.Repeat("A long message.\r\n", 100_000)))
		c := exec.Command("sh", "-c", `"$0" show `+id+` | head -n 1`, binary)
		c.Dir, c.Env = u.dir, os.Environ()
		Expect(finish(c, c.Run)).To(Equal(result{out: "From:     Ada <ada@example.org>\n"}))
	})

	It("refuses an entry that is not a message", func() {
		u.succeeds("account", "add", "work", "--pop3", "host", "--user", "x", "--password", "x")
		Expect(u.fails("show", "99")).To(Equal("mtm: there is no message 99: 'mtm list Inbox' shows the ids"))
		Expect(u.fails("show", "3")).To(ContainSubstring("there is no message 3"))
		Expect(u.misuses("show", "x")).To(ContainSubstring(`"x" is not an id`))
		Expect(u.misuses("show", "3", "--raw", "--part", "1")).To(ContainSubstring("exclude each other"))
	})
})
