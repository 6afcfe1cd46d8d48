package main_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/fakeserver/maildrop"
	"pop3mtm/fixtures"
)

// folder makes a folder with these files.
func folder(files map[string]string) string {
	GinkgoHelper()
	dir := GinkgoT().TempDir()
	for name, content := range files {
		path := filepath.Join(dir, name)
		Expect(os.MkdirAll(filepath.Dir(path), 0o700)).To(Succeed())
		Expect(os.WriteFile(path, []byte(content), 0o600)).To(Succeed())
	}
	return dir
}

func files(dir string) []string {
	GinkgoHelper()
	entries, err := os.ReadDir(dir)
	Expect(err).NotTo(HaveOccurred())
	names := []string{}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

var _ = Describe("pop3sim serve", func() {
	It("serves the demo mailbox to demo with the password demo", func() {
		p := start(GinkgoTB())
		mail := fixtures.Mail()
		Expect(session(p.address, "demo", "demo", "STAT")[0]).To(HavePrefix(fmt.Sprintf("+OK %d ", len(mail))))
		got := strings.Join(session(p.address, "demo", "demo", "RETR 1"), "\r\n")
		Expect(got).To(ContainSubstring(string(fixtures.Raw("plain"))))
		Eventually(p.errOut.String).WithTimeout(patience).Should(And(
			ContainSubstring("POP3 server on %s: %d messages of the demo mailbox\n  user demo, password demo\n", p.address, len(mail)),
			ContainSubstring("curl -u demo:demo pop3://%s/1\n", p.address),
			ContainSubstring("mtm account add demo --pop3 %s --user demo --password demo\n", p.address),
		))
	})

	It("serves a folder of .eml files, one .eml file, an mbox and a Maildir", func() {
		dir := folder(map[string]string{
			"eml/a.eml":        "Subject: a\r\n\r\none\r\n",
			"eml/b.eml":        "Subject: b\n\n.two\n",
			"eml/notes.txt":    "no mail",
			"mbox":             "From a@example.org Thu Jan  1 00:00:00 2026\nSubject: c\n\nthree\n",
			"maildir/cur/1:2,": "Subject: d\n\nfour\n",
			"maildir/new/2":    "Subject: e\n\nfive\n",
			"maildir/tmp/x":    "",
		})
		for args, want := range map[string]string{
			"--eml eml":         "2 messages from ",
			"--eml eml/b.eml":   "1 message from ",
			"--mbox mbox":       "1 message from ",
			"--maildir maildir": "2 messages from ",
		} {
			flag, path, _ := strings.Cut(args, " ")
			p := start(GinkgoTB(), flag, filepath.Join(dir, path))
			Expect(session(p.address, "demo", "demo", "STAT")[0]).To(HavePrefix("+OK "+want[:1]+" "), args)
			Eventually(p.errOut.String).WithTimeout(patience).Should(ContainSubstring(want+filepath.Join(dir, path)), args)
		}
		p := start(GinkgoTB(), "--eml", filepath.Join(dir, "eml"))
		Expect(session(p.address, "demo", "demo", "RETR 2")).To(ContainElements("Subject: b", "", "..two", "."))
	})

	It("serves synthetic mail that anyone can make again", func() {
		p := start(GinkgoTB(), "--synthetic", "1000,size=2KiB,seed=7")
		reply := session(p.address, "demo", "demo", "RETR 1000")
		body := strings.Join(reply[1:len(reply)-2], "\r\n") + "\r\n"
		body = strings.ReplaceAll(body, "\r\n..", "\r\n.")
		Expect(body).To(Equal(string(maildrop.SyntheticMessage(7, 1000, 2048))))
	})

	It("deletes files at QUIT and not before", func() {
		dir := folder(map[string]string{"a.eml": "a\r\n", "b.eml": "b\r\n"})
		p := start(GinkgoTB(), "--eml", dir)
		c := dial(p.address)
		_, err := c.Write([]byte("USER demo\r\nPASS demo\r\nDELE 1\r\nNOOP\r\n"))
		Expect(err).NotTo(HaveOccurred())
		Expect(c.Close()).To(Succeed())
		Expect(session(p.address, "demo", "demo", "STAT")[0]).To(HavePrefix("+OK 2 "))
		session(p.address, "demo", "demo", "DELE 1")
		Expect(files(dir)).To(Equal([]string{"b.eml"}))
		Eventually(p.errOut.String).WithTimeout(patience).Should(ContainSubstring("DELE and QUIT delete messages from the disk"))
	})

	It("gives each user a mailbox of their own", func() {
		for _, source := range [][]string{nil, {"--synthetic", "18"}} {
			p := start(GinkgoTB(), append([]string{"--user", "ann:pass:word", "--user", "bob:two words"}, source...)...)
			session(p.address, "ann", "pass:word", "DELE 1", "DELE 2")
			Expect(session(p.address, "ann", "pass:word", "STAT")[0]).To(HavePrefix("+OK 16 "))
			Expect(session(p.address, "bob", "two words", "STAT")[0]).To(HavePrefix("+OK 18 "))
		}
	})

	It("keeps a file until every user has deleted its message", func() {
		dir := folder(map[string]string{"a.eml": "a\r\n", "b.eml": "b\r\n"})
		p := start(GinkgoTB(), "--eml", dir, "--user", "ann:1", "--user", "bob:2")
		session(p.address, "ann", "1", "DELE 1")
		Expect(session(p.address, "ann", "1", "LIST")).To(ContainElements("1 3", "."))
		Expect(session(p.address, "ann", "1", "UIDL 2")[0]).To(HavePrefix("-ERR"))
		Expect(files(dir)).To(HaveLen(2))
		Expect(session(p.address, "bob", "2", "STAT")[0]).To(HavePrefix("+OK 2 6"))
		session(p.address, "bob", "2", "DELE 1", "DELE 2")
		Expect(files(dir)).To(Equal([]string{"b.eml"}))
	})

	It("tells waiting programs where it listens, by stdout and by a file", func() {
		dir := GinkgoT().TempDir()
		file := filepath.Join(dir, "ready.json")
		Expect(os.WriteFile(file, []byte("stale"), 0o600)).To(Succeed())
		p := start(GinkgoTB(), "--ready-file", file)
		Eventually(func() (string, error) {
			b, err := os.ReadFile(file)
			return string(b), err
		}).WithTimeout(patience).Should(Equal(`{"pop3":"` + p.address + `"}` + "\n"))
		Expect(files(dir)).To(Equal([]string{"ready.json"}))
	})

	It("ends at a signal with status 0, and an open session deletes nothing", func() {
		for _, s := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
			dir := folder(map[string]string{"a.eml": "a\r\n"})
			p := start(GinkgoTB(), "--eml", dir, "--quiet")
			c := dial(p.address)
			_, err := c.Write([]byte("USER demo\r\nPASS demo\r\nDELE 1\r\n"))
			Expect(err).NotTo(HaveOccurred())
			replies := make([]byte, 4096)
			for seen := ""; !strings.Contains(seen, "deleted"); {
				n, readErr := c.Read(replies)
				Expect(readErr).NotTo(HaveOccurred())
				seen += string(replies[:n])
			}
			Expect(p.stop(s)).To(Equal(0))
			Expect(p.errOut.String()).To(BeEmpty())
			Expect(files(dir)).To(HaveLen(1))
			Expect(c.Close()).To(Succeed())
			_, err = new(net.Dialer).DialContext(context.Background(), "tcp", p.address)
			Expect(err).To(HaveOccurred())
		}
	})

	It("logs sessions, and prints transcripts without secrets when asked", func() {
		p := start(GinkgoTB(), "--transcript", "--user", "ann:hush hush")
		session(p.address, "ann", "hush hush", "STAT")
		Expect(p.stop(os.Interrupt)).To(Equal(0))
		_, log, _ := strings.Cut(p.errOut.String(), "Ctrl-C")
		Expect(log).To(And(
			MatchRegexp(`level=INFO msg="session ended" session=1 user=ann`),
			ContainSubstring("--- session 1 from 127.0.0.1:"),
			ContainSubstring("C: PASS ********\nS: +OK"),
			ContainSubstring("C: STAT\nS: +OK 18 "),
			Not(ContainSubstring("hush")),
		))
	})

	It("says nothing but warnings when quiet", func() {
		p := start(GinkgoTB(), "--quiet")
		session(p.address, "demo", "demo")
		Expect(p.stop(os.Interrupt)).To(Equal(0))
		Expect(p.errOut.String()).To(BeEmpty())
	})

	It("warns when other machines can reach it", func() {
		p := start(GinkgoTB(), "--quiet", "--pop3", "0.0.0.0:0")
		Eventually(p.errOut.String).WithTimeout(patience).Should(MatchRegexp(`^pop3sim: warning: other machines can reach (0\.0\.0\.0|\[::\]):\d+, and passwords cross the network in the clear\n$`))
	})
})
