package fakeserver_test

import (
	"strings"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/maildrop"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("a maildrop that each session has for itself", func() {
	var source maildrop.Source
	var srv *fakeserver.Server

	BeforeEach(func() {
		o, err := maildrop.ParseSynthetic("5,size=600,seed=2,arrive=1")
		Expect(err).NotTo(HaveOccurred())
		source, err = maildrop.Synthetic(o)
		Expect(err).NotTo(HaveOccurred())
		drop := fakeserver.PerSession(source)
		srv = start(nil, &fakeserver.Options{
			Users: map[string]fakeserver.User{"demo": {Password: "demo", Maildrop: fakeserver.NewMaildrop()}},
			Unlisted: func(name string) (fakeserver.User, bool) {
				return fakeserver.User{Password: "secret", Token: "0123", Maildrop: drop}, strings.HasPrefix(name, "user")
			},
		})
	})

	as := func(user, password string) *peer {
		GinkgoHelper()
		p, _ := connect(srv)
		Expect(p.ask("USER " + user)).To(HavePrefix("+OK"))
		Expect(p.ask("PASS " + password)).To(HavePrefix("+OK"))
		return p
	}

	It("has deletions until the session ends, and no lock", func() {
		one, two := as("user7", "secret"), as("user7", "secret")
		Expect(one.ask("DELE 2")).To(HavePrefix("+OK"))
		Expect(one.ask("STAT")).To(Equal("+OK 4 2400"))
		Expect(two.ask("STAT")).To(Equal("+OK 5 3000"))
		Expect(one.ask("QUIT")).To(HavePrefix("+OK"))
		Expect(two.ask("QUIT")).To(HavePrefix("+OK"))
		wait(srv)
		list, err := source.List()
		Expect(err).NotTo(HaveOccurred())
		Expect(list.Len()).To(Equal(5), "nothing was deleted, and nothing has arrived")
	})

	It("is of users who are not listed", func() {
		listed := as("demo", "demo")
		Expect(listed.ask("STAT")).To(Equal("+OK 0 0"))
		for _, login := range [][2]string{{"user1", "demo"}, {"stranger", "secret"}} {
			p, _ := connect(srv)
			Expect(p.ask("USER " + login[0])).To(HavePrefix("+OK"))
			Expect(p.ask("PASS " + login[1])).To(HavePrefix("-ERR [AUTH]"))
		}
		Expect(srv.Users()).To(Equal([]string{"demo"}))
		_, known := srv.User("user7")
		Expect(known).To(BeFalse())
		srv.SetUser("user7", fakeserver.User{Password: "own", Maildrop: fakeserver.NewMaildrop()})
		own := as("user7", "own")
		Expect(own.ask("STAT")).To(Equal("+OK 0 0"))
	})
})
