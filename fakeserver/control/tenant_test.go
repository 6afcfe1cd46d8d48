package control_test

import (
	"bufio"
	"context"
	"net/http"
	"strings"
	"time"

	"pop3mtm/fakeserver/control"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("a user made over HTTP", func() {
	It("logs in with what was made up, and has mail, rules and sessions of its own", func() {
		s := started(GinkgoTB(), nil)
		var made control.CreatedUser
		s.call("POST", "/api/v1/users", "").into(&made)
		Expect(made.Name).NotTo(BeEmpty())
		Expect(made.POP3).To(Equal(s.server.Addr()))
		ann := s.ann()
		Expect(s.call("POST", "/api/v1/users", `{"name":"ann"}`).Status).To(Equal(409))

		Expect(s.call("POST", ann+"/messages?uid=a1", "Subject: =?utf-8?q?L=C3=BCnch?=\r\n\r\n.Hello\r\n", "Content-Type", "message/rfc822").Status).To(Equal(201))
		Expect(s.call("POST", ann+"/messages", `[{"file":"plain.eml","uidl":"a2"},{"size":"2KiB","uidl":"b","count":2}]`).Status).To(Equal(201))
		var list control.Messages
		s.call("GET", ann+"/messages", "").into(&list)
		Expect(list.Total).To(Equal(4))
		Expect(list.Messages[0]).To(Equal(control.Message{Number: 1, UID: "a1", Size: 43, Subject: "Lünch"}))
		Expect(list.Messages[3].UID).To(Equal("b2"))
		Expect(s.call("GET", ann+"/messages/a1", "").Body).To(HaveSuffix("\r\n\r\n.Hello\r\n"))

		Expect(s.call("POST", ann+"/rules", "on: RETR 1\ndo: [{refuse: later}]\n", "Content-Type", "application/yaml").Status).To(Equal(201))
		Expect(s.call("POST", ann+"/rules", `[{"on":"STAT","do":[{"status":"7 7"}]}]`).Status).To(Equal(201))
		c := s.login()
		Expect(c.say("RETR 1")).To(Equal("-ERR later"))
		Expect(c.say("STAT")).To(Equal("+OK 7 7"))
		c.quit()
		Expect(s.call("POST", ann+"/wait", `{"for":{"ended":1}}`).Status).To(Equal(200))

		var rules []control.Rule
		s.call("GET", ann+"/rules", "").into(&rules)
		Expect(rules).To(HaveExactElements(And(HaveField("ID", "r2"), HaveField("Fired", 1)), HaveField("ID", "r1")))
		var sessions []control.Session
		s.call("GET", ann+"/sessions", "").into(&sessions)
		Expect(sessions).To(HaveExactElements(And(HaveField("Number", 1), HaveField("Commands", 5), HaveField("Rules", 2), HaveField("Ended", Not(BeNil())))))
		text := s.call("GET", ann+"/sessions/1/transcript", "", "Accept", "text/plain")
		Expect(text.Type).To(HavePrefix("text/plain"))
		Expect(text.Body).To(ContainSubstring("C: PASS ********\nS: +OK maildrop locked and ready\nC: RETR 1\n[rule r1: refuse]\nS: -ERR later\n"))
		var transcript control.Transcript
		s.call("GET", ann+"/sessions/1/transcript", "").into(&transcript)
		Expect(transcript.Lines).To(ContainElement(And(HaveField("From", "rule"), HaveField("Rule", "r1"), HaveField("At", Not(BeEmpty())))))

		Expect(s.call("GET", "/api/v1/users/"+made.Name+"/sessions", "").Body).To(MatchJSON("[]"))
		Expect(s.call("DELETE", ann, "").Status).To(Equal(204))
		Expect(s.call("GET", ann, "").Status).To(Equal(404))
		Expect(s.connect().say("USER ann")).To(HavePrefix("+OK"))
	})

	It("sees new mail at its next session, or at once when that is asked for", func() {
		s := started(GinkgoTB(), nil)
		ann := s.ann()
		c := s.login()
		add := func(query, uid string) {
			Expect(s.call("POST", ann+"/messages"+query, `{"text":"A: b\n\nc\n","uidl":"`+uid+`"}`).Status).To(Equal(201))
		}
		add("", "a1")
		Expect(c.say("STAT")).To(HavePrefix("+OK 0 "))
		add("?when=now", "a2")
		Expect(c.say("UIDL 2")).To(Equal("+OK 2 a2"))
		Expect(s.call("PATCH", ann+"/messages/a2?when=now", `{"uid":"z"}`).Status).To(Equal(200))
		Expect(c.say("UIDL 2")).To(Equal("+OK 2 z"))
		Expect(s.call("DELETE", ann+"/messages/a1?when=now", "").Status).To(Equal(204))
		Expect(c.say("UIDL 1")).To(Equal("+OK 1 z"))
	})

	It("is followed by server-sent events, with the rule in front of its answer", func() {
		s := started(GinkgoTB(), nil)
		ann := s.ann()
		s.call("POST", ann+"/rules", `{"on":"NOOP","do":[{"refuse":"no"}]}`)
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		request, err := http.NewRequestWithContext(ctx, "GET", s.url+ann+"/events?past=true", nil)
		Expect(err).NotTo(HaveOccurred())
		answer, err := http.DefaultClient.Do(request)
		Expect(err).NotTo(HaveOccurred())
		defer func() { _ = answer.Body.Close() }()
		c := s.login()
		c.say("NOOP")
		c.quit()
		var kinds []string
		in := bufio.NewScanner(answer.Body)
		for in.Scan() {
			if kind, is := strings.CutPrefix(in.Text(), "event: "); is {
				kinds = append(kinds, kind)
			}
			if strings.Contains(in.Text(), `"text":"NOOP"`) {
				kinds = append(kinds, "NOOP")
			}
			if len(kinds) > 0 && kinds[len(kinds)-1] == "end" {
				break
			}
		}
		Expect(kinds).To(HaveExactElements("session", "line", "line", "line", "line", "line", "line", "NOOP", "rule", "line", "line", "line", "line", "end"))
	})
})
