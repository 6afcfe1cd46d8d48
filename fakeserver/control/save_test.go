package control_test

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/fakeserver"
	"pop3mtm/scenarios"
)

var _ = Describe("a session saved as a scenario", func() {
	It("can be played, and passes the client that did the same, and no other", func() {
		s := started(GinkgoTB(), nil)
		ann := s.ann()
		s.call("POST", ann+"/messages", `[{"file":"plain.eml","uidl":"a1"},{"raw":"A: b\r\n\r\n\u00e9\u0000.\r\n","uidl":"a2"},{"file":"dots.eml","uidl":"a3"}]`)
		s.call("POST", ann+"/rules", `{"on":"RETR 2","times":1,"do":[{"refuse":"not now: \"later\""}]}`)
		does := func(c *client, second string) {
			Expect(c.say("RETR 2")).To(Equal("-ERR not now: \"later\""))
			c.say("RETR 1")
			c.rest()
			Expect(c.say(second)).To(HavePrefix("+OK"))
			c.quit()
		}
		does(s.login(), "DELE 3")
		saved := s.call("GET", ann+"/sessions/1/scenario", "")
		Expect(saved.Status).To(Equal(200), saved.Body)
		Expect(saved.Type).To(Equal("application/yaml"))
		Expect(saved.Body).To(ContainSubstring("- {file: plain.eml, uidl: a1}\n"))
		all, err := scenarios.Parse("saved.yaml", []byte(saved.Body), nil)
		Expect(err).NotTo(HaveOccurred(), saved.Body)
		for second, right := range map[string]bool{"DELE 3": true, "DELE 1": false} {
			play, err := all[0].Server(nil)
			Expect(err).NotTo(HaveOccurred())
			fakeserver.StartServer(GinkgoTB(), play.Server, false)
			c := (&simulator{server: play.Server}).connect()
			Expect(c.say("USER demo")).To(HavePrefix("+OK"))
			Expect(c.say("PASS demo")).To(HavePrefix("+OK"))
			does(c, second)
			if verdict := play.Check(context.Background()); right {
				Expect(verdict).NotTo(HaveOccurred())
			} else {
				Expect(verdict).To(HaveOccurred())
			}
		}
	})

	It("is refused where there is nothing to save, or too much", func() {
		s := started(GinkgoTB(), nil)
		ann := s.ann()
		c := s.connect()
		c.say("USER ann")
		c.quit()
		Eventually(func() string { return s.call("GET", ann+"/sessions/1/scenario", "").Body }).WithTimeout(patience).Should(ContainSubstring("not logged in"))
		Expect(s.call("GET", ann+"/sessions/9/scenario", "").Status).To(Equal(404))
		s.call("POST", ann+"/messages", `{"size":"1MiB"}`)
		s.login().quit()
		Expect(s.call("GET", ann+"/sessions/2/scenario", "")).To(And(HaveField("Status", 409), HaveField("Body", ContainSubstring("too many octets"))))
		s.call("POST", ann+"/messages", `{"size":"1KiB","count":200}`)
		s.login().quit()
		Expect(s.call("GET", ann+"/sessions/3/scenario", "")).To(And(HaveField("Status", 409), HaveField("Body", ContainSubstring("201 messages"))))
	})
})
