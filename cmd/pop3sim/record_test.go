package main_test

import (
	"io"
	"os"
	"path/filepath"
	"syscall"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("pop3sim record and replay", func() {
	var transcript string
	BeforeEach(func() { transcript = filepath.Join(GinkgoT().TempDir(), "session.txt") })

	// recorded is a transcript of one session.
	recorded := func() {
		GinkgoHelper()
		server := start(GinkgoTB(), "--quiet")
		r := startAs(GinkgoTB(), "record", "--upstream", server.address, "--out", transcript)
		Expect(session(r.address, "demo", "demo", "LIST 2", "TOP 1 0")).NotTo(BeEmpty())
		Expect(r.stop(syscall.SIGTERM)).To(Equal(0), r.errOut.String())
		Expect(r.errOut.String()).To(HaveSuffix("1 session in " + transcript + "\n"))
		Expect(server.stop(os.Interrupt)).To(Equal(0))
	}

	It("write a session down and serve it again, and the replay ends by itself", func() {
		recorded()
		text, err := os.ReadFile(transcript)
		Expect(err).NotTo(HaveOccurred())
		Expect(string(text)).To(And(ContainSubstring("\nC: USER demo\n"), ContainSubstring("\nC: PASS ********\n"), ContainSubstring("\nS: +OK 2 1056\n")))
		info, err := os.Stat(transcript)
		Expect(err).NotTo(HaveOccurred())
		Expect(info.Mode().Perm()).To(Equal(os.FileMode(0o600)), "it has people's mail")
		p := startAs(GinkgoTB(), "replay", transcript)
		Expect(session(p.address, "demo", "another", "LIST 2", "TOP 1 0")).To(ContainElement("+OK 2 1056"))
		Expect(p.command.Wait()).To(Succeed(), p.errOut.String())
		Expect(p.errOut.String()).To(HaveSuffix(transcript + ": no differences\n"))
	})

	It("tell where a client did otherwise, with status 1", func() {
		recorded()
		p := startAs(GinkgoTB(), "replay", transcript, "--quiet")
		c := dial(p.address)
		_, err := io.WriteString(c, "USER demo\r\nPASS demo\r\nLIST 3\r\n")
		Expect(err).NotTo(HaveOccurred())
		greeting := make([]byte, 3)
		_, err = io.ReadFull(c, greeting)
		Expect(err).NotTo(HaveOccurred())
		Eventually(func() string {
			one := make([]byte, 1<<10)
			n, _ := c.Read(one)
			return string(one[:n])
		}).WithTimeout(patience).Should(ContainSubstring("-ERR another command is recorded here"))
		Expect(c.Close()).To(Succeed())
		_ = p.command.Wait() // the status says it
		Expect(p.command.ProcessState.ExitCode()).To(Equal(1))
		Expect(p.errOut.String()).To(MatchRegexp(`session.txt:\d+: session 1: expected C: LIST 2, got C: LIST 3\n.*session.txt:\d+: session 1: expected C: LIST 2, got the session has ended\n$`))
	})

	It("tell of sessions that nobody asked for when they are stopped", func() {
		recorded()
		p := startAs(GinkgoTB(), "replay", transcript, "--quiet")
		Expect(p.stop(os.Interrupt)).To(Equal(1))
		Expect(p.errOut.String()).To(Equal(transcript + ": 1 session not replayed to the end\n"))
	})

	It("do not overwrite a recording, nor replay an invalid one", func() {
		Expect(os.WriteFile(transcript, []byte("S: +OK\nhello\n"), 0o600)).To(Succeed())
		Expect(run("record", "--upstream", "127.0.0.1:1", "--pop3", "127.0.0.1:0", "--out", transcript)).To(Equal(
			result{1, "", "pop3sim: --out " + transcript + " already exists; choose another name, or remove it\n"}))
		Expect(run("replay", "--pop3", "127.0.0.1:0", transcript)).To(Equal(
			result{1, "", "pop3sim: " + transcript + `:2:1: a line must begin with "S: ", "C: " or "[", not with "hello"` + "\n"}))
		Expect(run("replay", "--pop3", "127.0.0.1:0", transcript+"x")).To(Equal(
			result{1, "", "pop3sim: " + transcript + "x: no such file or directory\n"}))
		Expect(run("replay", "--pop3", "127.0.0.1:0", filepath.Dir(transcript))).To(Equal(
			result{1, "", "pop3sim: " + filepath.Dir(transcript) + ": not a regular file\n"}))
	})
})
