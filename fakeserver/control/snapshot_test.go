package control_test

import (
	"pop3mtm/fakeserver/control"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("a transcript", func() {
	It("says what the mailbox had at login and at the end, with the subjects of deleted messages", func() {
		s := started(GinkgoTB(), nil)
		ann := s.ann()
		s.call("POST", ann+"/messages", `[{"file":"base64.eml","uidl":"a1"},{"file":"plain.eml","uidl":"a2"}]`)
		transcript := func(number string) (t control.Transcript) {
			s.call("GET", ann+"/sessions/"+number+"/transcript", "").into(&t)
			return t
		}
		c := s.login()
		Expect(c.say("DELE 1")).To(HavePrefix("+OK"))
		Expect(transcript("1").Before.Total).To(Equal(2))
		Expect(transcript("1").After).To(BeNil())
		c.quit()
		Eventually(func() *control.Messages { return transcript("1").After }).WithTimeout(patience).ShouldNot(BeNil())
		t := transcript("1")
		Expect(t.Before.Messages).To(HaveExactElements(
			And(HaveField("UID", "a1"), HaveField("Subject", ContainSubstring("човна"))), HaveField("UID", "a2")))
		Expect(t.After.Messages).To(HaveExactElements(And(HaveField("UID", "a2"), HaveField("Subject", "Welcome to Gull Rock"))))

		s.connect().quit()
		late := s.connect()
		late.say("USER ann")
		late.quit()
		Eventually(func() []control.Line { return transcript("2").Lines }).WithTimeout(patience).ShouldNot(BeEmpty())
		Expect(transcript("2").Before).To(BeNil())
	})
})
