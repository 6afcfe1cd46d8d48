package page

import (
	"errors"
	"io"
	"io/fs"
	"net/http"

	"pop3mtm/fakeserver/control"
)

// Handler returns the page and the API together, behind the guard of the service.
func Handler(service *control.Service) http.Handler {
	mux := http.NewServeMux()
	service.Mount(mux)
	New(service).Mount(mux)
	return service.Guard(mux)
}

// policy is the Content-Security-Policy of the page.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// Mount adds the page to a mux, at / and below /page/. The caller wraps the mux with
// [control.Service.Guard].
func (p *Page) Mount(mux *http.ServeMux) {
	get := func(path string, serve func(http.ResponseWriter, *http.Request) error) {
		mux.Handle("GET "+path, guarded(serve))
	}
	MountAssets(mux)
	get("/{$}", p.whole)
	get("/page/live", p.live)
	get("/page/scenarios", p.choices)
	get("/page/text", p.text)
	get("/page/copies", p.copies)
	get("/page/message", p.message)
	get("/page/html", p.html)
	mux.Handle("POST /page/users", guarded(p.createUser))
	for path, act := range p.actions() {
		mux.Handle("POST /page/"+path, guarded(p.acting(act)))
	}
}

// MountAssets adds the style sheet, the script and the icon to a mux, below /page/assets/, for this
// page and others.
func MountAssets(mux *http.ServeMux) {
	assets, err := fs.Sub(files, "assets")
	if err != nil {
		panic(err) // it is embedded
	}
	mux.Handle("GET /page/assets/", Secure(http.StripPrefix("/page/assets/", http.FileServerFS(assets))))
}

// Secure adds the headers of a page that loads only what its own server has.
func Secure(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-DNS-Prefetch-Control", "off")
		h.Set("Cache-Control", "no-cache")
		next.ServeHTTP(w, r)
	})
}

// guarded serves with these headers, and shows errors as text.
func guarded(serve func(http.ResponseWriter, *http.Request) error) http.Handler {
	return Secure(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := serve(w, r); err != nil {
			http.Error(w, err.Error(), statusOf(err))
		}
	}))
}

func statusOf(err error) int {
	if problem, ok := errors.AsType[*control.Problem](err); ok {
		return problem.Status
	}
	return http.StatusInternalServerError
}

// whole serves the page.
func (p *Page) whole(w http.ResponseWriter, r *http.Request) error {
	v, err := p.view(r.Context(), wishOf(r))
	if err != nil {
		return err
	}
	v.addRows()
	return p.write(w, "page", v)
}

// text serves a transcript in the notation of the RFCs.
func (p *Page) text(w http.ResponseWriter, r *http.Request) error {
	asked := wishOf(r)
	t, err := p.service.Transcript(r.Context(), asked.user, asked.session)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = io.WriteString(w, t.Notation()) // a browser that is gone needs no answer
	return nil
}
