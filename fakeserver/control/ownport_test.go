package control_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"strconv"
	"testing"
	"time"

	"pop3mtm/fakeserver/control"
	"pop3mtm/scenarios"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// connectTo connects to a port, and returns the client after the greeting, which is also returned.
func connectTo(address string) (*client, string) {
	GinkgoHelper()
	conn, err := net.Dial("tcp", address)
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func() { _ = conn.Close() }) // it may have ended
	c := &client{conn: conn, in: newReader(conn)}
	return c, c.line()
}

var _ = Describe("a user with a port of its own", func() {
	It("has rules for what comes before login, and sessions from the connection on", func() {
		s := started(GinkgoTB(), nil)
		var made control.CreatedUser
		s.call("POST", "/api/v1/users", `{"name":"ann","password":"secret","ownPort":true}`).into(&made)
		Expect(made.POP3).NotTo(Equal(s.server.Addr()))
		const ann = "/api/v1/users/ann"
		Expect(s.call("POST", ann+"/rules", `{"on":"CONNECT","times":1,"do":[{"refuse":"too many"}]}`).Status).To(Equal(201))
		_, greeting := connectTo(made.POP3)
		Expect(greeting).To(Equal("-ERR too many"))
		Expect(s.call("POST", ann+"/wait", `{"for":{"ended":1}}`).Status).To(Equal(200))
		c, greeting := connectTo(made.POP3)
		Expect(greeting).To(HavePrefix("+OK"))
		Expect(s.call("POST", ann+"/rules", `{"on":"CAPA","do":[{"refuse":"no"}]}`).Status).To(Equal(201))
		Expect(c.say("CAPA")).To(Equal("-ERR no"))
		Expect(c.say("USER ann")).To(HavePrefix("+OK"))
		Expect(c.say("PASS secret")).To(HavePrefix("+OK"))

		var sessions []control.Session
		s.call("GET", ann+"/sessions", "").into(&sessions)
		Expect(sessions).To(HaveExactElements(And(HaveField("Commands", 0), HaveField("Rules", 1)), And(HaveField("Commands", 3), HaveField("Rules", 1))))
		c.quit()
		Expect(s.call("POST", ann+"/reset", "").Status).To(Equal(204))
		s.call("GET", ann+"/sessions", "").into(&sessions)
		Expect(sessions).To(BeEmpty())
		_, greeting = connectTo(made.POP3)
		Expect(greeting).To(Equal("-ERR too many"))

		shared := s.connect()
		Expect(shared.say("USER ann")).To(HavePrefix("+OK"))
		Expect(shared.say("PASS secret")).To(HavePrefix("-ERR"))
		Expect(s.call("DELETE", ann, "").Status).To(Equal(204))
		_, err := net.Dial("tcp", made.POP3)
		Expect(err).To(HaveOccurred())
	})

	It("gets the port when it needs one, and gives it up", func() {
		s := started(GinkgoTB(), nil)
		ann := s.ann()
		refused := s.call("POST", ann+"/rules", `{"on":"CONNECT","do":[{"refuse":"no"}]}`)
		Expect(refused.Status).To(Equal(422))
		Expect(refused.Body).To(ContainSubstring("POST /api/v1/users/ann/port"))
		Expect(s.call("DELETE", ann+"/port", "").Status).To(Equal(404))
		var played control.PlayedScenario
		s.call("PUT", ann+"/scenario", `{"title":"T","server":{"greeting":"hello","tls":"stls"},"mailbox":[{"size":"1KiB","uidl":"a1"}],"expect":{"kept":["a1"],"sessions":1}}`).into(&played)
		Expect(played.Early).To(ConsistOf("server: greeting", "server: tls"))
		c, greeting := connectTo(played.POP3)
		Expect(greeting).To(HavePrefix("+OK hello <"))
		Expect(c.say("STLS")).To(HavePrefix("+OK"))
		roots := x509.NewCertPool()
		Expect(roots.AppendCertsFromPEM([]byte(played.CA))).To(BeTrue())
		secured := tls.Client(c.conn, &tls.Config{RootCAs: roots, ServerName: "localhost"})
		c = &client{conn: secured, in: newReader(secured)}
		Expect(c.say("USER ann")).To(HavePrefix("+OK"))
		Expect(c.say("PASS secret")).To(HavePrefix("+OK"))
		c.quit()
		var verdict scenarios.Verdict
		s.call("GET", ann+"/verdict", "").into(&verdict)
		Expect(verdict.Result).To(Equal(scenarios.Pass))

		var user control.User
		s.call("GET", ann, "").into(&user)
		Expect(user).To(And(HaveField("OwnPort", true), HaveField("POP3", played.POP3)))
		Expect(s.call("PUT", ann+"/scenario", `{"name":"retr-drop"}`).Status).To(Equal(200))
		user = control.User{}
		s.call("GET", ann, "").into(&user)
		Expect(user).To(And(HaveField("OwnPort", false), HaveField("POP3", s.server.Addr())))
		s.login().quit()
	})

	It("is one of as many as there may be", func() {
		s := started(GinkgoTB(), &control.Options{Limits: control.Limits{Ports: 2}})
		for i, status := range []int{201, 201, 507} {
			Expect(s.call("POST", "/api/v1/users", `{"name":"u`+strconv.Itoa(i)+`","ownPort":true}`).Status).To(Equal(status))
		}
		Expect(s.call("GET", "/api/v1/users/u2", "").Status).To(Equal(404))
		Expect(s.call("DELETE", "/api/v1/users/u0/port", "").Status).To(Equal(204))
		Expect(s.call("POST", "/api/v1/users/u0/port", "").Status).To(Equal(200))
		Expect(s.call("POST", "/api/v1/reset", `{"all":true}`).Status).To(Equal(204))
		Expect(s.call("POST", "/api/v1/users", `{"name":"u3","ownPort":true}`).Status).To(Equal(507))
	})
})

func TestEveryBuiltInScenarioCanBePlayedByAUser(t *testing.T) {
	s := started(t, nil)
	if _, err := s.service.CreateUser(t.Context(), control.NewUser{Name: "ann", Password: "x"}); err != nil {
		t.Fatal(err)
	}
	for _, name := range scenarios.Names() {
		words, err := scenarios.Flow(name)
		if err != nil {
			t.Fatal(err)
		}
		played, err := s.service.PlayScenario(t.Context(), "ann", []byte("{name: "+words+"}"), "")
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		user, err := s.service.User(t.Context(), "ann")
		if err != nil {
			t.Fatal(err)
		}
		if user.OwnPort != (len(played.Early) > 0) {
			t.Errorf("%s says before login %v, and has a port of its own: %v", name, played.Early, user.OwnPort)
		}
		address := user.POP3 + user.POP3S
		if user.OwnPort {
			reach(t, s.service, name, address)
		}
	}
}

// reach connects to a port, and waits until the session belongs to the user.
func reach(t *testing.T, service *control.Service, name, address string) {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	_ = conn.Close() // the server only has to notice
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if _, err := service.Wait(ctx, "ann", control.Wait{For: control.Awaited{Ended: 1}, Timeout: "1m"}); err != nil {
		t.Errorf("%s: %v", name, err)
	}
}
