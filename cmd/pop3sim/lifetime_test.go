package main_test

import (
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/fakeserver/notation"
	"pop3mtm/internal/need"
)

// ended waits until a process has ended by itself, and returns its exit status.
func (p *process) ended() int {
	GinkgoHelper()
	timer := time.AfterFunc(patience, func() { _ = p.command.Process.Kill() })
	defer timer.Stop()
	_ = p.command.Wait() // the status says it
	return p.command.ProcessState.ExitCode()
}

// shellScript runs a script with pop3sim on the PATH.
func shellScript(dir, script string) string {
	GinkgoHelper()
	if runtime.GOOS == "windows" {
		Skip("the script is for a Unix shell")
	}
	c := exec.CommandContext(GinkgoT().Context(), "sh", "-e", "-c", script)
	c.Dir = dir
	c.Env = append(os.Environ(), "PATH="+filepath.Dir(binary)+":"+os.Getenv("PATH"))
	out, err := c.CombinedOutput()
	Expect(err).NotTo(HaveOccurred(), string(out))
	return string(out)
}

var _ = Describe("The life of pop3sim serve", func() {
	It("ends after the time of --for with status 0, and says why", func() {
		p := start(GinkgoTB(), "--for", "300ms")
		Expect(p.ended()).To(Equal(0))
		Expect(p.errOut.String()).To(MatchRegexp(`\npop3sim: stopped: the time of --for, 300ms, is over; served 0 sessions in \S+\n$`))
	})

	It("ends when standard input does, if asked, and only then", func() {
		for _, asked := range []bool{true, false} {
			args := []string{"serve", "--pop3", "127.0.0.1:0", "--json"}
			if asked {
				args = append(args, "--exit-on-stdin-eof")
			}
			c := exec.CommandContext(GinkgoT().Context(), binary, args...)
			input, err := c.StdinPipe()
			Expect(err).NotTo(HaveOccurred())
			p := launch(GinkgoTB(), c)
			_, err = io.WriteString(input, "words that mean nothing\n")
			Expect(err).NotTo(HaveOccurred())
			Expect(session(p.address, "demo", "demo", "STAT")[0]).To(HavePrefix("+OK"))
			Expect(input.Close()).To(Succeed())
			if !asked {
				Expect(session(p.address, "demo", "demo", "STAT")[0]).To(HavePrefix("+OK"))
				continue
			}
			Expect(p.ended()).To(Equal(0))
			Expect(p.errOut.String()).To(MatchRegexp(`stopped: standard input has ended; served 1 session in`))
		}
	})

	It("ends with the process that started it, even when that one is killed", func() {
		dir := GinkgoT().TempDir()
		out := shellScript(dir, `
			sh -c 'pop3sim serve --pop3 127.0.0.1:0 --exit-with-parent --ready-file ready.json & wait' & runner=$!
			pop3sim ready --wait 1m --ready-file ready.json --show pop3
			kill -9 $runner`)
		// The output is whole when nobody has it open any more: pop3sim has ended.
		Expect(out).To(ContainSubstring("stopped: the process that started this one has ended"))
		Expect(files(dir)).To(BeEmpty())
	})

	It("keeps a ready file while it runs, and removes its own only", func() {
		file := filepath.Join(GinkgoT().TempDir(), "ready.json")
		p := start(GinkgoTB(), "--ready-file", file)
		Eventually(func() int { return run("ready", "--ready-file", file).status }).WithTimeout(patience).Should(Equal(0))
		Expect(run("ready", "--ready-file", file, "--show", "pop3").out).To(Equal(p.address + "\n"))
		Expect(p.stop(os.Interrupt)).To(Equal(0))
		Expect(files(filepath.Dir(file))).To(BeEmpty())

		p = start(GinkgoTB(), "--ready-file", file)
		Eventually(func() int { return run("ready", "--ready-file", file).status }).WithTimeout(patience).Should(Equal(0))
		Expect(os.WriteFile(file, []byte(`{"pop3":"127.0.0.1:1"}`), 0o600)).To(Succeed())
		Expect(p.stop(os.Interrupt)).To(Equal(0))
		Expect(files(filepath.Dir(file))).To(Equal([]string{"ready.json"}))
	})

	It("works twice in a row in a script that finds the port, after a kill too", func() {
		dir := GinkgoT().TempDir()
		script := `
			pop3sim serve --pop3 127.0.0.1:0 --ready-file ready.json --quiet & server=$!
			address=$(pop3sim ready --wait 1m --ready-file ready.json --show pop3)
			kill -0 $server
			kill -INT $server
			wait $server
			test ! -e ready.json
			echo "ended $address"`
		Expect(shellScript(dir, script+script)).To(MatchRegexp(`^ended 127.0.0.1:\d+\nended 127.0.0.1:\d+\n$`))
		shellScript(dir, `
			pop3sim serve --pop3 127.0.0.1:0 --ready-file ready.json --quiet & server=$!
			pop3sim ready --wait 1m --ready-file ready.json
			kill -9 $server
			wait $server || true
			test -e ready.json`)
		Expect(shellScript(dir, script)).To(HavePrefix("ended "))
	})

	It("obeys a signal that comes right after the ready line, though the shell ignores it for the background", func() {
		need.Program(GinkgoTB(), "mkfifo")
		dir := GinkgoT().TempDir()
		Expect(shellScript(dir, `
			mkfifo line
			(trap '' INT; exec pop3sim serve --pop3 127.0.0.1:0 --json --quiet >line) & server=$!
			read -r ready <line
			kill -INT $server
			wait $server
			echo over`)).To(Equal("over\n"))
	})

	It("takes less than 100 ms of a processor to be ready and to stop", func() {
		least := time.Hour
		for range 5 {
			p := start(GinkgoTB(), "--quiet")
			Expect(p.stop(os.Interrupt)).To(Equal(0))
			least = min(least, p.command.ProcessState.UserTime()+p.command.ProcessState.SystemTime())
		}
		// Beside other programs a processor is slower: the best of five counts.
		Expect(least).To(BeNumerically("<", 100*time.Millisecond))
	})

	It("writes the transcripts of both protocols to a file that can be read as a recording", func() {
		file := filepath.Join(GinkgoT().TempDir(), "said.txt")
		Expect(os.WriteFile(file, []byte("of an earlier run"), 0o600)).To(Succeed())
		p := start(GinkgoTB(), "--transcript-file", file, "--smtp", "127.0.0.1:0", "--user", "ann:hush hush", "--quiet")
		session(p.address, "ann", "hush hush", "STAT")
		c := dial(p.smtp)
		_, err := io.WriteString(c, "QUIT\r\n")
		Expect(err).NotTo(HaveOccurred())
		_, err = io.ReadAll(c)
		Expect(err).NotTo(HaveOccurred())
		Expect(p.stop(os.Interrupt)).To(Equal(0))
		text, err := os.ReadFile(file)
		Expect(err).NotTo(HaveOccurred())
		Expect(string(text)).To(And(
			ContainSubstring("[session 1 from 127.0.0.1:"),
			ContainSubstring("C: PASS ********\nS: +OK"),
			ContainSubstring("[SMTP session 1 from 127.0.0.1:"),
			Not(ContainSubstring("hush")), Not(ContainSubstring("earlier")),
		))
		r := notation.NewReader(strings.NewReader(string(text)))
		for err == nil {
			_, err = r.Next()
		}
		Expect(err).To(Equal(io.EOF))
		Expect(p.errOut.String()).To(BeEmpty())
	})

	It("has in the file what a session says that hangs, also when it is killed then", func() {
		file := filepath.Join(GinkgoT().TempDir(), "said.txt")
		p := start(GinkgoTB(), "--transcript-file", file, "--quiet")
		c := dial(p.address)
		_, err := io.WriteString(c, "CAPA\r\nNOOP\r\n")
		Expect(err).NotTo(HaveOccurred())
		text := func() string {
			said, _ := os.ReadFile(file) // it is there
			return string(said)
		}
		Eventually(text).WithTimeout(patience).Should(And(HavePrefix("[session 1 from "), ContainSubstring("C: NOOP\nS: -ERR")))
		other := dial(p.address)
		_, err = io.WriteString(other, "STAT\r\n")
		Expect(err).NotTo(HaveOccurred())
		Eventually(text).WithTimeout(patience).Should(ContainSubstring("[session 2 from "))
		Expect(p.command.Process.Kill()).To(Succeed())
		Expect(text()).To(ContainSubstring("C: STAT\nS: -ERR"))
	})

	It("says once that the file is full, and goes on", func() {
		if _, err := os.Stat("/dev/full"); err != nil {
			Skip("there is no /dev/full")
		}
		p := start(GinkgoTB(), "--transcript-file", "/dev/full", "--quiet")
		session(p.address, "demo", "demo")
		Eventually(p.errOut.String).WithTimeout(patience).Should(ContainSubstring("--transcript-file is incomplete"))
		session(p.address, "demo", "demo")
		Expect(p.stop(os.Interrupt)).To(Equal(1))
		Expect(strings.Count(p.errOut.String(), "\n")).To(Equal(1), p.errOut.String())
	})

	It("names a transcript file that it cannot write", func() {
		dir := GinkgoT().TempDir()
		r := run("serve", "--pop3", "127.0.0.1:0", "--transcript-file", dir)
		Expect(r.status).To(Equal(1))
		Expect(r.errOut).To(MatchRegexp(`^pop3sim: --transcript-file: [^\n]*directory[^\n]*\n$`))
	})

	It("logs as JSON when asked", func() {
		p := start(GinkgoTB(), "--log-format", "json")
		session(p.address, "demo", "demo")
		Expect(p.stop(os.Interrupt)).To(Equal(0))
		_, log, _ := strings.Cut(p.errOut.String(), "Ctrl-C stops the server.\n")
		line, _, _ := strings.Cut(log, "\n")
		var record struct{ Msg, User string }
		Expect(json.Unmarshal([]byte(line), &record)).To(Succeed(), log)
		Expect(record.Msg).To(Equal("session ended"))
		Expect(record.User).To(Equal("demo"))
	})

	It("plays a scenario from standard input", func() {
		scenario := "title: Refuses to count\nrules:\n  - on: STAT\n    do: [{refuse: not today}]\n"
		c := exec.CommandContext(GinkgoT().Context(), binary, "serve", "--pop3", "127.0.0.1:0", "--json", "--scenario", "-")
		c.Stdin = strings.NewReader(scenario)
		p := launch(GinkgoTB(), c)
		Expect(session(p.address, "demo", "demo", "STAT")[0]).To(HavePrefix("-ERR not today"))

		c = exec.CommandContext(GinkgoT().Context(), binary, "serve", "--pop3", "127.0.0.1:0", "--scenario", "-")
		c.Stdin = strings.NewReader("title: x\nruels: []\n")
		out, err := c.CombinedOutput()
		Expect(err).To(HaveOccurred())
		Expect(c.ProcessState.ExitCode()).To(Equal(2))
		Expect(string(out)).To(ContainSubstring("stdin:2:1: "))
	})
})

var _ = Describe("pop3sim ready", func() {
	It("waits for a simulator, and gives up when the time is over", func() {
		dir := GinkgoT().TempDir()
		file := filepath.Join(dir, "ready.json")
		Expect(run("ready", "--ready-file", file)).To(Equal(result{1, "", "pop3sim: not ready: " + file + " does not exist\n"}))
		Expect(run("ready", "--wait", "50ms", "--ready-file", file)).To(Equal(result{1, "", "pop3sim: not ready after 50ms: " + file + " does not exist\n"}))
		Expect(os.WriteFile(file, []byte("{"), 0o600)).To(Succeed())
		Expect(run("ready", "--ready-file", file).errOut).To(ContainSubstring("is not a ready file"))
		Expect(os.WriteFile(file, []byte(`{"pop3":"127.0.0.1:1"}`), 0o600)).To(Succeed())
		Expect(run("ready", "--ready-file", file).errOut).To(ContainSubstring("names a simulator that does not run: nothing listens on 127.0.0.1:1"))
	})

	It("does not count as a session when it looks at a ready file", func() {
		file := filepath.Join(GinkgoT().TempDir(), "ready.json")
		p := start(GinkgoTB(), "--ready-file", file)
		Eventually(func() int { return run("ready", "--ready-file", file).status }).WithTimeout(patience).Should(Equal(0))
		Expect(p.stop(os.Interrupt)).To(Equal(0))
		Expect(p.errOut.String()).To(ContainSubstring("served 0 sessions"))
	})
})
