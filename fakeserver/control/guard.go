package control

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// CheckAddress returns an error for an address that other machines can reach, unless there is a
// token.
func CheckAddress(address, token string) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("%q is not HOST:PORT: %w", address, err)
	}
	if token == "" && !isLoopback(host) {
		return fmt.Errorf("other machines could reach the API on %s: listen on 127.0.0.1, or set a token", address)
	}
	return nil
}

func isLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return ip != nil && ip.IsLoopback()
}

// Guard lets a request through that knows the token, as "Authorization: Bearer TOKEN" or as the
// password of Basic; a browser gets a page that asks for it, and keeps a cookie. With an empty
// token it lets through what is sent to this machine by name. Requests from pages of other sites
// are refused. /livez, /readyz and the assets of the page need no token.
func Guard(token string, next http.Handler) http.Handler {
	g := gate{token}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Cross-Origin-Resource-Policy", "same-origin")
		switch {
		case token == "" && !isLoopback(hostOf(r.Host)):
			refuse(w, http.StatusForbidden, "the Host of the request is not a name of this machine (127.0.0.1, localhost): a page of another site may have sent it")
		case foreign(r):
			refuse(w, http.StatusForbidden, "the request comes from a page of another site")
		case token != "" && g.enters(w, r):
		case token != "" && !public(r.URL.Path) && !g.knows(r):
			if byBrowser(r) {
				askToken(w, local(r.URL.RequestURI()), "")
				return
			}
			w.Header().Set("WWW-Authenticate", `Basic realm="pop3sim", charset="UTF-8"`)
			refuse(w, http.StatusUnauthorized, "the token is missing or wrong: send Authorization: Bearer TOKEN")
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// public reports whether a path needs no token.
func public(path string) bool {
	return path == "/livez" || path == "/readyz" || strings.HasPrefix(path, "/page/assets/")
}

// gate lets in those who know the token.
type gate struct{ token string }

// knows reports whether a request has the token, or the cookie that a browser got for it.
func (g gate) knows(r *http.Request) bool {
	given, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !bearer {
		_, given, _ = r.BasicAuth()
	}
	if g.same(given) {
		return true
	}
	name, value := g.cookie()
	kept, err := r.Cookie(name)
	return err == nil && subtle.ConstantTimeCompare([]byte(kept.Value), []byte(value)) == 1
}

// same reports whether this is the token.
func (g gate) same(given string) bool {
	a, b := sha256.Sum256([]byte(given)), sha256.Sum256([]byte(g.token))
	return subtle.ConstantTimeCompare(a[:], b[:]) == 1
}

// hostOf returns a host without its port.
func hostOf(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		return name
	}
	return host
}

// foreign reports whether a page of another site has sent the request. Programs other than browsers
// send neither header. Following a link to the page is harmless.
func foreign(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	if origin == "null" && r.Header.Get("Sec-Fetch-Site") == "same-origin" {
		return false // a form of the page, which says with no-referrer that it is sent without an origin
	}
	if origin != "" {
		from, err := url.Parse(origin)
		return err != nil || !strings.EqualFold(from.Host, r.Host)
	}
	switch r.Header.Get("Sec-Fetch-Site") {
	case "cross-site", "same-site":
		return r.Method != http.MethodGet || r.Header.Get("Sec-Fetch-Mode") != "navigate"
	}
	return false
}

// refuse writes a problem (RFC 9457).
func refuse(w http.ResponseWriter, status int, detail string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(huma.ErrorModel{Title: http.StatusText(status), Status: status, Detail: detail}) // an error means that the client has gone
}
