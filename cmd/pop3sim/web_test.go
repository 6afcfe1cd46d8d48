package main_test

import (
	"bufio"
	"io"
	"net/http"
	"net/smtp"
	"os"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// ask sends a request to the simulator and returns the status and the body.
func (p *process) ask(method, path, body string, header ...string) (status int, text string) {
	GinkgoHelper()
	answer := p.send(method, path, body, header...)
	defer func() { Expect(answer.Body.Close()).To(Succeed()) }()
	all, err := io.ReadAll(answer.Body)
	Expect(err).NotTo(HaveOccurred())
	return answer.StatusCode, string(all)
}

func (p *process) send(method, path, body string, header ...string) *http.Response {
	GinkgoHelper()
	request, err := http.NewRequestWithContext(GinkgoT().Context(), method, "http://"+p.http+path, strings.NewReader(body))
	Expect(err).NotTo(HaveOccurred())
	for i := 0; i < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	answer, err := http.DefaultClient.Do(request)
	Expect(err).NotTo(HaveOccurred())
	return answer
}

var _ = Describe("pop3sim serve --http", func() {
	It("is steered while it serves: a user of one's own, mail, a fault and the transcript", func() {
		p := start(GinkgoTB(), "--http", "127.0.0.1:0")
		status, text := p.ask("POST", "/api/v1/users", `{"name":"ann","password":"secret"}`, "Content-Type", "application/json")
		Expect(status).To(Equal(201), text)
		Expect(text).To(ContainSubstring(`"pop3":"` + p.address + `"`))
		_, text = p.ask("POST", "/api/v1/users/ann/messages", `{"file":"plain.eml","uidl":"a1"}`, "Content-Type", "application/json")
		Expect(text).To(ContainSubstring(`"uid":"a1"`))
		status, text = p.ask("POST", "/api/v1/users/ann/rules", "{on: STAT, do: [{refuse: not today}]}", "Content-Type", "application/yaml")
		Expect(status).To(Equal(201), text)
		Expect(session(p.address, "ann", "secret", "UIDL 1", "STAT")).To(ContainElements("+OK 1 a1", "-ERR not today"))
		Eventually(func() string {
			_, text := p.ask("GET", "/api/v1/users/ann/sessions/1/transcript", "", "Accept", "text/plain")
			return text
		}).WithTimeout(patience).Should(ContainSubstring("C: STAT\n[rule r1: refuse]\nS: -ERR not today\n"))
		Expect(session(p.address, "demo", "demo", "STAT")[0]).To(HavePrefix("+OK 18 "))
		Expect(run("ready", "--http", "http://"+p.http)).To(Equal(result{0, "", ""}))
		status, text = p.ask("GET", "/?user=ann", "")
		Expect(status).To(Equal(200))
		Expect(text).To(ContainSubstring("<title>ann · pop3sim</title>"))
	})

	It("delivers mail over SMTP to a user who was created while it serves", func() {
		p := start(GinkgoTB(), "--http", "127.0.0.1:0", "--smtp", "127.0.0.1:0")
		p.ask("POST", "/api/v1/users", `{"name":"ann","password":"secret"}`, "Content-Type", "application/json")
		c, err := smtp.Dial(p.smtp)
		Expect(err).NotTo(HaveOccurred())
		Expect(c.Mail("bob@example.org")).To(Succeed())
		Expect(c.Rcpt("nobody@example.org")).NotTo(Succeed())
		Expect(c.Rcpt("ann@example.org")).To(Succeed())
		body, err := c.Data()
		Expect(err).NotTo(HaveOccurred())
		_, err = io.WriteString(body, "Subject: hi\r\n\r\nhello\r\n")
		Expect(err).NotTo(HaveOccurred())
		Expect(body.Close()).To(Succeed())
		Expect(c.Quit()).To(Succeed())
		Expect(session(p.address, "ann", "secret", "STAT")[0]).To(HavePrefix("+OK 1 "))
	})

	It("ends with status 0 while somebody follows events", func() {
		p := start(GinkgoTB(), "--http", "127.0.0.1:0")
		answer := p.send("GET", "/api/v1/users/demo/events", "")
		in := bufio.NewReader(answer.Body)
		Expect(in.ReadString('\n')).To(HavePrefix(": events of demo"))
		Expect(p.stop(os.Interrupt)).To(Equal(0))
		_, err := io.ReadAll(in)
		Expect(err).NotTo(HaveOccurred())
	})

	It("listens for others only with a token, which every caller must then have", func() {
		Expect(run("serve", "--pop3", "127.0.0.1:0", "--http", "0.0.0.0:0")).To(Equal(result{2, "",
			"pop3sim: --http: other machines could steer the simulator on 0.0.0.0:0; listen on 127.0.0.1, or give --http-token; see 'pop3sim serve --help'\n"}))
		p := start(GinkgoTB(), "--http", "0.0.0.0:0", "--http-token", "0123abcd")
		p.http = "127.0.0.1" + p.http[strings.LastIndex(p.http, ":"):]
		status, _ := p.ask("GET", "/api/v1/users", "")
		Expect(status).To(Equal(401))
		status, _ = p.ask("GET", "/api/v1/users", "", "Authorization", "Bearer 0123abcd")
		Expect(status).To(Equal(200))
		Expect(p.errOut.String()).To(And(
			MatchRegexp(`warning: other machines can reach (0\.0\.0\.0|\[::\]):\d+; the token crosses the network in the clear\n`),
			Not(ContainSubstring("0123abcd"))))
	})
})
