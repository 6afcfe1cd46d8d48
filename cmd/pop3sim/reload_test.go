//go:build !windows

package main_test

import (
	"encoding/json"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// heedHangups makes programs that are started later heed SIGHUP: under nohup they would inherit
// that it is ignored.
func heedHangups() {
	hung := make(chan os.Signal, 1)
	signal.Notify(hung, syscall.SIGHUP)
	DeferCleanup(func() { signal.Stop(hung) })
}

// hangUp sends SIGHUP and waits until the simulator has said something about it.
func (p *process) hangUp(said string) {
	GinkgoHelper()
	Expect(p.command.Process.Signal(syscall.SIGHUP)).To(Succeed())
	Eventually(p.errOut.String).WithTimeout(patience).Should(MatchRegexp(said))
}

var _ = Describe("pop3sim serve at SIGHUP", func() {
	BeforeEach(heedHangups)

	It("reads scenario and mail anew; open sessions go on, and a mistake changes nothing", func() {
		dir := GinkgoT().TempDir()
		file := filepath.Join(dir, "mine.yaml")
		write := func(greeting, refusal string) {
			GinkgoHelper()
			text := "title: x\nserver: {greeting: " + greeting + "}\nmailbox: [{size: 1KiB, uidl: " + greeting + "}]\nrules:\n  - {on: STAT, session: 1, do: [{refuse: " + refusal + "}]}\nexpect: {received: [UIDL]}\n"
			Expect(os.WriteFile(file, []byte(text), 0o600)).To(Succeed())
		}
		write("one", "early")
		p := start(GinkgoTB(), "--scenario", file, "--http", "127.0.0.1:0", "--judge", "--smtp", "127.0.0.1:0")
		_, text := p.ask("POST", "/api/v1/users", `{"name":"ann","password":"secret"}`, "Content-Type", "application/json")
		Expect(text).To(ContainSubstring(p.address))
		p.ask("POST", "/api/v1/users/ann/messages", `{"file":"plain.eml","uidl":"a1"}`, "Content-Type", "application/json")
		p.ask("POST", "/api/v1/users/ann/rules", "{on: NOOP, do: [{refuse: never}]}", "Content-Type", "application/yaml")
		Expect(session(p.address, "demo", "demo", "STAT", "UIDL")).To(ContainElements("-ERR early", "1 one"))
		open := dial(p.address)
		defer func() { Expect(open.Close()).To(Succeed()) }()
		Expect(answerTo(open, "")).To(HavePrefix("+OK one"))

		write("two", "late")
		p.hangUp(`reloaded mail and the scenario`)
		Expect(answerTo(open, "USER demo")).To(HavePrefix("+OK"))
		Expect(answerTo(open, "PASS demo")).To(HavePrefix("+OK"))
		Expect(answerTo(open, "UIDL 1")).To(Equal("+OK 1 one\r\n"))
		Expect(session(p.address, "demo", "demo", "STAT", "UIDL")).To(ContainElements("-ERR late", "1 two"))
		Expect(session(p.address, "ann", "secret", "NOOP", "UIDL 1")).To(ContainElements("-ERR never", "+OK 1 a1"))
		_, text = p.ask("GET", "/api/v1/users/ann/sessions", "")
		Expect(text).To(ContainSubstring(`"number":1`))
		Expect(text).NotTo(ContainSubstring(`"number":2`))

		Expect(os.WriteFile(file, []byte("title: x\nruels: []\n"), 0o600)).To(Succeed())
		p.hangUp(`cannot reload; nothing has changed.*mine.yaml:2:1`)
		Expect(session(p.address, "demo", "demo", "UIDL")).To(ContainElement("1 two"))
		Expect(p.stop(os.Interrupt)).To(Equal(0))
		Expect(p.errOut.String()).To(And(ContainSubstring("all expectations met"), ContainSubstring("served 5 sessions")))
	})
})

var _ = Describe("a port of a user's own at SIGHUP", func() {
	BeforeEach(heedHangups)

	It("stays open while the user exists, with the mail as it is read again for a user of the file", func() {
		file := filepath.Join(GinkgoT().TempDir(), "mine.yaml")
		write := func(uid string) {
			GinkgoHelper()
			text := "title: x\nmailbox: [{size: 1KiB, uidl: " + uid + "}]\nusers: [{name: bob, password: secret}]\n"
			Expect(os.WriteFile(file, []byte(text), 0o600)).To(Succeed())
		}
		write("one")
		p := start(GinkgoTB(), "--scenario", file, "--http", "127.0.0.1:0")
		_, _ = p.ask("POST", "/api/v1/users", `{"name":"ann","password":"secret"}`, "Content-Type", "application/json")
		p.ask("POST", "/api/v1/users/ann/messages", `{"file":"plain.eml","uidl":"a1"}`, "Content-Type", "application/json")
		ports := map[string]string{}
		for _, user := range []string{"ann", "bob"} {
			_, text := p.ask("POST", "/api/v1/users/"+user+"/port", "")
			var at struct{ POP3 string }
			Expect(json.Unmarshal([]byte(text), &at)).To(Succeed())
			ports[user] = at.POP3
		}
		p.ask("POST", "/api/v1/users/ann/rules", "{on: NOOP, do: [{refuse: never}]}", "Content-Type", "application/yaml")
		open := dial(ports["ann"])
		defer func() { Expect(open.Close()).To(Succeed()) }()
		Expect(answerTo(open, "")).To(HavePrefix("+OK"))

		write("two")
		p.hangUp(`reloaded mail and the scenario`)
		Expect(answerTo(open, "NOOP")).To(HavePrefix("-ERR never"), "the session goes on")
		Expect(session(ports["ann"], "ann", "secret", "NOOP", "UIDL 1")).To(ContainElements("-ERR never", "+OK 1 a1"))
		Expect(session(ports["bob"], "bob", "secret", "UIDL 1")).To(ContainElement("+OK 1 two"))
		shared := dial(p.address)
		defer func() { Expect(shared.Close()).To(Succeed()) }()
		Expect(answerTo(shared, "")).To(HavePrefix("+OK"))
		Expect(answerTo(shared, "USER bob")).To(HavePrefix("+OK"))
		Expect(answerTo(shared, "PASS secret")).To(HavePrefix("-ERR"))
	})
})

// answerTo sends a command, if it is not empty, and returns what comes next.
func answerTo(c interface {
	Read([]byte) (int, error)
	Write([]byte) (int, error)
}, command string) string {
	GinkgoHelper()
	if command != "" {
		_, err := c.Write([]byte(command + "\r\n"))
		Expect(err).NotTo(HaveOccurred())
	}
	answer := make([]byte, 512)
	n, err := c.Read(answer)
	Expect(err).NotTo(HaveOccurred())
	return string(answer[:n])
}
