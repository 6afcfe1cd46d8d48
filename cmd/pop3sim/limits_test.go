package main_test

import (
	"bufio"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/emersion/go-smtp"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("pop3sim serve with an empty mailbox", func() {
	It("serves it from every source, and what comes later", func() {
		dir := folder(map[string]string{"notes/readme.txt": "", "empty.mbox": "", "Maildir/cur/x": "", "Maildir/new/x": "", "Maildir/tmp/x": ""})
		for _, sub := range []string{"cur", "new", "tmp"} {
			Expect(os.Remove(filepath.Join(dir, "Maildir", sub, "x"))).To(Succeed())
		}
		notes := filepath.Join(dir, "notes")
		for _, args := range [][]string{{"--empty"}, {"--synthetic", "0"}, {"--eml", notes}, {"--mbox", filepath.Join(dir, "empty.mbox")},
			{"--maildir", filepath.Join(dir, "Maildir")}} {
			p := start(GinkgoTB(), append([]string{"--smtp", "127.0.0.1:0", "--quiet"}, args...)...)
			Expect(session(p.address, "demo", "demo", "STAT", "LIST")[:3]).To(Equal([]string{"+OK 0 0", "+OK 0 messages (0 octets)", "."}))
			c := smtp.NewClient(dial(p.smtp))
			Expect(c.SendMail("a@example.org", []string{"demo@x"}, strings.NewReader("A: b\r\n\r\nc\r\n"))).To(Succeed())
			Expect(c.Close()).To(Succeed())
			Expect(session(p.address, "demo", "demo", "STAT")[0]).To(Equal("+OK 1 11"))
			if args[0] == "--eml" {
				Expect(p.errOut.String()).To(Equal("pop3sim: warning: " + notes +
					" has no .eml files: the mailbox is empty until .eml files are added\n"))
				Expect(os.WriteFile(filepath.Join(notes, "a.eml"), []byte("A: b\r\n\r\nlate\r\n"), 0o600)).To(Succeed())
				Expect(session(p.address, "demo", "demo", "STAT", "DELE 1", "DELE 2")[0]).To(HavePrefix("+OK 2 "))
			}
			Expect(p.stop(syscall.SIGTERM)).To(BeZero())
		}
		Expect(files(notes)).To(Equal([]string{"readme.txt"}))
	})
})

var _ = Describe("pop3sim serve under load", func() {
	It("refuses clients beyond --max-sessions, and takes them again", func() {
		p := start(GinkgoTB(), "--smtp", "127.0.0.1:0", "--max-sessions", "1")
		one := dial(p.address)
		Expect(bufio.NewReader(one).ReadString('\n')).To(HavePrefix("+OK"))
		Expect(io.ReadAll(dial(p.address))).To(BeEquivalentTo("-ERR [SYS/TEMP] too many sessions, try again later\r\n"))
		mail := dial(p.smtp) // SMTP has a room of its own
		Expect(bufio.NewReader(mail).ReadString('\n')).To(HavePrefix("220"))
		Expect(io.ReadAll(dial(p.smtp))).To(BeEquivalentTo("421 4.3.2 Too many sessions, try again later\r\n"))
		Expect(one.Close()).To(Succeed())
		Eventually(func() (string, error) { return bufio.NewReader(dial(p.address)).ReadString('\n') }).WithTimeout(patience).Should(HavePrefix("+OK"))
		Expect(p.stop(syscall.SIGTERM)).To(BeZero())
	})

	It("hangs up after --max-bad-logins, over SMTP too", func() {
		p := start(GinkgoTB(), "--smtp", "127.0.0.1:0", "--max-bad-logins", "2", "--delay-bad-login", "1ms")
		c := dial(p.address)
		_, err := io.WriteString(c, strings.Repeat("USER demo\r\nPASS no\r\n", 3))
		Expect(err).NotTo(HaveOccurred())
		said, _ := io.ReadAll(c) // a command too many may reset the connection
		Expect(strings.Count(string(said), "-ERR [AUTH]")).To(Equal(2))
		c = dial(p.smtp)
		_, err = io.WriteString(c, "EHLO x\r\n"+strings.Repeat("AUTH PLAIN AGRlbW8AeA==\r\n", 2))
		Expect(err).NotTo(HaveOccurred())
		said, err = io.ReadAll(c)
		Expect(err).NotTo(HaveOccurred())
		Expect(strings.Count(string(said), "\n535 ")).To(Equal(2))
		Expect(p.stop(syscall.SIGTERM)).To(BeZero())
	})

	It("refuses mail beyond its room with 452, and takes it again when some was deleted", func() {
		p := start(GinkgoTB(), "--smtp", "127.0.0.1:0", "--empty", "--smtp-max-messages", "2", "--smtp-max-octets", "100KiB")
		send := func(octets int) error {
			c := smtp.NewClient(dial(p.smtp))
			defer func() { Expect(c.Close()).To(Succeed()) }()
			return c.SendMail("a@example.org", []string{"demo@x"}, strings.NewReader(strings.Repeat("0123456789abcde\n", octets/16)))
		}
		Expect(send(64 << 10)).To(Succeed())
		Expect(send(64 << 10)).To(MatchError(ContainSubstring("no room for more mail: ")))
		Expect(send(16)).To(Succeed())
		Expect(send(16)).To(MatchError(ContainSubstring("no room for more mail: it holds 2 messages")))
		Expect(session(p.address, "demo", "demo", "STAT", "DELE 1")[0]).To(HavePrefix("+OK 2 "))
		Expect(send(64 << 10)).To(Succeed())
		Expect(p.stop(syscall.SIGTERM)).To(BeZero())
	})
})
