package control

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"html/template"
	"net/http"
	"net/url"
	"strings"
)

// loginText is the page that asks a person for the token.
//
//go:embed login.html
var loginText string

// loginPolicy is its Content-Security-Policy.
const loginPolicy = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// maxLogin bounds the form in octets.
const maxLogin = 16 << 10

// cookie returns the name and value of what a browser keeps instead of the token. Simulators on
// other ports of the same host have other names.
func (g gate) cookie() (name, value string) {
	sum := sha256.Sum256([]byte("pop3sim browser\x00" + g.token))
	text := hex.EncodeToString(sum[:])
	return "pop3sim-" + text[:8], text[8:]
}

// enters lets browsers in and out: the form at /login, ?token= in the address of a page, which is
// then loaded without it, and /logout. It reports whether it has answered.
func (g gate) enters(w http.ResponseWriter, r *http.Request) bool {
	var given, to string
	query := r.URL.Query()
	switch {
	case r.Method == http.MethodPost && r.URL.Path == "/logout":
		g.keep(w, "", -1)
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return true
	case r.Method == http.MethodPost && r.URL.Path == "/login":
		r.Body = http.MaxBytesReader(w, r.Body, maxLogin)
		if err := r.ParseForm(); err != nil {
			refuse(w, http.StatusBadRequest, "the form cannot be read")
			return true
		}
		given, to = r.PostForm.Get("token"), local(r.PostForm.Get("to"))
	case r.Method == http.MethodGet && query.Has("token") && byBrowser(r):
		given = query.Get("token")
		query.Del("token")
		to = local((&url.URL{Path: r.URL.Path, RawQuery: query.Encode()}).String())
	default:
		return false
	}
	if !g.same(given) {
		askToken(w, to, "That is not the token.")
		return true
	}
	_, value := g.cookie()
	g.keep(w, value, 0)
	http.Redirect(w, r, to, http.StatusSeeOther)
	return true
}

// keep lets the browser keep the cookie until it is closed, or forget it.
func (g gate) keep(w http.ResponseWriter, value string, age int) {
	name, _ := g.cookie()
	w.Header().Set("Referrer-Policy", "no-referrer")
	w.Header().Set("Cache-Control", "no-store")
	http.SetCookie(w, &http.Cookie{Name: name, Value: value, Path: "/", MaxAge: age, HttpOnly: true, SameSite: http.SameSiteStrictMode})
}

// local returns an address of this server, / for any other.
func local(to string) string {
	if !strings.HasPrefix(to, "/") || len(to) > 1 && strings.ContainsAny(to[1:2], `/\`) || strings.ContainsAny(to, "\r\n\t") {
		return "/"
	}
	return to
}

// byBrowser reports whether a person waits for a page.
func byBrowser(r *http.Request) bool { return strings.Contains(r.Header.Get("Accept"), "text/html") }

// askToken shows the page that asks for the token, and leads on to an address.
func askToken(w http.ResponseWriter, to, wrong string) {
	page := template.Must(template.New("login").Parse(loginText)) // it is embedded
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", loginPolicy)
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusUnauthorized)
	_ = page.Execute(w, struct{ To, Wrong string }{to, wrong}) // a browser that is gone needs no answer
}
