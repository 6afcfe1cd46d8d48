package main_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/emersion/go-maildir"
	"github.com/emersion/go-mbox"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/fakeserver/maildrop"
	"pop3mtm/fixtures"
)

var _ = Describe("export", func() {
	var u *user
	var want []string
	BeforeEach(func() {
		u = newUser()
		mail := append(fixtures.Nasty(), fixtures.Mail()...)
		s, _ := serve(mail...)
		u.addAccount(s)
		u.succeeds("get", "work")
		want = nil
		for _, m := range mail {
			want = append(want, string(served(m)))
		}
	})

	// contents are the files of a folder, in the order of their names.
	contents := func(dir string) []string {
		GinkgoHelper()
		list, err := os.ReadDir(u.path(dir))
		Expect(err).NotTo(HaveOccurred())
		var all []string
		for _, f := range list {
			raw, err := os.ReadFile(filepath.Join(u.path(dir), f.Name()))
			Expect(err).NotTo(HaveOccurred())
			all = append(all, string(raw))
		}
		return all
	}

	It("writes eml files that sort as the folder and hold every byte", func() {
		Expect(u.succeeds("export", "Inbox", "--format", "eml", "--out", "mail")).To(MatchRegexp(`^\d+ messages, .* MiB, to mail\n$`))
		Expect(contents("mail")).To(ConsistOf(want))
		list, err := os.ReadDir(u.path("mail"))
		Expect(err).NotTo(HaveOccurred())
		Expect(list[0].Name()).To(Equal("000001-" + number(u.lists("Inbox")[0].ID) + ".eml"))
		Expect(u.files()).To(ConsistOf(".mail.mtm-exported", "mail", "mail.store"))
	})

	It("writes the oldest first, whatever the order in which the messages came", func() {
		u.succeeds("export", "Inbox", "--format", "eml", "--out", "mail")
		list, err := os.ReadDir(u.path("mail"))
		Expect(err).NotTo(HaveOccurred())
		for i, m := range u.lists("Inbox", "--sort", "date") {
			Expect(list[i].Name()).To(HaveSuffix("-" + number(m.ID) + ".eml"))
		}
	})

	It("writes a Maildir that holds every byte and what was read", func() {
		u.succeeds("show", number(u.lists("Inbox")[0].ID))
		Expect(os.Mkdir(u.path("mail"), 0o700)).To(Succeed())
		u.succeeds("export", "Inbox", "--format", "maildir", "--out", "mail")
		messages, err := maildir.Dir(u.path("mail")).Messages()
		Expect(err).NotTo(HaveOccurred())
		Expect(messages).To(HaveLen(len(want)))
		seen := 0
		for _, m := range messages {
			seen += len(m.Flags())
		}
		Expect(seen).To(Equal(1))
		Expect(contents("mail/cur")).To(ConsistOf(want))
	})

	It("writes one mbox file that another program reads", func() {
		u.succeeds("export", "Inbox", "--format", "mbox", "--out", "mail.mbox")
		raw, err := os.ReadFile(u.path("mail.mbox"))
		Expect(err).NotTo(HaveOccurred())
		Expect(strings.Count("\n"+string(raw), "\nFrom ")).To(Equal(len(want)))
		Expect(u.files()).To(ConsistOf(".mail.mbox.mtm-exported", "mail.mbox", "mail.store"))
		var read []string
		for r := mbox.NewReader(bytes.NewReader(raw)); ; {
			m, err := r.NextMessage()
			if errors.Is(err, io.EOF) {
				break
			}
			Expect(err).NotTo(HaveOccurred())
			text, err := io.ReadAll(m)
			Expect(err).NotTo(HaveOccurred())
			read = append(read, string(text))
		}
		demo := len(fixtures.Names()) // these have CRLF throughout; mbox keeps no other line end
		Expect(read).To(HaveLen(len(want)))
		Expect(read).To(ContainElements(want[len(want)-demo:]))
	})

	It("tells a program what it wrote, and what it left out", func() {
		var v map[string]any
		fromJSON(u.succeeds("export", "work", "--format", "eml", "--out", "mail", "--json"), &v)
		Expect(v).To(Equal(map[string]any{"folder": "work", "format": "eml", "out": "mail", "exported": 0.0, "octets": 0.0, "already_there": 0.0, "left_out": float64(len(want))}))
	})

	It("adds what is new to what is there", func() {
		for _, format := range []string{"eml", "mbox", "maildir"} {
			u.succeeds("export", "Inbox", "--format", format, "--out", format)
			all := len(want)
			Expect(u.succeeds("export", "Inbox", "--format", format, "--out", format)).To(Equal(fmt.Sprintf("0 messages, 0 B, to %s; %d already there\n", format, all)))
			u.succeeds("copy", number(u.lists("Inbox")[0].ID), "--into", format, "--create")
			Expect(u.succeeds("export", format, "--format", format, "--out", format)).To(Equal("0 messages, 0 B, to "+format+"; 1 already there\n"), "the same message of another folder")
		}
		s, _ := serve(fixtures.Nasty()[0], maildrop.Bytes("new", []byte("Subject: new\r\n\r\nx\r\n")))
		u.succeeds("account", "add", "two", "--pop3", s.Addr(), "--user", "demo", "--password", "demo")
		u.succeeds("get", "two", "--into", "Second", "--create")
		for _, format := range []string{"eml", "mbox", "maildir"} {
			Expect(u.succeeds("export", "Second", "--format", format, "--out", format)).To(Equal("1 message, 19 B, to " + format + "; 1 already there\n"))
		}
		Expect(contents("eml")).To(ConsistOf(append(slices.Clone(want), "Subject: new\r\n\r\nx\r\n")))
	})

	It("changes nothing that is not mail", func() {
		u.succeeds("export", "Inbox", "--format", "mbox", "--out", "mail.mbox")
		Expect(u.fails("export", "Inbox", "--format", "eml", "--out", "mail.mbox")).To(ContainSubstring("is a file: --out must be a directory for eml"))
		Expect(u.fails("export", "Inbox", "--format", "eml", "--out", ".")).To(ContainSubstring("has files, but no messages (.eml)"))
		Expect(u.fails("export", "Inbox", "--format", "maildir", "--out", ".")).To(ContainSubstring("is not a Maildir"))
		Expect(u.fails("export", "Inbox", "--format", "mbox", "--out", "mail.store")).To(ContainSubstring("is a directory: --out must be a file for mbox"))
		Expect(u.fails("export", "Inbox", "--format", "eml", "--out", "no/such/path")).To(HaveSuffix("is not a directory: --out must be a path in an existing directory"))
		Expect(u.files()).To(ConsistOf(".mail.mbox.mtm-exported", "mail.mbox", "mail.store"))
	})

	It("leaves nothing half-written when a message is damaged", func() {
		damage(u)
		for _, format := range []string{"eml", "mbox", "maildir"} {
			Expect(u.fails("export", "Inbox", "--format", format, "--out", "mail")).To(HaveSuffix("; nothing was written to mail"))
			Expect(u.files()).To(ConsistOf("mail.store"))
		}
	})

	It("keeps what it added before a damaged message", func() {
		Expect(os.Mkdir(u.path("mail"), 0o700)).To(Succeed())
		Expect(os.WriteFile(u.path("mail/mine.eml"), []byte(want[0]), 0o600)).To(Succeed())
		damage(u)
		Expect(u.fails("export", "Inbox", "--format", "eml", "--out", "mail")).To(HaveSuffix("written to mail before that; the next export adds the rest"))
		for _, text := range contents("mail") {
			Expect(want).To(ContainElement(text))
		}
	})

	It("wants to know what to write and where", func() {
		Expect(u.misuses("export", "Inbox")).To(ContainSubstring("--format and --out are required"))
		Expect(u.misuses("export", "Inbox", "--format", "pst", "--out", "x")).To(ContainSubstring("--format: choose one of eml, mbox, maildir"))
		Expect(u.fails("export", "Foo", "--format", "eml", "--out", "x")).To(ContainSubstring(`folder or account "Foo" does not exist`))
	})
})
