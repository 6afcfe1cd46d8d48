package control_test

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"

	"pop3mtm/fakeserver/control"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("a browser, and a simulator with a token", func() {
	// open gets a page as a browser does, which keeps cookies and follows redirections.
	open := func(jar http.CookieJar, address string, form url.Values) (status int, at *url.URL) {
		GinkgoHelper()
		method, body := http.MethodGet, ""
		if form != nil {
			method, body = http.MethodPost, form.Encode()
		}
		r, err := http.NewRequest(method, address, strings.NewReader(body))
		Expect(err).NotTo(HaveOccurred())
		r.Header.Set("Accept", "text/html")
		if form != nil {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		answer, err := (&http.Client{Jar: jar}).Do(r)
		Expect(err).NotTo(HaveOccurred())
		_ = answer.Body.Close() // only the status matters
		return answer.StatusCode, answer.Request.URL
	}

	It("is asked for the token, and then has a cookie instead", func() {
		s := started(GinkgoTB(), &control.Options{Token: "s3cret"})
		for name, enter := range map[string]func(jar http.CookieJar) (int, *url.URL){
			"by the form": func(jar http.CookieJar) (int, *url.URL) {
				return open(jar, s.url+"/login", url.Values{"token": {"s3cret"}, "to": {"/openapi.json"}})
			},
			"by the address": func(jar http.CookieJar) (int, *url.URL) { return open(jar, s.url+"/openapi.json?token=s3cret", nil) },
		} {
			jar, err := cookiejar.New(nil)
			Expect(err).NotTo(HaveOccurred())
			status, _ := open(jar, s.url+"/openapi.json", nil)
			Expect(status).To(Equal(401), name)
			status, at := enter(jar)
			Expect(status).To(Equal(200), name)
			Expect(at.String()).To(Equal(s.url+"/openapi.json"), name)
			status, _ = open(jar, s.url+"/api/v1/users", nil)
			Expect(status).To(Equal(200), name)
			for _, c := range jar.Cookies(at) {
				Expect(c.Value).NotTo(ContainSubstring("s3cret"))
			}
			status, _ = open(jar, s.url+"/logout", url.Values{})
			Expect(status).To(Equal(401), name)
			status, _ = open(jar, s.url+"/api/v1/users", nil)
			Expect(status).To(Equal(401), name)
		}
	})

	It("gets no further with another token, and is led to no other site", func() {
		s := started(GinkgoTB(), &control.Options{Token: "s3cret"})
		wrong := s.call("POST", "/login", "token=other&to=/", "Content-Type", "application/x-www-form-urlencoded")
		Expect(wrong.Status).To(Equal(401))
		Expect(wrong.Body).To(ContainSubstring("That is not the token."))
		Expect(s.call("POST", "/login", "token="+strings.Repeat("x", 100_000), "Content-Type", "application/x-www-form-urlencoded").Status).To(Equal(400))
		for _, to := range []string{"//evil.example", "https://evil.example", `/\evil.example`, "evil"} {
			jar, err := cookiejar.New(nil)
			Expect(err).NotTo(HaveOccurred())
			_, at := open(jar, s.url+"/login", url.Values{"token": {"s3cret"}, "to": {to}})
			Expect(at.String()).To(Equal(s.url+"/"), to)
		}
		Expect(s.call("POST", "/login", "token=s3cret", "Content-Type", "application/x-www-form-urlencoded", "Origin", "http://evil.example").Status).To(Equal(403))
	})
})
