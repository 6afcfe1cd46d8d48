package main_test

import (
	"fmt"
	"io"
	"os"
	"regexp"
	"strconv"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/maildrop"
)

// peak returns the most memory that a process has had in use, in KiB.
func peak(pid int) int {
	GinkgoHelper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	Expect(err).NotTo(HaveOccurred())
	found := regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindSubmatch(status)
	Expect(found).NotTo(BeNil())
	n, err := strconv.Atoi(string(found[1]))
	Expect(err).NotTo(HaveOccurred())
	return n
}

var _ = Describe("a message of 1 GiB", func() {
	It("is fetched and written out within 64 MiB of memory", func() {
		u := newUser()
		drop, err := maildrop.Synthetic(maildrop.SyntheticOptions{Count: 1, Size: 1 << 30, Seed: 1})
		Expect(err).NotTo(HaveOccurred())
		s := fakeserver.Start(tb(), fakeserver.MaildropOf(drop), nil)
		u.addAccount(s)
		c, in, lines := shell(u)
		say := func(line, answer string) {
			GinkgoHelper()
			_, err := io.WriteString(in, line+"\n")
			Expect(err).NotTo(HaveOccurred())
			text, err := lines.ReadString('\n')
			Expect(err).NotTo(HaveOccurred())
			Expect(text).To(ContainSubstring(answer))
		}
		say("get", "Synthetic message 1 of seed 1")
		say("", "1 message, 1.0 GiB")
		_, err = fmt.Fprintf(in, "show %d --raw\n", u.lists("Inbox")[0].ID)
		Expect(err).NotTo(HaveOccurred())
		Expect(io.CopyN(io.Discard, lines, 1<<30)).To(BeNumerically("==", 1<<30))
		Expect(peak(c.Process.Pid)).To(BeNumerically("<", 64<<10))
		Expect(in.Close()).To(Succeed())
		Expect(c.Wait()).To(Succeed())
	})
})

var _ = Describe("a mailbox of more than a million messages", func() {
	It("is listed within 64 MiB of memory", func() {
		u := newUser()
		drop, err := maildrop.Synthetic(maildrop.SyntheticOptions{Count: 1_100_000, Size: 1 << 10, Seed: 1})
		Expect(err).NotTo(HaveOccurred())
		s := fakeserver.Start(tb(), fakeserver.MaildropOf(drop), nil)
		u.addAccount(s)
		u.succeeds("account", "set", "work", "--sync-limit", "3")
		c, in, lines := shell(u)
		_, err = io.WriteString(in, "get --headers-only\n")
		Expect(err).NotTo(HaveOccurred())
		for text := ""; text != "1100000 messages on the server, 3 new\n"; {
			text, err = lines.ReadString('\n')
			Expect(err).NotTo(HaveOccurred(), text)
		}
		Expect(peak(c.Process.Pid)).To(BeNumerically("<", 64<<10))
		Expect(in.Close()).To(Succeed())
		Expect(c.Wait()).To(Succeed())
	})
})
