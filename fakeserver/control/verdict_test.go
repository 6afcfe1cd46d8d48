package control_test

import (
	"strings"
	"time"

	"pop3mtm/fakeserver/control"
	"pop3mtm/scenarios"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("a scenario over HTTP", func() {
	It("is played from the beginning, and judged as often as wanted", func() {
		s := started(GinkgoTB(), nil)
		ann := s.ann()
		text := "title: T\nmailbox: [{text: a, uidl: a1}]\nrules: [{on: RETR 1, session: 1, do: [{refuse: later}]}]\nexpect: {kept: [], sessions: 2, counts: {RETR: 2}}\n"
		for range 2 { // the second time it is as if it were the first
			answer := s.call("PUT", ann+"/scenario", text, "Content-Type", "application/yaml")
			Expect(answer.Status).To(Equal(200), answer.Body)
			var v scenarios.Verdict
			s.call("GET", ann+"/verdict", "").into(&v)
			Expect(v.Result).To(Equal(scenarios.NotExercised))
			c := s.login()
			Expect(c.say("RETR 1")).To(Equal("-ERR later"))
			c.quit()
			s.call("GET", ann+"/verdict", "").into(&v)
			Expect(v.Result).To(Equal(scenarios.Fail))
			c = s.login()
			Expect(c.say("RETR 1")).To(HavePrefix("+OK"))
			c.rest()
			c.say("DELE 1")
			c.quit()
			s.call("GET", ann+"/verdict", "").into(&v)
			Expect(v.Result).To(Equal(scenarios.Pass), "%+v", v)
		}
		Expect(s.call("GET", ann+"/verdict?format=tap", "").Body).To(HavePrefix("TAP version 13\n"))
		Expect(s.call("GET", ann+"/verdict", "", "Accept", "text/plain").Body).To(ContainSubstring("all expectations met"))
		Expect(s.call("GET", ann+"/verdict?format=junit", "").Type).To(Equal("application/xml"))
	})

	It("is a built-in one by its name and case, or one in words", func() {
		s := started(GinkgoTB(), nil)
		ann := s.ann()
		var played control.PlayedScenario
		s.call("PUT", ann+"/scenario", `{"name":"retr-drop"}`).into(&played)
		Expect(played.Cases).To(ContainElement("after=0,how=reset"))
		s.call("PUT", ann+"/scenario?case=after=0,how=reset", `{"name":"retr-drop"}`).into(&played)
		Expect(played.Name).To(Equal("retr-drop#after=0,how=reset"))
		s.call("PUT", ann+"/scenario", "name: retr-drop#after=0,how=close", "Content-Type", "text/yaml").into(&played)
		Expect(played.Name).To(Equal("retr-drop#after=0,how=close"))
		Expect(s.call("PUT", ann+"/scenario", `{"name":"../../etc/passwd"}`).Status).To(Equal(404))
		Expect(s.call("PUT", ann+"/scenario", `{"title":"T","mailbox":[{"file":"/etc/passwd"}]}`).Status).To(Equal(422))
		wrong := s.call("PUT", ann+"/scenario", "title: T\nrules: [{on: RTER, do: [close]}]", "Content-Type", "application/yaml")
		Expect(wrong.Status).To(Equal(422))
		Expect(wrong.Type).To(Equal("application/problem+json"))
		Expect(wrong.Body).To(ContainSubstring(`line 2, column 14: there is no command \"RTER\", but there is \"RETR\"`))
	})

	It("may expect something of messages that are there already", func() {
		s := started(GinkgoTB(), nil)
		ann := s.ann()
		s.call("POST", ann+"/messages", `{"text":"a","uidl":"m1"}`)
		Expect(s.call("PUT", ann+"/scenario", `{"title":"T","rules":[{"on":"NOOP","do":["close"]}],"expect":{"kept":["m1"]}}`).Status).To(Equal(200))
		Expect(s.call("PUT", ann+"/scenario", `{"title":"T","expect":{"kept":["m2"]}}`).Status).To(Equal(422))
	})

	It("has expectations that are set by themselves", func() {
		s := started(GinkgoTB(), nil)
		ann := s.ann()
		Expect(s.call("PUT", ann+"/expect", `{"never":["DELE"],"kept":["a1"]}`).Body).To(MatchJSON(`{"never":["DELE"],"kept":["a1"]}`))
		s.call("POST", ann+"/messages", `{"text":"a","uidl":"a1"}`)
		c := s.login()
		c.say("DELE 1")
		c.quit()
		text := s.call("GET", ann+"/verdict?format=text", "").Body
		Expect(text).To(And(ContainSubstring("expected no DELE"), ContainSubstring("a1 deleted"), ContainSubstring("> C: DELE 1")))
		Expect(s.call("PUT", ann+"/expect", `{"never":["DELL"]}`).Status).To(Equal(422))
	})
})

var _ = Describe("waiting over HTTP", func() {
	It("ends when it happens, at once when it has happened, and with 408 when it does not", func() {
		s := started(GinkgoTB(), nil)
		ann := s.ann()
		s.call("POST", ann+"/messages", `{"text":"a","uidl":"a1"}`)
		wait := func(what string) int { return s.call("POST", ann+"/wait", what).Status }
		came := make(chan int, 1)
		go func() {
			defer GinkgoRecover()
			came <- wait(`{"for":{"command":"DELE 1"},"timeout":"1m"}`)
		}()
		Consistently(came, 50*time.Millisecond).ShouldNot(Receive())
		c := s.login()
		c.say("DELE 1")
		Expect(<-came).To(Equal(200))
		Expect(wait(`{"for":{"gone":"a1"},"timeout":"1ms"}`)).To(Equal(408))
		Expect(wait(`{"for":{"session":1},"timeout":"1ms"}`)).To(Equal(408))
		c.quit()
		for _, what := range []string{`{"command":"dele"}`, `{"gone":"a1"}`, `{"session":1}`, `{"ended":1}`, `{"count":0}`, `{"state":"start"}`} {
			Expect(wait(`{"for":`+what+`,"timeout":"1m"}`)).To(Equal(200), what)
		}
		Expect(wait(`{"for":{"command":"DELE"},"times":2,"timeout":"1ms"}`)).To(Equal(408))
		Expect(wait(`{"for":{"kept":"a1"},"timeout":"1ms"}`)).To(Equal(408))
		Expect(wait(`{"for":{"command":"DELL"}}`)).To(Equal(422))
		Expect(wait(`{"for":{}}`)).To(Equal(422))
		Expect(wait(`{"for":{"count":0,"gone":"x"}}`)).To(Equal(422))
		Expect(wait(`{"for":{"count":0},"timeout":"forever"}`)).To(Equal(422))

		Expect(s.call("POST", ann+"/reset", "").Status).To(Equal(204))
		Expect(wait(`{"for":{"command":"DELE"},"timeout":"1ms"}`)).To(Equal(408), "a reset forgets what has happened")
		Expect(wait(`{"for":{"count":1},"timeout":"1m"}`)).To(Equal(200), "a reset puts messages back")
	})
})

var _ = Describe("a reset", func() {
	It("ends sessions and begins again; with all it leaves an empty user", func() {
		s := started(GinkgoTB(), nil)
		ann := s.ann()
		s.call("POST", ann+"/messages", `[{"text":"a","uidl":"a1"},{"text":"b","uidl":"a2"}]`)
		s.call("POST", ann+"/rules", `{"on":"NOOP","times":1,"goto":"later","do":[{"refuse":"once"}]}`)
		c := s.login()
		Expect(c.say("NOOP")).To(Equal("-ERR once"))
		Expect(s.call("GET", ann+"/state", "").Body).To(MatchJSON(`{"state":"later"}`))
		Expect(s.call("POST", "/api/v1/reset", "").Status).To(Equal(204))
		Expect(c.say("NOOP")).To(Or(HavePrefix("(EOF"), ContainSubstring("reset"), ContainSubstring("closed")))
		Expect(s.call("GET", ann+"/sessions", "").Body).To(MatchJSON("[]"))
		Expect(s.call("GET", ann+"/state", "").Body).To(MatchJSON(`{"state":"start"}`))
		c = s.login()
		Expect(c.say("NOOP")).To(Equal("-ERR once"))
		Expect(c.say("STAT")).To(HavePrefix("+OK 2 "))
		Expect(s.call("POST", ann+"/reset", `{"all":true}`).Status).To(Equal(204))
		var u control.User
		s.call("GET", ann, "").into(&u)
		Expect(u).To(And(HaveField("Messages", 0), HaveField("Rules", 0), HaveField("Sessions", 0)))
	})
})

var _ = Describe("who may call", func() {
	It("is this machine by name without a token, and never a page of another site", func() {
		s := started(GinkgoTB(), nil)
		for _, headers := range [][]string{
			{"Host", "evil.example"}, {"Host", "evil.example:80"}, {"Origin", "http://evil.example"}, {"Origin", "null"},
			{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"},
		} {
			Expect(s.call("GET", "/api/v1/users", "", headers...).Status).To(Equal(403), "%v", headers)
		}
		for _, headers := range [][]string{{"Host", "localhost"}, {"Host", "[::1]:80"}, {"Origin", s.url}, {"Sec-Fetch-Site", "same-origin"}, {"Origin", "null", "Sec-Fetch-Site", "same-origin"}} {
			Expect(s.call("GET", "/api/v1/users", "", headers...).Status).To(Equal(200), "%v", headers)
		}
		Expect(control.CheckAddress("0.0.0.0:80", "")).NotTo(Succeed())
		Expect(control.CheckAddress(":80", "")).NotTo(Succeed())
		Expect(control.CheckAddress("0.0.0.0:80", "secret")).To(Succeed())
		Expect(control.CheckAddress("127.0.0.1:80", "")).To(Succeed())
		Expect(control.CheckAddress("[::1]:0", "")).To(Succeed())
	})

	It("is who has the token, if there is one", func() {
		s := started(GinkgoTB(), &control.Options{Token: "secret"})
		Expect(s.call("GET", "/api/v1/users", "").Status).To(Equal(401))
		Expect(s.call("GET", "/api/v1/users", "", "Authorization", "Bearer wrong").Status).To(Equal(401))
		Expect(s.call("GET", "/api/v1/users", "", "Authorization", "Bearer secret", "Host", "sim.example").Status).To(Equal(200))
		Expect(s.call("GET", "/api/v1/users", "", "Authorization", "Basic eDpzZWNyZXQ=").Status).To(Equal(200))
		Expect(s.call("GET", "/metrics", "").Status).To(Equal(401))
		Expect(s.call("GET", "/livez", "").Status).To(Equal(200))
	})
})

var _ = Describe("what stands beside the operations", func() {
	It("tells metrics, health and the document", func() {
		s := started(GinkgoTB(), nil)
		ann := s.ann()
		s.call("POST", ann+"/rules", `{"on":"NOOP","do":[{"refuse":"no"}]}`)
		c := s.login()
		c.say("NOOP")
		c.quit()
		Expect(s.call("POST", ann+"/wait", `{"for":{"ended":1}}`).Status).To(Equal(200))
		metrics := s.call("GET", "/metrics", "").Body
		for _, line := range []string{`pop3sim_commands_total{result="err",verb="NOOP"} 1`, `pop3sim_faults_total 1`, `pop3sim_sessions_total 1`, `pop3sim_sessions_open 0`,
			`pop3sim_command_duration_seconds_count 4`, `pop3sim_session_duration_seconds_bucket{le="+Inf"} 1`, "pop3sim_users 2"} {
			Expect(metrics).To(ContainSubstring(line + "\n"))
		}
		Expect(s.call("GET", "/readyz", "").Body).To(ContainSubstring("ready"))
		Expect(s.call("GET", "/livez", "").Status).To(Equal(200))
		docs := s.call("GET", "/docs/", "")
		Expect(docs.Status).To(Equal(200))
		Expect(docs.Body).NotTo(MatchRegexp(`(src|href)="https?:`), "the page loads nothing from elsewhere")
	})

	It("counts what happens on ports of users' own, also after they are closed", func() {
		s := started(GinkgoTB(), nil)
		ann := s.ann()
		ended := func() {
			GinkgoHelper()
			Expect(s.call("POST", ann+"/wait", `{"for":{"ended":1}}`).Status).To(Equal(200))
		}
		s.login().quit()
		ended()
		var at control.Addresses
		visit := func() {
			GinkgoHelper()
			s.call("POST", ann+"/port", "").into(&at)
			c, _ := connectTo(at.POP3)
			Expect(c.say("NOOP")).To(HavePrefix("-ERR"))
			c.quit()
			ended()
		}
		counted := func(sessions, refused int) {
			GinkgoHelper()
			Expect(s.call("GET", "/metrics", "").Body).To(And(ContainSubstring("pop3sim_sessions_total %d\n", sessions), ContainSubstring("pop3sim_sessions_open 0\n"),
				ContainSubstring(`pop3sim_commands_total{result="err",verb="NOOP"} %d`+"\n", refused), ContainSubstring("pop3sim_session_duration_seconds_count %d\n", sessions)))
		}
		visit()
		counted(2, 1)
		Expect(s.call("DELETE", ann+"/port", "").Status).To(Equal(204))
		counted(2, 1)
		visit()
		counted(3, 2)
	})

	It("lists scenarios, profiles and quirks", func() {
		s := started(GinkgoTB(), nil)
		var list []control.ScenarioEntry
		s.call("GET", "/api/v1/scenarios", "").into(&list)
		Expect(list).To(HaveLen(len(scenarios.Names())))
		Expect(s.call("GET", "/api/v1/scenarios/retr-drop", "").Body).To(ContainSubstring("The connection drops inside the second message"))
		Expect(s.call("GET", "/api/v1/scenarios/nonsense", "").Status).To(Equal(404))
		var quirks []control.QuirkEntry
		s.call("GET", "/api/v1/quirks", "").into(&quirks)
		Expect(quirks).To(HaveLen(scenarios.LastQuirk))
		Expect(strings.Count(s.call("GET", "/api/v1/profiles", "").Body, `"name"`)).To(Equal(len(scenarios.Profiles())))
	})
})
