package attend

import (
	"bytes"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"pop3mtm/fakeserver/control"
	"pop3mtm/fakeserver/control/page"
)

// reportPolicy is the Content-Security-Policy of the report, which has its style inside.
const reportPolicy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"

const (
	// maxForm limits a form in octets.
	maxForm = 64 << 10
	// maxCopies limits the copies of one message that a form may claim.
	maxCopies = 99
	// maxMessages limits the messages that a form may list.
	maxMessages = 1000
)

// Handler returns the page behind the guard of the simulator's page. An empty token means that only
// browsers on this machine are let in.
func (p *Page) Handler(token string) http.Handler {
	mux := http.NewServeMux()
	page.MountAssets(mux)
	assets, err := fs.Sub(files, "assets")
	if err != nil {
		panic(err) // it is embedded
	}
	mux.Handle("GET /assets/", http.StripPrefix("/assets/", http.FileServerFS(assets)))
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		p.show(w, r.URL.Query().Has("late"), token != "")
	})
	mux.HandleFunc("GET /live", p.live)
	mux.HandleFunc("GET /report", p.report)
	mux.HandleFunc("POST /answer", p.answered)
	mux.HandleFunc("POST /end", p.end)
	return control.Guard(token, page.Secure(mux))
}

// show serves the page.
func (p *Page) show(w http.ResponseWriter, late, token bool) {
	v, _ := p.view()
	v.Late, v.Token = late, token
	html, err := p.render("page", v)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(html) // a browser that is gone needs no answer
}

// report serves the report of the whole check.
func (p *Page) report(w http.ResponseWriter, _ *http.Request) {
	var html bytes.Buffer
	finished, err := p.writeReport(&html)
	switch {
	case err != nil:
		http.Error(w, err.Error(), http.StatusInternalServerError)
	case !finished:
		http.Error(w, "the check has not ended: the report comes at its end", http.StatusNotFound)
	default:
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", reportPolicy)
		_, _ = w.Write(html.Bytes()) // a browser that is gone needs no answer
	}
}

// answered takes an answer. One to a question that is past changes nothing.
func (p *Page) answered(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		http.Error(w, "the form cannot be read", http.StatusBadRequest)
		return
	}
	number, err := strconv.Atoi(r.PostForm.Get("number"))
	if err != nil {
		http.Error(w, "the form does not say which question it answers", http.StatusBadRequest)
		return
	}
	text := r.PostForm.Get("answer")
	if text == "inbox" {
		if text, err = inbox(r.PostForm); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
	}
	if !p.answer(number, text) {
		http.Redirect(w, r, "/?late", http.StatusSeeOther)
		return
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// inbox returns the answer to the question what the inbox shows. The fields whole-N and half-N have
// the copies of message N.
func inbox(form url.Values) (string, error) {
	var words []string
	for n := range maxMessages {
		id := strconv.Itoa(n + 1)
		if !form.Has("whole-" + id) {
			break
		}
		for field, mark := range map[string]string{"whole-": "", "half-": "h"} {
			copies, err := strconv.ParseUint(form.Get(field+id), 10, 16)
			if err != nil || copies > maxCopies {
				return "", fmt.Errorf("the copies of message %s must be a number from 0 to %d", id, maxCopies)
			}
			for range copies {
				words = append(words, id+mark)
			}
		}
	}
	if words == nil {
		return "0", nil
	}
	return strings.Join(words, " "), nil
}

// end lets the program end when the report has been shown.
func (p *Page) end(w http.ResponseWriter, r *http.Request) {
	if !p.leave() {
		http.Redirect(w, r, "/?late", http.StatusSeeOther)
		return
	}
	p.show(w, false, false)
}
