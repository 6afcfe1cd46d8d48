package fakeserver_test

import (
	"crypto/md5"
	"fmt"
	"regexp"
	"strings"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/edit"
	"pop3mtm/fakeserver/maildrop"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

func apop(greeting, name, secret string) string {
	stamp := regexp.MustCompile(`<[^>]*>`).FindString(greeting)
	return fmt.Sprintf("APOP %s %x", name, md5.Sum([]byte(stamp+secret)))
}

var _ = Describe("login", func() {
	users := &fakeserver.Options{Users: map[string]fakeserver.User{
		"spacy": {Password: " two  words "},
		"empty": {Password: ""},
		"eight": {Password: "\xe4\xf6"},
		"john doe": {Password: "tanstaaf", Maildrop: fakeserver.NewMaildrop(
			maildrop.Bytes("j", []byte("x")))},
	}}

	DescribeTable("takes passwords as they are",
		func(name, pass, reply string) {
			p, _ := connect(start(three(), users))
			Expect(p.ask("USER " + name)).To(HavePrefix("+OK"))
			Expect(p.ask("PASS " + pass)).To(HavePrefix(reply))
		},
		Entry("with spaces", "spacy", " two  words ", "+OK"),
		Entry("with fewer spaces", "spacy", "two words", "-ERR [AUTH]"),
		Entry("empty", "empty", "", "+OK"),
		Entry("8-bit", "eight", "\xe4\xf6", "+OK"),
		Entry("a name with a space", "john doe", "tanstaaf", "+OK"),
		Entry("wrong", "eight", "x", "-ERR [AUTH]"))

	It("says the same to an unknown user and a wrong password", func() {
		p, _ := connect(start(three(), nil))
		Expect(p.ask("USER nobody")).To(Equal(p.ask("USER demo")))
		Expect(p.ask("USER nobody")).To(HavePrefix("+OK"))
		unknown := p.ask("PASS demo")
		Expect(unknown).To(HavePrefix("-ERR [AUTH] "))
		Expect(p.ask("USER demo")).To(HavePrefix("+OK"))
		Expect(p.ask("PASS wrong")).To(Equal(unknown))
		Expect(p.ask("USER nobody")).To(HavePrefix("+OK"))
		Expect(p.ask("PASS ")).To(Equal(unknown))
	})

	It("wants USER directly before PASS", func() {
		p, _ := connect(start(three(), nil))
		Expect(p.ask("PASS demo")).To(HavePrefix("-ERR"))
		Expect(p.ask("USER demo")).To(HavePrefix("+OK"))
		Expect(p.ask("PASS wrong")).To(HavePrefix("-ERR"))
		Expect(p.ask("PASS demo")).To(HavePrefix("-ERR"))
		Expect(p.ask("USER demo")).To(HavePrefix("+OK"))
		Expect(p.ask("NOPE")).To(HavePrefix("-ERR"))
		Expect(p.ask("PASS demo")).To(HavePrefix("-ERR"))
		Expect(p.ask("USER")).To(HavePrefix("-ERR"))
		Expect(p.ask("USER demo")).To(HavePrefix("+OK"))
		Expect(p.ask("PASS demo")).To(HavePrefix("+OK"))
	})

	It("takes an APOP digest of the greeting's timestamp", func() {
		srv := start(three(), users)
		p, greeting := connect(srv)
		Expect(p.ask(apop(greeting, "spacy", "wrong"))).To(HavePrefix("-ERR [AUTH]"))
		Expect(p.ask(apop("<1@x>", "spacy", " two  words "))).To(HavePrefix("-ERR [AUTH]"))
		Expect(p.ask(apop(greeting, "nobody", ""))).To(HavePrefix("-ERR [AUTH]"))
		Expect(p.ask("APOP spacy")).To(HavePrefix("-ERR"))
		upper := strings.Replace(strings.ToUpper(apop(greeting, "spacy", " two  words ")), "SPACY", "spacy", 1)
		Expect(p.ask(upper)).To(HavePrefix("-ERR [AUTH]"))
		Expect(p.ask(apop(greeting, "spacy", " two  words "))).To(HavePrefix("+OK"))
		Expect(p.ask("STAT")).To(Equal("+OK 3 42"))
		other, second := connect(srv)
		Expect(second).NotTo(Equal(greeting))
		Expect(other.ask(apop(second, "john doe", "tanstaaf"))).To(HavePrefix("+OK"))
		Expect(other.ask("STAT")).To(Equal("+OK 1 3"))
	})

	It("takes the timestamp from the greeting that was really sent", func() {
		srv := start(three(), nil)
		srv.On(fakeserver.Match{Verb: "CONNECT"}, fakeserver.Auto.With(edit.Raw("+OK <odd>> hi <2>\r\n")))
		p, greeting := connect(srv)
		Expect(p.ask(apop(greeting, "demo", "demo"))).To(HavePrefix("+OK"))
		srv.On(fakeserver.Match{Verb: "CONNECT"}, fakeserver.Auto.With(edit.Raw("+OK a < b\r\n")))
		p, _ = connect(srv)
		Expect(p.ask(apop("", "demo", "demo"))).To(HavePrefix("-ERR"))
	})

	It("locks the maildrop for one session", func() {
		srv := start(three(), nil)
		first := login(srv)
		second, greeting := connect(srv)
		Expect(second.ask("USER demo")).To(HavePrefix("+OK"))
		Expect(second.ask("PASS demo")).To(HavePrefix("-ERR [IN-USE]"))
		Expect(second.ask(apop(greeting, "demo", "demo"))).To(HavePrefix("-ERR [IN-USE]"))
		Expect(first.ask("QUIT")).To(HavePrefix("+OK"))
		Expect(second.ask("USER demo")).To(HavePrefix("+OK"))
		Expect(second.ask("PASS demo")).To(HavePrefix("+OK"))
	})

	It("lets several sessions have a maildrop at once when they share it, each with its own marks", func() {
		drop := three()
		srv := start(drop, &fakeserver.Options{Shared: true, Expire: 3})
		first, second := login(srv), login(srv)
		Expect(first.ask("DELE 1")).To(HavePrefix("+OK"))
		Expect(second.ask("STAT")).To(Equal("+OK 3 42"))
		Expect(second.ask("DELE 1")).To(HavePrefix("+OK"))
		Expect(first.ask("QUIT")).To(HavePrefix("+OK"))
		Expect(drop.UIDs()).To(Equal([]string{"b", "c"}))
		Expect(second.ask("DELE 3")).To(HavePrefix("+OK"))
		Expect(second.ask("QUIT")).To(HavePrefix("+OK"), "a message that is gone is deleted")
		Expect(drop.UIDs()).To(Equal([]string{"b"}))
		Expect(drop.Locked()).To(BeFalse())
	})

	It("gives the lock of a dropped session to the next at once", func() {
		srv := start(three(), nil)
		for range 20 {
			Expect(login(srv).Close()).To(Succeed())
		}
		p := login(srv)
		Expect(p.ask("STAT")).To(Equal("+OK 3 42"))
	})

	It("locks each user's own maildrop alone", func() {
		srv := start(three(), users)
		one, _ := connect(srv)
		Expect(one.ask("USER john doe")).To(HavePrefix("+OK"))
		Expect(one.ask("PASS tanstaaf")).To(HavePrefix("+OK"))
		two, _ := connect(srv)
		Expect(two.ask("USER eight")).To(HavePrefix("+OK"))
		Expect(two.ask("PASS \xe4\xf6")).To(HavePrefix("+OK"))
	})

	It("leaves the maildrop unlocked when the login is refused by a rule", func() {
		drop := three()
		srv := start(drop, nil)
		srv.On(fakeserver.Match{Verb: "PASS"}, fakeserver.Auto.With(edit.Refuse("[SYS/TEMP] later"))).Once().Must()
		p, _ := connect(srv)
		Expect(p.ask("USER demo")).To(HavePrefix("+OK"))
		Expect(p.ask("PASS demo")).To(Equal("-ERR [SYS/TEMP] later"))
		Expect(drop.Locked()).To(BeFalse())
		Expect(p.ask("STAT")).To(HavePrefix("-ERR"))
	})
})
